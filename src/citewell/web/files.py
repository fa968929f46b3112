"""The built files of the web app, found once for each build: only what a build made is ever served."""

import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class BuiltFile:
    """A file, its type, and the same compressed with gzip where the build made that."""

    path: Path
    media_type: str
    compressed: Path | None


FOLDER = Path(__file__).parent / "dist"


def built_files() -> dict[str, BuiltFile]:
    """By their path below the folder of the build, as `assets/index-1a2b.js`; empty where nothing was built."""
    try:
        built_at = (FOLDER / "index.html").stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _files_of(built_at)


@lru_cache(maxsize=1)
def _files_of(built_at: int) -> dict[str, BuiltFile]:
    paths = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".gz"]
    return {path.relative_to(FOLDER).as_posix(): _file(path) for path in paths}


def _file(path: Path) -> BuiltFile:
    compressed = path.with_name(path.name + ".gz")
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return BuiltFile(path, guessed, compressed if compressed.is_file() else None)
