"""Makes the rows that searches for objects read, when objects are pushed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from citewell.embedding.protocol import speaks
from citewell.extractors.engine.rows import content_of
from citewell.extractors.pushing import pushed_version
from citewell.extractors.repository.pushed import add_objects
from citewell.extractors.repository.table_rows import find_rows_after
from citewell.kit.ids import new_id
from citewell.models import KnowledgeTable
from citewell.resources import Resources
from citewell.search.analyse import analyse
from citewell.search.language import detect_language
from citewell.tables.repository.document_tags import delete_pushed_objects
from citewell.tables.repository.tables import active_documents

_AT_ONCE = 200
_MOST_TERMS = 2000  # of one object


async def index_objects(resources: Resources, table: KnowledgeTable) -> int:
    """Makes the objects of the table's deployed version, else of its newest, searchable, and no others of this
    table. Returns their number.
    """
    async with resources.database.read() as session:
        version = await pushed_version(session, table)
        known = {str(one) for one in await active_documents(session, table.project_id)}
    made: list[dict[str, Any]] = []
    after = -1
    while version is not None and not version.live:
        async with resources.database.read() as session:
            found = await find_rows_after(session, version, after, _AT_ONCE)
        if not found:
            break
        after = found[-1].position
        made += await _rows(resources, table, [row.data for row in found], known)
    async with resources.database.write(statement_seconds=0) as session:
        await delete_pushed_objects(session, table.project_id, table.id)
        for start in range(0, len(made), _AT_ONCE):
            await add_objects(session, made[start : start + _AT_ONCE])
    return len(made)


async def _rows(
    resources: Resources, table: KnowledgeTable, objects: Sequence[Mapping[str, Any]], known: set[str]
) -> list[dict[str, Any]]:
    made = await asyncio.to_thread(lambda: [_row(table, one, known) for one in objects])
    embedder = resources.embedder
    if embedder is None:
        return made
    spoken = [row for row in made if row["content"].strip() and speaks(embedder, detect_language(row["content"]))]
    if not spoken:
        return made
    vectors = await embedder.embed([row["content"] for row in spoken])
    for row, vector in zip(spoken, vectors, strict=True):
        row |= {"embedding": vector, "embedding_model": embedder.fingerprint}
    return made


def _row(table: KnowledgeTable, data: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    values = data.get("json_object")
    content = str(data.get("content") or (content_of(values) if isinstance(values, dict) else ""))
    name = str(table.object_metadata.get("object_name") or table.name)
    document = str(data.get("document_id"))
    languages = dict.fromkeys([detect_language(content), "en"])
    terms = [term for language in languages for term in analyse(f"{name} {content}", language)]
    return {
        "project_id": table.project_id,
        "id": new_id(),
        "object_id": str(data.get("id")),
        "table_id": table.id,
        "document_id": UUID(document) if document in known else None,
        "name": name,
        "content": content,
        "min_page": data.get("min_page"),
        "max_page": data.get("max_page"),
        "names": _names(table, str(data.get("id")), name),
        "chunks": _chunks(data.get("evidence")),
        "terms": terms[:_MOST_TERMS],
        "embedding": None,
        "embedding_model": None,
    }


def _names(table: KnowledgeTable, object_id: str, name: str) -> list[str]:
    """Returns the names that filters may use for it, in lower case."""
    extractor = table.name.rpartition("_")[2]
    return list(dict.fromkeys(one.casefold() for one in (object_id, name, table.name, str(table.id), extractor)))


def _chunks(evidence: Any) -> list[UUID]:
    """Returns the chunks that the evidence of the values names."""
    entries = evidence.values() if isinstance(evidence, dict) else ()
    sources = [one for entry in entries if isinstance(entry, dict) for one in (entry, *(entry.get("inputs") or ()))]
    found = [one.get("chunk_id") for one in sources if isinstance(one, dict)]
    return [UUID(one) for one in dict.fromkeys(found) if isinstance(one, str) and len(one) == 36]
