"""Asking a model for JSON: constrained where its server can, read with patience and asked again where it cannot."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from citewell.agent.protocol import Message, Model, ModelError, ModelRequest, TextDelta
from citewell.kit.json_depth import is_too_deep
from citewell.kit.storable import storable

_TRIES = 3
MAX_OUTPUT = 8000  # tokens
_MAX_ITEMS = 500  # items of one answer
T = TypeVar("T")


Read = Callable[[str], tuple[T | None, str]]


async def ask(
    model: Model,
    messages: Sequence[Message],
    schema: dict[str, Any],
    read: Read[T],
    *,
    max_output: int = MAX_OUTPUT,
    temperature: float = 0.0,
    reasoning_effort: str | None = None,
) -> T:
    """Returns what `read` makes of the model's answer.

    Where that is None, the model is asked again with what was wrong. Raises ModelError.
    """
    more: list[Message] = []
    fault = ""
    for _ in range(_TRIES):
        request = ModelRequest(
            [*messages, *more],
            [],
            max_output,
            temperature=temperature,
            schema=schema,
            reasoning_effort=reasoning_effort,
        )
        said = ""
        async for events in model.stream(request):
            said += "".join(event.text for event in events if isinstance(event, TextDelta))
        found, fault = read(said)
        if found is not None:
            return found
        more = [Message("assistant", said[:4000]), Message("user", f"{fault} Answer again.")]
    raise ModelError("model_malformed", f"The model's answers could not be read: {fault}")


def read_json(said: str) -> tuple[dict[str, Any] | None, str]:
    """Returns the JSON object in an answer, or None and what is wrong.

    Thoughts, fences and words around it do no harm.
    """
    text = re.sub(r"<think>.*?</think>", "", said, flags=re.DOTALL)
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None, "The answer holds no JSON object."
    written = re.sub(r",\s*([}\]])", r"\1", text[start : end + 1]).encode()
    if is_too_deep(written):
        return None, "The answer is nested too deeply."
    try:
        found = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError) as error:
        return None, f"The answer is no JSON: {str(error)[:200]}."
    if not isinstance(found, dict):
        return None, "The answer holds no JSON object."
    return storable(found), ""


async def ask_for_list(
    model: Model, system: str, asked: str, field: str, item: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Returns the objects in the list `field` of the model's answer; `item` is the JSON schema of one.

    Raises ModelError.
    """
    schema = {"type": "object", "properties": {field: {"type": "array", "items": dict(item)}}, "required": [field]}
    messages = [Message("system", system), Message("user", asked)]
    return await ask(model, messages, schema, lambda said: _listed(said, field))


def _listed(said: str, field: str) -> tuple[list[dict[str, Any]] | None, str]:
    found, fault = read_json(said)
    items = found.get(field) if found is not None else None
    if not isinstance(items, list):
        return None, fault or f'The answer has no list "{field}".'
    return [one for one in items[:_MAX_ITEMS] if isinstance(one, dict)], ""


def numbered(texts: Sequence[str]) -> str:
    """Texts as a model is shown them: [1], [2], ..."""
    return "\n\n".join(f"[{number}] {text}" for number, text in enumerate(texts, 1))


def at_number(stated: Any, among: Sequence[Any]) -> Any | None:
    """Returns the item that the model names by its number in the list."""
    if isinstance(stated, bool) or not isinstance(stated, int) or not 1 <= stated <= len(among):
        return None
    return among[stated - 1]
