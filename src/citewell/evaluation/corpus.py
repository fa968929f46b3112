"""A corpus in a project: every entry a published document with one chunk, as the pipeline would store it."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.partitions import create_project_partition
from citewell.embedding import Embedder
from citewell.embedding.protocol import speaks
from citewell.evaluation.beir import Entry
from citewell.evaluation.repository.corpus import insert_documents
from citewell.ingestion.context import indexed_text
from citewell.ingestion.passages import split
from citewell.kit.ids import new_id
from citewell.models import Project
from citewell.models.passage import publish_version
from citewell.search.analyse import analysed_text
from citewell.search.language import detect_language

_BATCH = 256  # documents in one transaction


async def make_project(session: AsyncSession, extensions: Extensions, name: str) -> UUID:
    """Add a project that holds nothing but documents; returns its id."""
    project_id = new_id()
    session.add(Project(id=project_id, name=name))
    await session.flush()
    await create_project_partition(await session.connection(), project_id, extensions)
    return project_id


async def load(
    database: Database,
    embedder: Embedder | None,
    project_id: UUID,
    entries: Sequence[Entry],
    report: Callable[[int], None] = lambda done: None,
) -> None:
    """Store the entries; `report` hears how many are done."""
    for start in range(0, len(entries), _BATCH):
        await _load_batch(database, embedder, project_id, entries[start : start + _BATCH])
        report(min(start + _BATCH, len(entries)))


def document_id(project_id: UUID, name: str) -> UUID:
    return uuid5(project_id, name)


async def _load_batch(
    database: Database, embedder: Embedder | None, project_id: UUID, entries: Sequence[Entry]
) -> None:
    rows = [_rows(project_id, entry) for entry in entries]
    passages = [passage for _, _, _, found in rows for passage in found]
    await _embed(embedder, passages)
    async with database.write() as session:
        await insert_documents(
            session, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], passages
        )
        for document, version, _, _ in rows:
            await publish_version(session, project_id, document["id"], version["id"])


def _rows(
    project_id: UUID, entry: Entry
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Document, version, chunk and passages."""
    title, content = (entry.title or entry.id).replace("\x00", ""), entry.text.replace("\x00", "")
    document, version, chunk = document_id(project_id, entry.id), new_id(), new_id()
    language = detect_language(content)
    file = {"project_id": project_id, "file_key": "", "page_count": None}
    owner = {"project_id": project_id, "document_id": document, "version_id": version}
    passages = []
    for passage in split(content):
        text = indexed_text(title, [], content[passage.start : passage.end])
        words = analysed_text(text, language)
        place = {"ordinal": passage.ordinal, "start_offset": passage.start, "end_offset": passage.end}
        passages.append(owner | place | {"chunk_id": chunk, "language": language, "content": words, "text": text})
    return (
        file | {"id": document, "name": title, "content_type": "", "file_size": 0, "live_version_id": version},
        file | {"id": version, "document_id": document, "sha256": b"", "stage": "published", "language": language},
        owner | {"id": chunk, "ordinal": 0, "content": content, "start_offset": 0, "end_offset": len(content)},
        passages,
    )


async def _embed(embedder: Embedder | None, passages: Sequence[dict[str, Any]]) -> None:
    texts = [passage.pop("text") for passage in passages]
    for passage in passages:
        passage.update(embedding=None, embedding_model=None)
    if embedder is None:
        return
    spoken = [place for place, passage in enumerate(passages) if speaks(embedder, passage["language"])]
    for place, vector in zip(spoken, await embedder.embed([texts[place] for place in spoken]), strict=True):
        passages[place].update(embedding=vector, embedding_model=embedder.fingerprint)
