"""The changes of a project's knowledge: edits of artifacts, and documents that came in."""

from typing import Any
from uuid import UUID

from citewell.artifacts.definitions import DEFINITIONS
from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page

_SOURCE = """(
    SELECT created_at AS at, 'artifact_edit' AS kind, slug, version, change_summary AS summary, author_email,
        CAST(NULL AS uuid) AS pipeline_run_id, 0 AS documents
    FROM artifact_versions WHERE project_id = %(project)s
    UNION ALL
    SELECT r.created_at, CASE WHEN r.mode = 'upload' THEN 'document_upload' ELSE 'document_sync' END, NULL, NULL, '',
        coalesce(u.email, ''), r.id,
        (SELECT count(*) FROM document_versions v WHERE v.project_id = r.project_id AND v.run_id = r.id)
    FROM pipeline_runs r LEFT JOIN users u ON u.id = r.user_id
    WHERE r.project_id = %(project)s AND r.pipeline_name = 'ingestion'
) AS entries"""


async def read_changelog(database: Database, project_id: UUID, limit: int, offset: int) -> tuple[int, list[Any]]:
    """Returns (number of entries, page of them, newest first)."""
    selection = Selection("*", _SOURCE, "at DESC, slug, version DESC, pipeline_run_id", conditions=["true"])
    selection.parameters["project"] = project_id
    count, rows = await read_page(database, selection, limit, offset)
    return count, [_entry(row) for row in rows]


def _entry(row: Any) -> dict[str, Any]:
    if row.kind == "artifact_edit":
        title = DEFINITIONS[row.slug].title
    else:
        count = "1 document" if row.documents == 1 else f"{row.documents} documents"
        title = f"{count} {'uploaded' if row.kind == 'document_upload' else 'processed'}"
    return {
        "at": row.at,
        "kind": row.kind,
        "title": title,
        "summary": row.summary,
        "author_email": row.author_email,
        "slug": row.slug,
        "version": row.version,
        "pipeline_run_id": row.pipeline_run_id,
    }
