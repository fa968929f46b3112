"""Files that are embedded in Office files as objects: a workbook in a report, a document behind an icon."""

import hashlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import olefile
from lxml.etree import _Element as Element

from citewell.ingestion.blocks import Block, Builder, Line, ParsedDocument
from citewell.ingestion.parsing.embedded import read_within
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.ooxml import P, Package, R
from citewell.ingestion.reading_warnings import warning
from citewell.ingestion.sniff import UnsupportedFile
from citewell.kit.places import HEADINGS

_OBJECT = "{urn:schemas-microsoft-com:office:office}OLEObject"
_SLIDE_OBJECT = f"{P}oleObj"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKED = ("Package", "EmbeddedOdf", "CONTENTS")  # streams that hold a whole file
_OLD = ("WordDocument", "Workbook", "Book", "PowerPoint Document")  # those of files that LibreOffice reads
_NATIVE = "\x01Ole10Native"
_MOST, _MOST_OLD = 50, 5  # that are read, of the old ones by LibreOffice, which takes seconds for each
_SILENT = ("equation", "mathtype", "forms.", "shockwave", "paint.picture", "pbrush", "wordpad")


@dataclass(frozen=True)
class _Found:
    program: str
    data: bytes


class ObjectReader:
    """Adds the text of embedded files, each once. `warnings` says which were not read."""

    def __init__(self, package: Package, limits: ParseLimits) -> None:
        self.warnings: list[str] = []
        self._package, self._limits = package, limits
        self._seen: set[bytes] = set()
        self._old = 0

    def add(self, builder: Builder, drawing: Element, part: str, page: int | None, place: str) -> bool:
        """Whether anything was added for the objects that a drawing of this part shows."""
        before = builder.length
        for found in self._objects(drawing, part):
            digest = hashlib.sha256(found.data).digest()
            if digest in self._seen:
                continue
            self._seen.add(digest)
            if problem := self._add(builder, found, page, place):
                self.warnings.append(warning("object_not_read", program=found.program, place=place, reason=problem))
        return builder.length > before

    def _objects(self, drawing: Element, part: str) -> Iterator[_Found]:
        relations = self._package.relations(part)
        for element in drawing.iter(_OBJECT, _SLIDE_OBJECT):
            program = element.get("ProgID") or element.get("progId") or "unknown program"
            relation = relations.get(element.get(f"{R}id") or "")
            linked = element.get("Type") == "Link" or relation is None or relation.external
            if relation is None or linked or program.lower().startswith(_SILENT):
                continue
            if self._package.has(relation.target):
                yield _Found(program, self._package.read(relation.target))

    def _add(self, builder: Builder, found: _Found, page: int | None, place: str) -> str | None:
        """Why the object was not read, or None."""
        if len(self._seen) > _MOST:
            return f"there are more than {_MOST}"
        if self._limits.max_messages <= 1:
            return "it is a document inside too many documents"
        name, content, is_old = _unpacked(found.data)
        self._old += is_old
        if self._old > _MOST_OLD and is_old:
            return f"there are more than {_MOST_OLD} in old formats"
        try:
            document = read_within(content, name, self._limits.within_message())
        except (UnsupportedFile, ParseFailed) as error:
            return error.message
        _add_blocks(builder, document, page, place)
        return None


def _add_blocks(builder: Builder, document: ParsedDocument, page: int | None, place: str) -> None:
    """Adds the blocks of an embedded document. Its headings become text: they must not stand above what follows it."""
    for block in document.blocks:
        heading = block.type in HEADINGS
        if heading and document.page_count is not None and block.text == block.place:
            continue  # a sheet's name, which stands in the places of its rows
        builder.add(
            "text" if heading else block.type,
            block.text,
            page=page,
            place=_nested_place(place, block.place),
            rows=block.rows,
            lines=_lines(block, place),
            confidence=block.confidence,
        )


def _lines(block: Block, place: str) -> list[Line]:
    start = block.start
    return [
        Line(line.start - start, line.end - start, place=_nested_place(place, line.place))
        for line in block.lines or ()
        if line.place
    ]


def _nested_place(place: str, inner: str | None) -> str:
    return f"{place}, embedded {inner}" if inner else f"{place}, embedded"


def _unpacked(data: bytes) -> tuple[str, bytes, bool]:
    """Name and content of the file in an object, and whether it is of an old format; the object itself if unknown."""
    if not data.startswith(_OLE):
        return "object", data, False
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            streams = {entry[0] for entry in file.listdir()}
            if _NATIVE in streams:
                return (*_native(file.openstream(_NATIVE).read()), False)
            if packed := next((name for name in _PACKED if name in streams), None):
                return "object", file.openstream(packed).read(), False
    except (OSError, ValueError, IndexError, struct.error):
        return "object", data, False
    return "object", data, any(name in streams for name in _OLD)


def _native(data: bytes) -> tuple[str, bytes]:
    """A file that Windows packed (Ole10Native): sizes around its name, the paths that it came from, its content."""
    label, _, rest = data[6:].partition(b"\0")
    _, _, rest = rest.partition(b"\0")
    (length,) = struct.unpack_from("<I", rest, 4)
    at = 8 + length
    (size,) = struct.unpack_from("<I", rest, at)
    return label.decode("cp1252", errors="replace") or "object", rest[at + 4 : at + 4 + size]
