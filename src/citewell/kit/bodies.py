"""Checks request bodies: their content type and unknown fields.

Each model of a JSON body decides about unknown fields. `extra="forbid"` refuses them, because a misspelt filter would
silently do nothing. `extra="ignore"` is for objects that clients send back as a list returned them, with read-only
fields.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request
from pydantic import BaseModel

from citewell.errors import InvalidFields, UnsupportedMediaType

_TYPE = re.compile(r"constrained-\w+|(?:list|dict|set|tuple|nullable|function-\w+)\[.*\]")
_LISTED = 12  # names of fields in a message


def refuse_other_type(request: Request, wanted: str = "application/json") -> None:
    """Raise UnsupportedMediaType if the request has a body of another type than JSON, or than `wanted`."""
    headers = request.headers
    has_body = headers.get("transfer-encoding") is not None or headers.get("content-length", "0") != "0"
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = wanted == "application/json" and sent.startswith("application/") and sent.endswith("+json")
    if has_body and sent != wanted and not is_json:
        raise UnsupportedMediaType(f"Send the body as {wanted}, not as {sent or 'something without a Content-Type'}.")


def field_name(location: Iterable[Any]) -> str:
    """Returns the name of a field in an error of validation, as `a.0.b`; empty for the body itself.

    Where several types are allowed, pydantic puts the name of the type that it tried into the location.
    """
    return ".".join(part for part in map(str, location) if not _TYPE.fullmatch(part))


def unknown_field(request: Request, location: tuple[Any, ...]) -> str:
    """Returns the message for a field that the model does not have; it names the nearest known field."""
    return _suggestion(str(location[-1]), _fields_at(request, location[1:-1]))


def _suggestion(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    if nearest:
        return f"Unknown field. Did you mean {nearest[0]}?"
    if not known:
        return "Unknown field."
    more = ", ..." if len(known) > _LISTED else ""
    return f"Unknown field. Known ones: {', '.join(known[:_LISTED])}{more}."


def _fields_at(request: Request, path: Iterable[Any]) -> list[str]:
    """Returns the field names of the models that are allowed at this place of the route's body."""
    body = getattr(request.scope.get("route"), "body_field", None)
    models = list(models_in(body.field_info.annotation)) if body is not None else []
    for part in path:
        below = [
            found
            for model in models
            for name, field in model.model_fields.items()
            if part in (name, field.alias)
            for found in models_in(field.annotation)
        ]
        models = below or models  # an index in a list, or the name of an alternative of a union
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yields the models at the top of a type: itself, the items of a list, or the alternatives of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    if get_origin(annotation) in (Annotated, Union, UnionType, list, dict, tuple):
        for argument in get_args(annotation):
            yield from models_in(argument)


def refuse_unknown_fields(sent: Iterable[str], known: Iterable[str]) -> None:
    """Raise InvalidFields for the fields of a form that are not known."""
    names = sorted(known)
    wrong = {name: [_suggestion(name, names)] for name in sent if name not in names}
    if wrong:
        raise InvalidFields(wrong)
