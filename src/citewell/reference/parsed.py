"""Reads and caches the blocks of cited documents.

A parsed document may have a hundred megabytes and is decoded whole for each slide, sheet or place on a page. So few are
read at once, and the last ones are kept for readers who turn from slide to slide.
"""

import asyncio
from collections import OrderedDict

from citewell.ingestion.blocks import ParsedDocument, decode
from citewell.ingestion.parsed_files import parsed_key
from citewell.models import DocumentVersion
from citewell.storage import FileStore

_AT_ONCE = 2
_KEPT_BYTES = 16 * 1024 * 1024  # of the stored files; decoded they take several times as much
_Key = tuple[str, str | None]


class ParsedDocuments:
    """A cache, one per process. Documents larger than `kept_bytes` are decoded each time."""

    def __init__(self, *, kept_bytes: int = _KEPT_BYTES) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[_Key, tuple[ParsedDocument, int]] = OrderedDict()
        self._kept_bytes = kept_bytes

    async def of(self, files: FileStore, version: DocumentVersion) -> ParsedDocument:
        """Returns the parsed document. Raises FileNotFoundError for a version that has not been parsed."""
        key = parsed_key(version), version.input_hash("parse")  # after a new parse the same key holds other blocks
        if (found := self._find(key)) is not None:
            return found
        async with self._free:  # covers the reading too: bytes that wait for a thread take memory
            if (found := self._find(key)) is not None:
                return found
            data = await files.get(key[0])
            document = await asyncio.to_thread(decode, data)
            self._keep(key, document, len(data))
            return document

    def _find(self, key: _Key) -> ParsedDocument | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def _keep(self, key: _Key, document: ParsedDocument, size: int) -> None:
        if size > self._kept_bytes:
            return
        self._kept[key] = document, size
        while sum(each for _, each in self._kept.values()) > self._kept_bytes:
            self._kept.popitem(last=False)
