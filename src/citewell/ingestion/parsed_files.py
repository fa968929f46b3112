"""Where the blocks of a parsed document are stored."""

from uuid import UUID

from citewell.models import DocumentVersion


def parsed_key(version: DocumentVersion, version_id: UUID | None = None) -> str:
    """Returns the file key of the version's blocks; with `version_id` that of another version of the same document."""
    return f"{version.project_id}/{version.document_id}/{version_id or version.id}/parsed.msgpack"
