"""The pictures of a project's documents: those that were found in them, and those that clients add."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.documents.service import get_document
from citewell.errors import InvalidFields, NotFound, TooLarge
from citewell.figures import repository
from citewell.ingestion.figures import extracted
from citewell.kit.ids import new_id
from citewell.local_documents.service import check_document_readable
from citewell.models import Document, ExtractedFigure
from citewell.resources import Resources
from citewell.storage import document_prefix
from citewell.storage.temporary import temporary_file

MAX_BYTES = 20 * 1024 * 1024  # of a picture that a client sends
MAX_AT_ONCE = 50
_READ = 1024 * 1024
_WRONG = (
    "This is no picture that can be kept: send PNG, JPEG, GIF, BMP, TIFF or WebP, at least 40 pixels wide and high, of"
    " at most 40 megapixels."
)


@dataclass(frozen=True)
class NewFigure:
    document_id: UUID
    file: BinaryIO


async def readable_figure(session: AsyncSession, access: Access, figure_id: UUID) -> ExtractedFigure:
    """Returns a figure that the caller may read. Raises NotFound."""
    figure = await session.get(ExtractedFigure, (access.project_id, figure_id))
    if figure is not None:
        document = await session.get_one(Document, (access.project_id, figure.document_id))
        if document.status == "active":
            await check_document_readable(session, access, document)
            return figure
    raise NotFound("There is no such figure in this project.")


async def add_figures(
    resources: Resources, project_id: UUID, new: Sequence[NewFigure], field: str
) -> list[ExtractedFigure]:
    """Store all pictures or, raising InvalidFields for `field`, none. Raises NotFound for an unknown document."""
    async with resources.database.read() as session:
        for document_id in {one.document_id for one in new}:
            await get_document(session, project_id, document_id)
    rows = [await _stored(resources, project_id, one, field) for one in new]
    async with resources.database.write() as session:
        for row in rows:
            await get_document(session, project_id, row.document_id, lock=True)
            row.ordinal = 1 + await repository.last_ordinal(session, project_id, row.document_id)
            session.add(row)
            await session.flush()
    return rows


async def _stored(resources: Resources, project_id: UUID, new: NewFigure, field: str) -> ExtractedFigure:
    """Returns the picture as our encoder gives it: bytes of clients are never served."""
    with temporary_file() as copy:
        size = 0
        while piece := new.file.read(_READ):
            size += len(piece)
            if size > MAX_BYTES:
                raise TooLarge(f"A picture may have at most {MAX_BYTES:,} bytes.")
            copy.write(piece)
        copy.flush()
        async with extracted(Path(copy.name), "image") as found:
            if not found:
                raise InvalidFields({field: [_WRONG]})
            figure, data = found[0].figure, found[0].path.read_bytes()
    row_id = new_id()
    suffix = figure.name.rsplit(".", 1)[-1]
    key = f"{document_prefix(project_id, new.document_id)}/figures/{row_id}.{suffix}"
    await resources.files.put(key, data, media_type=figure.content_type)
    return ExtractedFigure(
        project_id=project_id,
        id=row_id,
        document_id=new.document_id,
        file_key=key,
        file_size=len(data),
        content_type=figure.content_type,
        width=figure.width,
        height=figure.height,
        caption="",
    )
