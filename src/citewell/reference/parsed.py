"""The blocks of cited documents, which are read and decoded whole for each slide, sheet and place on a page.

A parsed document may have a hundred megabytes. So few are read at once, and the last ones are kept: a reader who turns
from slide to slide asks for the same one each time.
"""

import asyncio
from collections import OrderedDict

from citewell.ingestion.blocks import ParsedDocument, decode
from citewell.ingestion.steps.parse import parsed_key
from citewell.models import DocumentVersion
from citewell.storage import FileStore

_AT_ONCE = 2
_KEPT_BYTES = 16 * 1024 * 1024  # as stored; decoded they take several times that
_Key = tuple[str, str | None]


class ParsedDocuments:
    """One for a process. Larger documents than `kept_bytes` are decoded each time."""

    def __init__(self, *, kept_bytes: int = _KEPT_BYTES) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[_Key, tuple[ParsedDocument, int]] = OrderedDict()
        self._kept_bytes = kept_bytes

    async def of(self, files: FileStore, version: DocumentVersion) -> ParsedDocument:
        """Raises FileNotFoundError for a version that has not been parsed."""
        key = parsed_key(version), version.input_hash("parse")  # other parsers write other blocks to the same place
        if (found := self._find(key)) is not None:
            return found
        async with self._free:  # around the reading too: bytes that wait for a thread fill the memory
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
