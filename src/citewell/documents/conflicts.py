"""Decides what becomes of an uploaded file whose name a document has already: a version, nothing, or a new document."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Literal, get_args
from uuid import UUID

from citewell.documents.repository.documents import find_by_name
from citewell.documents.uploads import NameTaken, Upload, add_documents, add_version
from citewell.errors import InvalidFields
from citewell.models import Document
from citewell.resources import Resources

OnConflict = Literal["replace", "keep", "new"]


def parse_on_conflict(text: str) -> OnConflict:
    """Parses the `on_conflict` of a request. Raises InvalidFields, which names the valid values."""
    for choice in get_args(OnConflict):
        if text == choice:
            return choice  # type: ignore[no-any-return]
    raise InvalidFields({"on_conflict": ["Must be replace, keep or new."]})


async def add_or_replace(
    resources: Resources,
    project_id: UUID,
    user_id: UUID,
    uploads: Sequence[Upload],
    on_conflict: OnConflict,
    *,
    skip_parsing: bool = False,
) -> list[Document]:
    """Adds the files. Returns a document for each, in their order.

    "replace" makes a new version of the document with the same name (and folder, if the upload has one). "keep" leaves
    the file out and returns that document. "new" makes another document, unless name and content are the same.
    """
    if on_conflict == "new":
        return await add_documents(resources, project_id, user_id, uploads, skip_parsing=skip_parsing)
    return [
        await _add_one(resources, project_id, user_id, upload, on_conflict, skip_parsing=skip_parsing)
        for upload in uploads
    ]


async def _add_one(
    resources: Resources,
    project_id: UUID,
    user_id: UUID,
    upload: Upload,
    on_conflict: OnConflict,
    *,
    skip_parsing: bool,
) -> Document:
    async with resources.database.read() as session:
        found = await find_by_name(session, project_id, upload.name, upload.folder)
    if found is None:
        alone = replace(upload, name_is_unique=True)
        try:
            [document] = await add_documents(resources, project_id, user_id, [alone], skip_parsing=skip_parsing)
            return document
        except NameTaken:  # by a concurrent upload
            assert not isinstance(upload.file, AsyncIterator)
            upload.file.seek(0)
            async with resources.database.read() as session:
                found = await find_by_name(session, project_id, upload.name, upload.folder)
            if found is None:
                raise
    if on_conflict == "keep":
        return found
    return await add_version(resources, project_id, user_id, found.id, upload)
