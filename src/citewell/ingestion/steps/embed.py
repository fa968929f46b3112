"""The step that splits chunks into passages, analyses them, and embeds them if the model knows their language."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.embedding.protocol import speaks
from citewell.ingestion.context import DocumentContext
from citewell.ingestion.repository.passages import find_chunks, find_staged_keys, stage_passages
from citewell.ingestion.repository.versions import set_all_pages_done, set_pages_done
from citewell.ingestion.step import Done, Result, StepContext
from citewell.jobs.repository import others_wait
from citewell.models import Chunk, Document, DocumentVersion
from citewell.resources import Resources
from citewell.search.analyse import analysed_text

# Passages that are embedded and stored together. An interrupted step continues after the last stored batch.
_BATCH = 128
_NUMBER_SIZE = 16  # memory of one number of a vector, in characters (see Result.size)
_TURN_SECONDS = 5.0  # after which a long document lets other jobs go first


async def run(context: StepContext) -> Result | None:
    resources, version = context.resources, context.version
    chunks, done = await _load(resources, version)
    batches = _batches(version, context.document, chunks, done)
    started = time.monotonic()
    # Analysing is pure Python: in a thread, so that it does not block the event loop.
    batch = await asyncio.to_thread(next, batches, None)
    while batch:
        page = max((row.pop("page") or 0 for row in batch), default=0)
        await _embed(resources, version, batch)
        following = await asyncio.to_thread(next, batches, None)
        if following is None:
            break  # `store` stores the last batch
        async with resources.database.write() as session:
            await stage_passages(session, batch)
            await set_pages_done(session, version.project_id, version.id, page)
            if time.monotonic() - started > _TURN_SECONDS and await others_wait(session, "embed", version.project_id):
                await context.queue_again(session)  # that job continues after this batch
                return None
        batch = following
    rows = batch or []
    return Result(rows, size=sum(_size(row) for row in rows))


def _size(row: dict[str, Any]) -> int:
    vector = row["embedding"]  # an array has no truth value
    return len(row["content"]) + (0 if vector is None else _NUMBER_SIZE * len(vector))


async def store(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
    rows = [row for one in done for row in one.result.made]
    for start in range(0, len(rows), _BATCH):
        await stage_passages(session, rows[start : start + _BATCH])
    await set_all_pages_done(session, done[0].version.project_id, [one.version.id for one in done])


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


async def _load(resources: Resources, version: DocumentVersion) -> tuple[Sequence[Chunk], set[tuple[Any, int]]]:
    """Returns (chunks of the version, keys of the passages that an interrupted run has stored)."""
    async with resources.database.read() as session:
        chunks = await find_chunks(session, version.project_id, version.id)
        return chunks, await find_staged_keys(session, version.project_id, version.id)


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


async def _embed(resources: Resources, version: DocumentVersion, rows: Sequence[dict[str, Any]]) -> None:
    """Sets the vectors of the rows, and removes the text that was only needed for embedding."""
    texts = [row.pop("text") for row in rows]
    embedder = resources.embedder
    if embedder is None or not speaks(embedder, version.language or "unknown"):
        return
    for row, vector in zip(rows, await embedder.embed(texts), strict=True):
        row["embedding"], row["embedding_model"] = vector, embedder.fingerprint


def _key(row: dict[str, Any]) -> tuple[Any, int]:
    return row["chunk_id"], row["ordinal"]
