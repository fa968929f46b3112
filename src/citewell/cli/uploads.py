"""Files named on the command line."""

import contextlib
import mimetypes
from collections.abc import Iterator, Sequence
from pathlib import Path

from citewell.cli.folders import shown_name
from citewell.documents.uploads import Upload
from citewell.errors import BadRequest
from citewell.kit.regular_files import open_regular


@contextlib.contextmanager
def opened(paths: Sequence[Path]) -> Iterator[list[Upload]]:
    """The files, open. Raises BadRequest that names the first one that cannot be read."""
    with contextlib.ExitStack() as stack:
        yield [_upload(path, stack) for path in paths]


def _upload(path: Path, stack: contextlib.ExitStack) -> Upload:
    if path != shown_name(path):
        raise BadRequest(f"The name of {shown_name(path)} is not in UTF-8: rename the file.")
    if path.is_dir():
        raise BadRequest(f"{path} is a folder: name the files in it, for example {path}/*.pdf.")
    try:
        file = stack.enter_context(open_regular(path))
    except OSError as error:
        raise BadRequest(f"Cannot read {path}: {error.strerror}.") from None
    guessed, _ = mimetypes.guess_type(path.name)
    folder = str(path.parent.resolve())
    return Upload(path.name, guessed or "application/octet-stream", file, [], folder=folder)
