"""Serves parts of stored files (RFC 9110): one range per request, as PDF viewers ask for."""

import re

from starlette.responses import Response

from citewell.kit.downloads import Confirm, Download
from citewell.storage import FileStore

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_MEDIA_TYPE = "application/octet-stream"


async def file_response(
    files: FileStore, key: str, asked: str | None, headers: dict[str, str], confirm: Confirm
) -> Response:
    """Returns the whole file (200), the range that the `Range` header asks for (206), or 416 for an invalid range.

    The whole file ends when `confirm` raises CitewellError.
    """
    size = await files.size(key)
    headers = headers | {"Accept-Ranges": "bytes"}
    wanted = parse_range(asked, size) if asked else None
    if wanted is None:
        return Download(await files.open(key), confirm, _MEDIA_TYPE, headers | {"Content-Length": str(size)})
    start, end = wanted
    if start >= end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    part = await files.get_range(key, start, end)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(part, status_code=206, media_type=_MEDIA_TYPE, headers=headers)


MAX_PART = 8 * 1024 * 1024  # bytes; a longer part is cut, which HTTP allows: the reader asks for the rest


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """(first byte, byte after the last); equal for an empty range; None if the header is to be ignored."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or header.strip() == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return max(size - min(int(last), MAX_PART), 0), size
    start = int(first)
    end = min(int(last) + 1 if last else size, size, start + MAX_PART)
    if last and int(last) < start:
        return None
    return (start, end) if start < size else (size, size)
