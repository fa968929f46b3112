"""Files of presigned uploads until they are confirmed: in a folder, or in the object store."""

from pathlib import Path
from uuid import UUID

from citewell.documents.incoming.folder import FolderIncoming, remove_old
from citewell.documents.incoming.objects import PREFIX as UPLOADS
from citewell.documents.incoming.objects import ObjectIncoming
from citewell.documents.incoming.ranges import Range, Received, parse_range
from citewell.resources import Resources

Incoming = FolderIncoming | ObjectIncoming

__all__ = [
    "UPLOADS",
    "Incoming",
    "ObjectIncoming",
    "Range",
    "Received",
    "forget",
    "incoming_file",
    "incoming_folder",
    "parse_range",
    "remove_old",
]


def incoming_file(resources: Resources, project_id: UUID, upload_id: UUID) -> Incoming:
    """Returns the file of a pending upload. In an object store, all servers see what any of them received."""
    if resources.files.is_local:
        return FolderIncoming(incoming_folder(resources.settings.data_dir), upload_id)
    return ObjectIncoming(resources.files, project_id, upload_id)


def incoming_folder(data_dir: Path) -> Path:
    return data_dir / "uploads"


async def forget(resources: Resources, project_id: UUID, upload_id: UUID) -> None:
    """Deletes what was received of an upload. Does nothing if that is nothing."""
    await incoming_file(resources, project_id, upload_id).forget()
