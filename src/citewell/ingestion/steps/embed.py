"""Analyse and embed: each chunk's passages with their words and, where the model speaks their language, vectors."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.embedding.protocol import speaks
from citewell.ingestion.context import DocumentContext
from citewell.ingestion.step_state import StepContext
from citewell.jobs import others_wait
from citewell.models import Chunk, Document, DocumentVersion
from citewell.models.passage import StagedPassage
from citewell.resources import Resources
from citewell.search.analyse import analysed_text

# Passages that are embedded and stored together: a step that was interrupted goes on behind the last batch.
_BATCH = 128
_TURN_SECONDS = 5.0  # after which a long document lets those of other projects go first


async def run(context: StepContext) -> None:
    resources, version = context.resources, context.version
    document, chunks, done = await _load(resources, version)
    batches = _batches(version, document, chunks, done)
    started = time.monotonic()
    # Analysing is pure Python: in a thread, so that it keeps no stream waiting.
    while batch := await asyncio.to_thread(next, batches, None):
        page = max((row.pop("page") or 0 for row in batch), default=0)
        await _embed(resources, version, batch)
        async with resources.database.write() as session:
            await session.execute(insert(StagedPassage).on_conflict_do_nothing(), batch)
            await _set_progress(session, version, pages_done=page)
            if time.monotonic() - started > _TURN_SECONDS and await others_wait(session, "embed", version.project_id):
                await context.queue_again(session)  # it goes on behind this batch
                return
    async with resources.database.write() as session:
        await context.complete(session)
        await _set_progress(session, version, pages_done=version.page_count or 0)


def _batches(
    version: DocumentVersion, document: Document, chunks: Sequence[Chunk], done: set[tuple[Any, int]]
) -> Iterator[list[dict[str, Any]]]:
    context = DocumentContext(document.name, version.title, chunks)
    batch: list[dict[str, Any]] = []
    for found in chunks:
        for row in _rows(version, document, context, found):
            if _key(row) not in done:
                batch.append(row)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def _load(
    resources: Resources, version: DocumentVersion
) -> tuple[Document, Sequence[Chunk], set[tuple[Any, int]]]:
    """The document, the version's chunks, and the passages that an interrupted run has stored."""
    async with resources.database.read() as session:
        document = await session.get_one(Document, (version.project_id, version.document_id))
        mine = (Chunk.project_id == version.project_id) & (Chunk.version_id == version.id)
        chunks = list(await session.scalars(select(Chunk).where(mine).order_by(Chunk.ordinal)))
        stored = await session.execute(
            select(StagedPassage.chunk_id, StagedPassage.ordinal).where(
                StagedPassage.project_id == version.project_id, StagedPassage.version_id == version.id
            )
        )
        return document, chunks, {(chunk_id, ordinal) for chunk_id, ordinal in stored.all()}


def _rows(version: DocumentVersion, document: Document, context: DocumentContext, chunk: Chunk) -> list[dict[str, Any]]:
    language = version.language or "unknown"
    rows = []
    for passage in context.passages(chunk):
        text = context.indexed_text(chunk, passage)
        rows.append(
            {
                "project_id": version.project_id,
                "chunk_id": chunk.id,
                "ordinal": passage.ordinal,
                "document_id": version.document_id,
                "version_id": version.id,
                "start_offset": passage.start,
                "end_offset": passage.end,
                "language": language,
                "content": analysed_text(text, language),
                "embedding": None,
                "embedding_model": None,
                "local_to": document.local_to,
                "text": text,
                "page": chunk.max_page,
            }
        )
    return rows


async def _set_progress(session: AsyncSession, version: DocumentVersion, **values: Any) -> None:
    mine = (DocumentVersion.project_id == version.project_id) & (DocumentVersion.id == version.id)
    await session.execute(update(DocumentVersion).where(mine).values(**values))


async def _embed(resources: Resources, version: DocumentVersion, rows: Sequence[dict[str, Any]]) -> None:
    """Give the rows their vectors, and take away the text that was only needed for them."""
    texts = [row.pop("text") for row in rows]
    embedder = resources.embedder
    if embedder is None or not speaks(embedder, version.language or "unknown"):
        return
    for row, vector in zip(rows, await embedder.embed(texts), strict=True):
        row["embedding"], row["embedding_model"] = vector, embedder.fingerprint


def _key(row: dict[str, Any]) -> tuple[Any, int]:
    return row["chunk_id"], row["ordinal"]
