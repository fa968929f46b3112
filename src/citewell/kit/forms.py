"""Multipart forms with files."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.datastructures import FormData

from citewell.kit.bodies import refuse_other_type, refuse_unknown_fields
from citewell.kit.body_limit import allow_upload

_MAX_FIELD_BYTES = 8 * 1024 * 1024
_MAX_FIELDS = 20


@contextlib.asynccontextmanager
async def multipart(request: Request, *known: str, max_files: int = 1) -> AsyncIterator[FormData]:
    """The form of a request; only fields of these names are allowed.

    Raises UnsupportedMediaType for a body of another type and InvalidFields for an unknown field.
    """
    refuse_other_type(request, "multipart/form-data")
    allow_upload(request)
    async with request.form(max_files=max_files, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as form:
        refuse_unknown_fields(form, known)
        yield form
