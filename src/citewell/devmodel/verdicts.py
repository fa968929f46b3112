"""The scripted model's verdicts on claims that it is asked to check."""

from typing import Any

import msgspec


def verdicts(claims: str, *, supported: bool) -> str:
    """The same verdict for each claim of the JSON list."""
    try:
        listed = msgspec.json.decode(claims, type=list[dict[str, Any]])
    except msgspec.MsgspecError:
        return "I was given no claims."
    said = [{"id": claim.get("id"), "supported": supported} for claim in listed]
    return msgspec.json.encode({"verdicts": said}).decode()
