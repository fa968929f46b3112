"""Multipart forms with files."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from citewell.errors import InvalidFields
from citewell.kit.bodies import refuse_other_type, refuse_unknown_fields
from citewell.kit.body_limit import allow_upload

_MAX_FIELD_BYTES = 8 * 1024 * 1024
_MAX_FIELDS = 20

FILE = {"type": "string", "format": "binary"}
FILES = {"type": "array", "items": FILE}


def multipart_body(required: Sequence[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the `openapi_extra` of a route that reads a multipart form; `fields` are JSON schemas by name."""
    schema = {"type": "object", "required": list(required), "properties": dict(fields)}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@contextlib.asynccontextmanager
async def multipart(request: Request, *known: str, max_files: int = 1) -> AsyncIterator[FormData]:
    """The form of a request; only fields of these names are allowed.

    Raises UnsupportedMediaType for a body of another type, InvalidFields for an unknown field, and what
    `request.state.confirm_right` raises if the caller has lost their right while the body came in.
    """
    refuse_other_type(request, "multipart/form-data")
    allow_upload(request)
    async with request.form(max_files=max_files, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as form:
        refuse_unknown_fields(form, known)
        await request.state.confirm_right()
        yield form


def flag(form: FormData, name: str) -> bool:
    """Whether the field `name` is set; false if it is left out or empty. Raises InvalidFields for other words."""
    sent = form.get(name, "")
    word = sent.strip().lower() if isinstance(sent, str) else "a file"
    if word not in ("true", "1", "false", "0", ""):
        raise InvalidFields({name: ["Must be true or false."]})
    return word in ("true", "1")


async def text_field(form: FormData, name: str) -> str | None:
    """Returns the text of the field `name`, also if the client sends it as a file, as `curl -F name=@file` does."""
    sent = form.get(name)
    if isinstance(sent, UploadFile):
        return (await sent.read(_MAX_FIELD_BYTES)).decode(errors="replace")
    return sent
