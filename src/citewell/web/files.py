"""The built files of the web app, found once for each build: only what a build made is ever served."""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml"}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the best first


@dataclass(frozen=True)
class BuiltFile:
    """A file and its type. `compressed` has copies of it, by their content encoding, where the build made them."""

    path: Path
    media_type: str
    compressed: Mapping[str, Path]

    def accepted(self, accept_encoding: str) -> tuple[str, Path] | None:
        """Returns the smallest copy that a client takes, as (content encoding, path); None for the file as it is."""
        names = {part.partition(";")[0].strip() for part in accept_encoding.split(",") if not _is_refused(part)}
        return next(((name, path) for name, path in self.compressed.items() if name in names), None)


FOLDER = Path(__file__).parent / "dist"


def built_files() -> dict[str, BuiltFile]:
    """Returns the built files by path, such as `assets/index-1a2b.js` (empty without a build)."""
    try:
        built_at = (FOLDER / "index.html").stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _files_of(built_at)


@lru_cache(maxsize=1)
def _files_of(built_at: int) -> dict[str, BuiltFile]:
    kept_content.cache_clear()
    copies = tuple(_ENCODINGS.values())
    paths = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in copies]
    return {path.relative_to(FOLDER).as_posix(): _file(path) for path in paths}


@lru_cache(maxsize=64)
def kept_content(path: Path) -> bytes:
    """Returns the content of a compressed file of the build, which is then kept in memory."""
    return path.read_bytes()


def _file(path: Path) -> BuiltFile:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    copies = {name: path.with_name(path.name + suffix) for name, suffix in _ENCODINGS.items()}
    return BuiltFile(path, guessed, {name: copy for name, copy in copies.items() if copy.is_file()})


def _is_refused(part: str) -> bool:
    """Whether the entry of an Accept-Encoding header has the weight 0."""
    _, _, weight = part.partition(";q=")
    return bool(weight) and not weight.strip(" 0.")
