"""`citewell ingest --watch`: which files have changed for good, and which documents have lost their file."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.cli.folders import Stamps
from citewell.documents.repository.lookup import list_uploaded_from_folders


class Watch:
    """Compares looks at the files. What two looks in a row agree about counts: a file that is still being written would
    be read in part, and many programs remove a file for a moment when they save it."""

    def __init__(self, known: Stamps) -> None:
        """`known` are the stamps of the files that were added."""
        self._known = dict(known)
        self._last = dict(known)

    def look(self, now: Stamps) -> tuple[list[Path], list[Path]]:
        """Returns the files that are new or changed, and those that are gone, each once."""
        changed = [file for file, stamp in now.items() if self._last.get(file) == stamp != self._known.get(file)]
        gone = [file for file in self._known if file not in now and file not in self._last]
        self._last = dict(now)
        self._known |= {file: now[file] for file in changed}
        for file in gone:
            del self._known[file]
        return changed, gone

    def forget(self, files: Iterable[Path]) -> None:
        """Count these files as changed again: they could not be added."""
        for file in files:
            self._known.pop(file, None)


async def without_files(
    session: AsyncSession, project_id: UUID, folders: Sequence[Path], is_wanted: Callable[[Path], bool]
) -> list[Path]:
    """Files of these folders that were added once and are not there any more."""
    roots = [folder.resolve() for folder in folders if folder.is_dir()]
    files = (Path(folder) / name for folder, name in await list_uploaded_from_folders(session, project_id))
    return [
        file
        for file in files
        if any(file.is_relative_to(root) for root in roots) and is_wanted(file) and not file.exists()
    ]
