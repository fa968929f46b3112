"""Files of old office formats, made by LibreOffice."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path


def convert(source: Path, kind: str) -> Path:
    """The file as LibreOffice writes it in the format of that suffix, beside it."""
    command = ["soffice", "--headless", f"-env:UserInstallation={_profile()}", "--convert-to", kind]
    command += ["--outdir", str(source.parent), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=150)
    return source.with_suffix(f".{kind}")


@functools.cache
def _profile() -> str:
    """Made once in a process of the tests: LibreOffice takes seconds for it."""
    folder = Path(tempfile.mkdtemp(prefix="cw-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder.as_uri()
