"""Classes of objects: their fields with types that the engine reads, and as a JSON schema.

`citewell.extractors.class_source` reads one from the Python source that clients send.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldSpec:
    """A field. `kind`: text, int, number, bool, date, enum, list or object; `values` are those of an enum, or the only
    ones of an int; `of` is what a list holds or an object is; `pattern` is a regular expression that texts match."""

    name: str
    kind: str
    description: str = ""
    values: tuple[str, ...] = ()
    of: "ClassSpec | FieldSpec | None" = None
    required: bool = True
    pattern: str = ""


@dataclass(frozen=True)
class ClassSpec:
    name: str
    description: str
    fields: tuple[FieldSpec, ...]

    def schema(self) -> dict[str, Any]:
        """Returns the class as a JSON schema."""
        return {
            "type": "object",
            "description": self.description,
            "properties": {one.name: _schema_of(one) for one in self.fields},
            "required": [one.name for one in self.fields if one.required],
            "additionalProperties": False,
        }


def _schema_of(one: FieldSpec) -> dict[str, Any]:
    kinds = {"text": "string", "int": "integer", "number": "number", "bool": "boolean", "date": "string"}
    told = f"{one.description} (regular expression: {one.pattern})".strip() if one.pattern else one.description
    described = {"description": told} if told else {}
    if one.kind == "enum":
        return {"type": "string", "enum": list(one.values), **described}
    if one.kind == "list":
        return {"type": "array", "items": _schema_of(one.of) if isinstance(one.of, FieldSpec) else {}, **described}
    if one.kind == "object":
        return {**(one.of.schema() if isinstance(one.of, ClassSpec) else {"type": "object"}), **described}
    chosen = {"enum": [int(value) for value in one.values]} if one.kind == "int" and one.values else {}
    return {"type": kinds[one.kind], **chosen, **described}
