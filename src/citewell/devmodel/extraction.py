"""What a scripted model extracts: for each property of the schema, the value behind its name and a colon."""

import re
from typing import Any

import msgspec

_SCHEMA = re.compile(r"^Schema of an object[^\n]*\n(\{.*\})$", re.MULTILINE)
_INVENTED = "Nowhere 4711-XYZ"


def answer(question: str, *, broken: bool, invent: bool) -> str:
    """An answer as an obliging model gives it; `broken` ends too early, `invent` adds a value that no text has."""
    found = _SCHEMA.search(question)
    if found is None:
        return '{"objects": []}'
    properties = msgspec.json.decode(found[1].encode()).get("properties", {})
    text = question[found.end() :]
    values: dict[str, Any] = {}
    quotes: dict[str, str] = {}
    for name, schema in properties.items():
        label = re.escape(name.replace("_", " "))
        line = re.search(rf"^(?:\[\d+\])?\W*({label}\s*[:|]\s*(.+?))\s*$", text, re.IGNORECASE | re.MULTILINE)
        if line is not None:
            values[name], quotes[f"/{name}"] = _typed(line[2], schema), line[1]
        elif invent:
            values[name], quotes[f"/{name}"] = _INVENTED, _INVENTED
    said = msgspec.json.encode({"objects": [{"values": values, "quotes": quotes}] if values else []}).decode()
    return said[: len(said) // 2] if broken else f"```json\n{said}\n```"


def _typed(text: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") in ("number", "integer"):
        digits = re.sub(r"[^\d.-]", "", text.replace(",", ""))
        try:
            return int(digits) if schema["type"] == "integer" else float(digits)
        except ValueError:
            return text
    return text.lower() in ("yes", "true") if schema.get("type") == "boolean" else text
