"""Filters of a search in a vector store, as conditions on documents."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement

from citewell.documents.repository.conditions import has_metadata, is_one_of
from citewell.errors import BadRequest
from citewell.openai.repository import all_of, any_of, has_name

_Value = Annotated[str, Field(max_length=1000)] | bool | float


class Comparison(BaseModel, extra="forbid"):
    """`key` is filename, file_id, or a key of the document's metadata."""

    type: Literal["eq", "ne", "in", "nin"]
    key: Annotated[str, Field(min_length=1, max_length=500)]
    value: _Value | Annotated[list[_Value], Field(max_length=100)]


class Compound(BaseModel, extra="forbid"):
    type: Literal["and", "or"]
    filters: Annotated[list["Filter"], Field(min_length=1, max_length=20)]


Filter = Annotated[Comparison | Compound, Field(discriminator="type")]
Compound.model_rebuild()
_read = TypeAdapter[Comparison | Compound](Filter)


def read_filters(given: dict[str, Any]) -> ColumnElement[bool]:
    """Returns the condition on documents. Raises BadRequest for what is no filter, or one that is not supported."""
    try:
        return _condition(_read.validate_python(given))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(
            f"filters{''.join(f'.{part}' for part in first['loc'])}: {first['msg']}. There are eq, ne, in and nin on"
            " filename, file_id or a key of the metadata, and and, or."
        ) from None


def _condition(wanted: Comparison | Compound) -> ColumnElement[bool]:
    if isinstance(wanted, Compound):
        join = all_of if wanted.type == "and" else any_of
        return join(map(_condition, wanted.filters))
    values = [_text(one) for one in (wanted.value if isinstance(wanted.value, list) else [wanted.value])]
    found: ColumnElement[bool]
    if wanted.key == "filename":
        found = has_name(values)
    elif wanted.key == "file_id":
        found = is_one_of([one for value in values if (one := _file_id(value)) is not None])
    else:
        found = has_metadata(values, wanted.key)
    return ~found if wanted.type in ("ne", "nin") else found


def _text(value: str | bool | float) -> str:
    """Returns the value as text, as metadata stores it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else value.replace("\0", "")


def _file_id(text: str) -> UUID | None:
    try:
        return UUID(text.removeprefix("file-"))
    except ValueError:
        return None
