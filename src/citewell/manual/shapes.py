"""Schemas of the OpenAPI document as people read them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    is_required: bool
    text: str


def resolved(document: Document, node: Schema) -> Schema:
    """The node, or what its `$ref` points to."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def fields(document: Document, schema: Schema) -> Iterator[Field]:
    """Yields the fields of an object; of a list or an optional value, the fields of its items."""
    schema = _object(document, schema)
    required = schema.get("required", ())
    for name, node in schema.get("properties", {}).items():
        yield Field(name, type_of(document, node), name in required, describe(node))


def type_of(document: Document, schema: Schema) -> str:
    """Returns the type for people, for example `string (uuid)`, `list of Tag`, `integer or null`."""
    if "$ref" in schema:
        target = resolved(document, schema)
        name = schema["$ref"].rsplit("/", 1)[-1]
        return type_of(document, target) if "enum" in target else str(target.get("title", name))
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(type_of(document, option) for option in options))
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        return f"list of {type_of(document, schema.get('items', {}))}"
    kind = str(schema.get("type", "any"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def describe(node: Schema) -> str:
    """The description, the bounds and the default, where there are any."""
    sources = [node, *node.get("anyOf", ())]
    bounds = []
    for source in sources:
        bounds += [
            f"{text} {source[key]:,.0f}"
            for key, text in (
                ("minimum", "at least"),
                ("maximum", "at most"),
                ("maxLength", "characters: at most"),
                ("maxItems", "items: at most"),
            )
            if key in source
        ]
    default = node.get("default")
    parts = [node.get("description", "").rstrip("."), ", ".join(bounds)]
    parts += [f"default {json.dumps(default)}"] if default not in (None, []) else []
    return "; ".join(part for part in parts if part)


def example_of(document: Document, schema: Schema) -> Any:
    """A value with the required fields only."""
    schema = resolved(document, schema)
    if "example" in schema or "default" in schema:
        return schema.get("example", schema.get("default"))
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return example_of(document, options[0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            properties = schema.get("properties", {})
            return {name: example_of(document, properties[name]) for name in required if name in properties}
        case "array":
            return [example_of(document, schema.get("items", {}))]
        case "string":
            return "..."
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
        case _:
            return None


def _object(document: Document, schema: Schema) -> Schema:
    schema = resolved(document, schema)
    if schema.get("type") == "array":
        return _object(document, schema.get("items", {}))
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return _object(document, option)
    return schema
