"""Requests that a server refuses until they come in the form that it wants."""

import json
import re
from typing import Any

from citewell.devmodel.behaviour import Behaviour
from citewell.devmodel.odd_wires import SIGNATURE
from citewell.devmodel.steps import THOUGHT

_CHARS_OF_TOKEN = 4
_USUAL_LIMIT = 2000  # tokens
_SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


def refusal_of(behaviour: Behaviour, body: dict[str, Any]) -> dict[str, Any] | None:
    """The error of a server that refuses the request with status 400, in words of such servers; None where it takes
    the request."""
    match behaviour.kind:
        case "no-tools" if body.get("tools"):
            return _error(f"{body.get('model')} does not support tools")
        case "no-stream" if body.get("stream"):
            return _error("Unsupported value: 'stream' does not support true with this model.")
        case "too-long":
            return _too_long(behaviour.count("limit", _USUAL_LIMIT), body)
        case "strict":
            return _incomplete(behaviour.count("wants", 0), body)
        case "misspoken" if not any(message.get("role") == "tool" for message in body.get("messages", ())):
            call = {"name": body["tools"][0]["function"]["name"], "arguments": {"query": "rooms"}}
            said = {"code": "tool_use_failed", "failed_generation": json.dumps(call)}
            return {**_error("Failed to call a function. See 'failed_generation' for more details."), **said}
    return None


def _too_long(limit: int, body: dict[str, Any]) -> dict[str, Any] | None:
    asked = len(json.dumps(body.get("messages"))) // _CHARS_OF_TOKEN
    if asked <= limit:
        return None
    return _error(f"This model's maximum context length is {limit} tokens. However, your messages resulted in {asked}.")


def _incomplete(wanted: int, body: dict[str, Any]) -> dict[str, Any] | None:
    """Refuses calls that come back without their thinking, their signature, or an id of nine characters."""
    for message in body.get("messages", ()):
        for call in message.get("tool_calls") or ():
            if wanted == 0 and message.get("reasoning_content") != THOUGHT:
                return _error("Missing `reasoning_content` field in the assistant message.")
            if wanted == 1 and call.get("extra_content") != SIGNATURE:
                return _error("Function call is missing a thought_signature in functionCall parts.")
            if wanted == 2 and not _SHORT_ID.fullmatch(call["id"]):
                return _error(f"Tool call id was {call['id']} but must be a-z, A-Z, 0-9, with a length of 9.")
    return None


def _error(message: str) -> dict[str, Any]:
    return {"type": "dev_model", "message": message}
