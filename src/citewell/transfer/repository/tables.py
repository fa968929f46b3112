"""The tables in a project's file, each after the tables that it refers to."""

from dataclasses import dataclass

from sqlalchemy import Table

from citewell.models.base import Base

# They belong to an installation, to people there, or to work that is under way.
LEFT_OUT = frozenset(
    {
        "audit_log",
        "evaluation_questions",
        "evaluation_runs",
        "evaluation_watches",
        "extraction_answers",
        "import_export_operations",
        "interview_proposals",
        "interviews",
        "invites",
        "moving_changes",
        "moving_projects",
        "notifications",
        "pending_uploads",
        "pipeline_run_logs",
        "pipeline_runs",
        "project_cells",
        "project_moves",
        "project_permissions",
        "retrieval_counts",
        "source_items",
        "source_syncs",
        "sources",
        "staged_passages",
        "temp_datasets",
        "token_counts",
        "turn_log",
        "webhook_deliveries",
        "webhooks",
        "widgets",
    }
)
TAKEN = frozenset(
    {
        "agent_settings",
        "artifact_versions",
        "chunks",
        "collections",
        "conversations",
        "design_template_files",
        "document_tags",
        "document_versions",
        "documents",
        "extracted_figures",
        "extraction_flows",
        "extraction_results",
        "extractor_versions",
        "extractors",
        "feedbacks",
        "ground_truths",
        "knowledge_graphs",
        "knowledge_tables",
        "messages",
        "passages",
        "projects",
        "pushed_objects",
        "signals",
        "table_rows",
        "table_versions",
        "tools",
        "turns",
        "version_steps",
    }
)
# Columns with the key of a stored file, `<project>/...`: they must never lead to another project's.
FILE_KEYS = frozenset({"file_key", "computed_pdf_key"})
# Columns that refer to what is left out.
CLEARED = {"document_versions": ("run_id",)}
# Interviews are left out, so what only they read is left out as well: the documents that are local to one.
DOCUMENTS_LEFT_OUT = "SELECT id FROM documents WHERE project_id = :project AND local_kind = 'interview'"
_NOT_OF_INTERVIEWS = f"document_id NOT IN ({DOCUMENTS_LEFT_OUT})"
_VERSIONS = f"SELECT id FROM document_versions WHERE project_id = :project AND document_id IN ({DOCUMENTS_LEFT_OUT})"  # noqa: S608
CONDITIONS = {
    "chunks": _NOT_OF_INTERVIEWS,
    "document_versions": _NOT_OF_INTERVIEWS,
    "documents": "local_kind IS DISTINCT FROM 'interview'",
    "extracted_figures": _NOT_OF_INTERVIEWS,
    "passages": _NOT_OF_INTERVIEWS,
    "turns": "state <> 'running'",
    "version_steps": f"version_id NOT IN ({_VERSIONS})",
}


@dataclass(frozen=True)
class TakenTable:
    """A table of a project's file. `project_column` holds the project's id; `user_columns` name users, by a foreign key
    or by their name."""

    name: str
    columns: tuple[str, ...]
    project_column: str
    user_columns: tuple[str, ...]


def tables() -> list[TakenTable]:
    return [_taken_columns(table) for table in Base.metadata.sorted_tables if table.name in TAKEN]


def _taken_columns(table: Table) -> TakenTable:
    keys = {key.parent.name for key in table.foreign_keys if key.column.table.name == "users"}
    naming = keys | {name for name in ("user_id", "created_by") if name in table.columns}
    columns = tuple(column.name for column in table.columns)
    return TakenTable(table.name, columns, "id" if table.name == "projects" else "project_id", tuple(sorted(naming)))
