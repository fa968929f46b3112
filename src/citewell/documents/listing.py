"""The list of a project's documents without their files: what clients ask for most often."""

from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.documents.repository.collections import DEFAULT_SLUG
from citewell.documents.schemas import minimal

_NEWEST_STAGE = (
    "(SELECT v.stage FROM document_versions v WHERE v.project_id = d.project_id AND v.document_id = d.id"
    " ORDER BY v.number DESC LIMIT 1)"
)
_COLUMNS = (
    "d.id, d.name, d.content_type, d.page_count, d.file_size, d.metadata AS metadata_pairs, d.collection_id,"
    f" CASE {_NEWEST_STAGE} WHEN 'failed' THEN 'failed' ELSE d.status END AS status"
)
_IN_COLLECTION = "d.collection_id IN (SELECT id FROM collections WHERE project_id = %(project)s AND slug = %(slug)s)"


async def list_minimal(
    database: Database, project_id: UUID, collection: str | None, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """The number of the project's own documents, and a page of them, newest first; with a slug, of one collection."""
    selection = Selection(_COLUMNS, "documents d", "d.created_at DESC, d.id")
    selection.where("d.project_id = %(project)s AND d.status = 'active' AND d.local_to IS NULL", project=project_id)
    if collection == DEFAULT_SLUG:
        selection.where("d.collection_id IS NULL")
    elif collection:
        selection.where(_IN_COLLECTION, slug=collection)
    count, rows = await read_page(database, selection, limit, offset)
    return count, [minimal(row) for row in rows]
