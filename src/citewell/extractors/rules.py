"""Objects without a model: labelled values in the text ("Invoice no.: 4711"), typed, each with its evidence."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from citewell.agent.knowledge import ChunkText
from citewell.extractors.classes import ClassSpec, FieldSpec
from citewell.extractors.evidence import MISSING, Found
from citewell.kit.ids import new_id

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER = re.compile(r"-?\(?\d[\d,.\s\u00a0]*\d\)?|-?\d")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATES = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}|\d{1,2}[./]\d{1,2}[./]\d{4}"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_VALUE = r"\s{0,3}(?:no\.?|number|nr\.?|#)?\s{0,3}[:=#|]\s{0,5}(?P<value>[^\n|]{1,200})"


def read_object(chunks: Sequence[ChunkText], spec: ClassSpec) -> tuple[dict[str, Any], dict[str, Any], list[Found]]:
    """The object that a document describes: its values, the evidence of each field by JSON pointer, and what was found.

    A field without evidence is null, never guessed.
    """
    values: dict[str, Any] = {}
    evidence: dict[str, Any] = {}
    found: list[Found] = []
    for field in spec.fields:
        value = find_field(chunks, field)
        values[field.name] = value.value if value else None
        evidence[f"/{field.name}"] = value.to_wire() if value else MISSING
        if value:
            found.append(value)
    return values, evidence, found


def find_field(chunks: Sequence[ChunkText], field: FieldSpec) -> Found | None:
    """The first labelled value of the field's type."""
    for label in labels_of(field):
        pattern = re.compile(rf"(?<![\w]){re.escape(label)}{_VALUE}", re.IGNORECASE)
        for chunk in chunks:
            for match in pattern.finditer(chunk.content):
                if found := typed(field, chunk, match.start("value"), match.end("value")):
                    return found
    return None


def labels_of(field: FieldSpec) -> list[str]:
    """How a document may label the field: its name in words, and the words of a short description."""
    words = _CAMEL.sub(" ", field.name).replace("_", " ").strip().lower()
    described = field.description.strip().rstrip(".").lower()
    labels = [words, *([described] if 0 < len(described) <= 60 else [])]
    return [label for label in dict.fromkeys(labels) if label]


def typed(field: FieldSpec, chunk: ChunkText, start: int, end: int) -> Found | None:
    """The value of the field's type at the beginning of a span; None if none stands there."""
    text = chunk.content[start:end]
    pattern = {"int": _NUMBER, "number": _NUMBER, "date": _DATE}.get(field.kind)
    if field.kind == "text" and "mail" in field.name.lower():
        pattern = _EMAIL
    if pattern is not None:
        match = pattern.search(text[:60])
        value = _value_of(field.kind, match[0]) if match else None
        return Found(value, chunk, start + match.start(), start + match.end()) if match and value is not None else None
    if field.kind == "enum":
        low = text.lower()
        chosen = next((one for one in field.values if one.lower() in low), None)
        if chosen is None:
            return None
        at = low.index(chosen.lower())
        return Found(chosen, chunk, start + at, start + at + len(chosen))
    if field.kind == "bool":
        word = text.strip().split(" ")[0].lower().strip(".,;")
        known = {"yes": True, "true": True, "ja": True, "no": False, "false": False, "nein": False}
        return Found(known[word], chunk, start, start + len(word)) if word in known else None
    if field.kind != "text":
        return None
    value = text.strip().rstrip(";,")
    at = start + text.index(value) if value else start
    return Found(value, chunk, at, at + len(value)) if value else None


def _value_of(kind: str, text: str) -> Any:
    if kind == "date":
        return read_date(text)
    number = read_number(text)
    if number is None or (kind == "int" and number != int(number)):
        return None
    return int(number) if kind == "int" else number


def read_number(text: str) -> float | None:
    """A number as people write it: 1,234.50 and 1.234,50 and (12) for minus 12."""
    negative = text.startswith("-") or (text.startswith("(") and text.endswith(")"))
    digits = re.sub(r"[^\d.,]", "", text)
    if "," in digits and "." in digits:
        decimal = max(digits.rfind(","), digits.rfind("."))
        digits = re.sub(r"[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :]
    elif re.fullmatch(r"\d{1,3}([.,]\d{3})+", digits):
        digits = re.sub(r"[.,]", "", digits)
    else:
        digits = digits.replace(",", ".")
    try:
        return -float(digits) if negative else float(digits)
    except ValueError:
        return None


def read_date(text: str) -> str | None:
    """A date as ISO 8601; None where it is none."""
    if _ISO.fullmatch(text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return None
    for form in _DATES:
        try:
            return (
                datetime.strptime(text.replace(". ", " ") if form.startswith("%b") else text, form).date().isoformat()
            )
        except ValueError:
            continue
    return None


def object_row(
    chunks: Sequence[ChunkText], spec: ClassSpec, document_id: str, version: str, pages: tuple[int | None, int | None]
) -> dict[str, Any]:
    """A row of a table of objects."""
    values, evidence, found = read_object(chunks, spec)
    text = "\n".join(f"{name}: {value}" for name, value in values.items() if value is not None)
    blocks = [{"type": "text", "content": one.verbatim} for one in found]
    return {
        "id": str(new_id()),
        "json_object": values,
        "object_bbox": None,
        "document_id": document_id,
        "min_page": pages[0],
        "max_page": pages[1],
        "content": text,
        "blocks": blocks,
        "selected_blocks": blocks,
        "version": version,
        "evidence": evidence,
    }
