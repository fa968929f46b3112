"""The names of a project's own documents, and how they begin."""

from typing import Any
from uuid import UUID

from citewell.db.direct import DirectConnection, fetch

_MAX_DOCUMENTS = 50_000  # of a project; in a larger one names are not used
_OPENING_CHARS = 1_500
_OWN = (
    "FROM documents WHERE project_id = %(project)s AND local_to IS NULL AND status = 'active'"
    f" AND live_version_id IS NOT NULL LIMIT {_MAX_DOCUMENTS + 1}"
)


async def state_of_names(connection: DirectConnection, project_id: UUID) -> tuple[Any, ...]:
    """Returns values that change whenever a document, its live version or its name does.

    The database counts: reading the names of thousands of documents every few seconds would hold up searches.
    """
    row = "hash_record_extended(ROW(id, live_version_id, name), 0)"
    statement = f"SELECT count(*), sum({row}) FROM (SELECT id, live_version_id, name {_OWN}) AS own"  # noqa: S608
    [found] = await fetch(connection, statement, {"project": project_id})
    return tuple(found)


async def live_names(connection: DirectConnection, project_id: UUID) -> dict[UUID, tuple[UUID, str]]:
    """(live version, name) of each of the project's own documents; empty if there are too many."""
    rows = await fetch(connection, f"SELECT id, live_version_id, name {_OWN}", {"project": project_id})
    return {} if len(rows) > _MAX_DOCUMENTS else {row[0]: (row[1], row[2]) for row in rows}


async def read_openings(connection: DirectConnection, project_id: UUID, documents: list[UUID]) -> dict[UUID, str]:
    """Returns the title and the beginning of the first page, of the documents with several pages."""
    statement = (
        "SELECT d.id, coalesce(v.title, '') || ' ' || left(string_agg(c.content, ' ' ORDER BY c.ordinal),"  # noqa: S608
        f" {_OPENING_CHARS}) FROM documents d"
        " JOIN document_versions v ON v.project_id = d.project_id AND v.id = d.live_version_id"
        " JOIN chunks c ON c.project_id = d.project_id AND c.version_id = d.live_version_id"
        " AND c.ordinal < 4 AND c.min_page = 1"
        " WHERE d.project_id = %(project)s AND d.id = ANY(%(documents)s) AND d.page_count > 1"
        " GROUP BY d.id, v.title"
    )
    rows = await fetch(connection, statement, {"project": project_id, "documents": documents})
    return {row[0]: row[1] for row in rows}
