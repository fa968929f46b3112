"""Stores the figures of a document: files in the file store, and rows."""

import asyncio
from collections.abc import Sequence
from itertools import count
from pathlib import PurePath

from citewell.ingestion.blocks import Block, decode
from citewell.ingestion.figures import KINDS, extracted
from citewell.ingestion.figures.captions import caption_of
from citewell.ingestion.repository.figures import find_figures
from citewell.models import DocumentVersion, ExtractedFigure
from citewell.resources import Resources
from citewell.storage import document_prefix

_PARTS = ("ordinal", "page", "bbox", "caption", "file_size", "content_type", "width", "height")


async def new_figures(
    resources: Resources, version: DocumentVersion, kind: str, key: str, parsed_key: str
) -> list[ExtractedFigure]:
    """Stores the pictures of a version's file. Returns the rows to be added: [] if the document has them already.

    `parsed_key` is where the file's blocks are stored. `key` identifies the content and the parser: versions of a
    document with the same key share their pictures.
    """
    if kind not in KINDS or kind == "image":  # a document that is a picture needs no copy of itself
        return []
    async with resources.database.read() as session:
        known = await find_figures(session, version.project_id, version.document_id, key)
    if any(figure.document_id == version.document_id for figure in known):
        return []
    if known:
        return [await _copied(resources, version, key, figure) for figure in known]
    rows: list[ExtractedFigure] = []
    blocks: Sequence[Block] | None = None  # loaded for the first picture without a caption of its own
    async with resources.files.local_path(version.file_key) as path, extracted(path, kind) as found:
        for ordinal, item in zip(count(), found):
            figure, data = item.figure, item.path.read_bytes()
            caption = figure.caption
            if not caption and figure.page is not None and figure.bbox is not None:
                blocks = await _blocks(resources, parsed_key) if blocks is None else blocks
                caption = caption_of(figure.page, figure.bbox, blocks)
            row = ExtractedFigure(
                project_id=version.project_id,
                document_id=version.document_id,
                parse_key=key,
                ordinal=ordinal,
                page=figure.page,
                bbox=list(figure.bbox) if figure.bbox is not None else None,
                caption=caption,
                file_key=_file_key(version, key, figure.name),
                file_size=len(data),
                content_type=figure.content_type,
                width=figure.width,
                height=figure.height,
            )
            await resources.files.put(row.file_key, data, media_type=figure.content_type)
            rows.append(row)
    return rows


async def _blocks(resources: Resources, parsed_key: str) -> Sequence[Block]:
    stored = await resources.files.get(parsed_key)
    return (await asyncio.to_thread(decode, stored)).blocks


async def _copied(resources: Resources, version: DocumentVersion, key: str, figure: ExtractedFigure) -> ExtractedFigure:
    target = _file_key(version, key, PurePath(figure.file_key).name)
    await resources.files.copy(figure.file_key, target)
    values = {name: getattr(figure, name) for name in _PARTS}
    return ExtractedFigure(
        project_id=version.project_id, document_id=version.document_id, parse_key=key, file_key=target, **values
    )


def _file_key(version: DocumentVersion, key: str, name: str) -> str:
    """Returns the key of a picture's file. It is the same if the step runs twice, so that no file is orphaned."""
    return f"{document_prefix(version.project_id, version.document_id)}/figures/{key[:16]}/{name}"
