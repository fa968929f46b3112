"""RTF files and the bodies of messages that are in RTF only."""

import struct
from collections import Counter
from pathlib import Path

from citewell.ingestion.blocks import BlockType, Builder, Line, ParsedDocument, table_text
from citewell.ingestion.parsing.docx_styles import level_by_name
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.page_breaks import PageBreaks
from citewell.ingestion.parsing.rtf_reader import Event, RtfReader
from citewell.ingestion.parsing.rtf_tables import RtfRow, filled

_MAX_CELLS = 500
# What a compressed body may refer to before its own words. Source: [MS-OXRTFCP].
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def parse_rtf(path: Path, limits: ParseLimits) -> ParsedDocument:
    if path.stat().st_size > 16 * limits.max_text_chars:
        raise too_large("more data than a text file may have")
    builder = Builder()
    pages = _Writer(RtfReader(path.read_bytes()), builder, limits).write()
    return builder.document(page_count=pages)


class _Writer:
    def __init__(self, reader: RtfReader, builder: Builder, limits: ParseLimits) -> None:
        self._reader, self._builder, self._limits = reader, builder, limits
        self._parts: list[str] = []
        self._asides: dict[str, list[str]] = {}
        self._waiting: list[tuple[str, str]] = []  # notes of the paragraph
        self._table_notes: list[tuple[str, str]] = []
        self._margins: dict[str, BlockType] = {}
        self._cells: list[str] = []
        self._rows: list[RtfRow] = []
        self._table_page: int | None = None
        self._style = 0
        self._outline: int | None = None
        self._author = ""
        self._paragraph = 0
        self._notes = Counter[str]()
        self._row_count = 0
        self._pages = PageBreaks(is_known=reader.has_breaks, is_rendered=reader.has_soft_breaks)
        self._section_ended = False
        self._length = 0  # of the parts
        self._starts: list[tuple[int, int | None]] = []  # of the paragraph's pages: characters, and the page

    def write(self) -> int | None:
        """Add all blocks. Returns the number of pages, None where it is not known."""
        for event in self._reader.events():
            self._take(event)
        self._end_table()
        for text, kind in self._margins.items():
            self._builder.add(kind, text, place=kind)
        return self._pages.current

    def _take(self, event: Event) -> None:
        target = event.state.target
        if event.kind == "text":
            if target:
                self._asides.setdefault(target, []).append(event.text)
            else:
                self._begin_page(event)
                self._parts.append(event.text)
                self._length += len(event.text)
                self._pages.text(len(event.text.strip()))
                self._style, self._outline = event.state.style, event.state.outline
        elif event.kind == "end":
            self._end_aside(event.text)
        elif target:
            self._asides.setdefault(target, []).append("\n")
        elif event.kind == "cell":
            text, page, _ = self._take_text()
            self._table_page = self._table_page if self._rows or self._cells else page
            if len(self._cells) < _MAX_CELLS:
                self._cells.append(text.strip())
        elif event.kind == "row":
            self._end_row()
        elif event.kind == "softpage":
            self._pages.begin(rendered=True)
            if self._starts:
                self._starts.append((self._length, self._pages.current))
        elif event.state.in_table and event.kind == "par":
            self._parts.append("\n")
            self._length += 1
        else:
            self._end_paragraph()
            if event.kind == "page":
                self._pages.begin()
            self._section_ended |= event.kind == "sect"

    def _begin_page(self, event: Event) -> None:
        """Call before a paragraph's first words: begins a page where its section or its own format asks for one."""
        if self._starts or not event.text.strip():
            return
        if self._section_ended and self._reader.section not in ("none", "col"):
            self._pages.begin_section(self._reader.section)
        elif event.state.breaks_before and not event.state.in_table:
            self._pages.begin_with_words()
        self._section_ended = False
        self._starts.append((self._length, self._pages.current))

    def _take_text(self) -> tuple[str, int | None, list[Line]]:
        """Returns what was read since the last paragraph or cell: (text, page, parts where it has several)."""
        starts = self._starts or [(0, self._pages.current)]
        first, page = starts[0]
        text = "".join(self._parts)[first:].rstrip()
        self._parts, self._starts, self._length = [], [], 0
        parts = [(start - first, on) for start, on in starts if start - first < len(text)]
        ends = [start for start, _ in parts[1:]] + [len(text)]
        lines = [Line(start, end, page=on) for (start, on), end in zip(parts, ends, strict=False) if start < end]
        return text, page, lines if len(lines) > 1 else []

    def _end_aside(self, target: str) -> None:
        text = "".join(self._asides.pop(target, ())).strip().lstrip("\n")
        if target == "author":
            self._author = text
        elif target in ("header", "footer") and text:
            self._margins.setdefault(text, "header" if target == "header" else "footer")
        elif text:
            if target in ("footnote", "endnote"):
                self._notes[target] += 1
                place = f"{target} {self._notes[target]}"
                self._waiting.append((f"{place.capitalize()}: {text}", place))
            else:
                by = f" by {self._author}" if self._author else ""
                self._waiting.append((f"Comment{by}: {text}", "comment"))

    def _end_row(self) -> None:
        self._row_count += 1
        if self._row_count > self._limits.max_rows:
            raise too_large(f"more than {self._limits.max_rows:,} rows")
        if self._cells:
            formats = tuple(self._reader.cell_formats)
            if self._rows and formats == self._rows[-1].formats:  # kept once for all rows that are defined so
                formats = self._rows[-1].formats
            self._rows.append(RtfRow(self._cells, formats))
        self._table_notes += self._waiting
        self._waiting = []
        self._cells = []
        self._take_text()

    def _end_table(self) -> None:
        if self._rows:
            rows = filled(self._rows)
            self._builder.add("table", table_text(rows), rows=rows, page=self._table_page)
            self._rows = []
            self._add_notes(self._table_notes, self._table_page)

    def _end_paragraph(self) -> None:
        text, page, lines = self._take_text()
        if text.strip() or not self._rows:
            self._end_table()
        if text.strip():
            self._paragraph += 1
            level = level_by_name(self._reader.styles.get(self._style, "")) if self._style else None
            if level is None and self._outline is not None and self._outline < 9:
                level = self._outline + 1
            kind: BlockType = "text" if level is None else "title" if level <= 1 else "section_heading"
            place = f"paragraph {self._paragraph}"
            level = None if level is None else max(level, 1)
            self._builder.add(kind, text, level=level, page=page, place=place, lines=lines)
            self._add_notes(self._waiting, page)
        self._style, self._outline = 0, None

    def _add_notes(self, notes: list[tuple[str, str]], page: int | None) -> None:
        for text, place in notes:
            self._builder.add("text", text, page=page, place=place)
        notes.clear()


def html_or_text(data: bytes) -> tuple[str, str]:
    """The page that an RTF body was made of, and its text; one of them is empty."""
    reader = RtfReader(data)
    parts = []
    for event in reader.events():
        if event.kind == "text" and not event.state.target:
            parts.append(event.text)
        elif event.kind in ("par", "row", "sect") and not event.state.target and not event.state.hidden:
            parts.append("\n")
        elif event.kind == "cell":
            parts.append("\t")
    text = "".join(parts)
    return (text, "") if reader.is_html else ("", text)


def decompressed(data: bytes, most: int) -> bytes:
    """A message's compressed RTF body. Raises ParseFailed if it is none."""
    if len(data) < 16:
        raise ParseFailed("damaged", DAMAGED)
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == 0x414C454D:  # "MELA": as it is
        return data[16 : 16 + size]
    if kind != 0x75465A4C or size > most:  # "LZFu"
        raise ParseFailed("damaged", DAMAGED)
    window = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    write = len(_DICTIONARY)
    out = bytearray()
    place = 16
    while place < len(data) and len(out) < size:
        flags = data[place]
        place += 1
        for bit in range(8):
            if place >= len(data) or len(out) >= size:
                break
            if not flags >> bit & 1:
                out.append(data[place])
                window[write] = data[place]
                write = (write + 1) % 4096
                place += 1
                continue
            if place + 1 >= len(data):
                break
            token = data[place] << 8 | data[place + 1]
            place += 2
            start, count = token >> 4, (token & 15) + 2
            if start == write:
                return bytes(out)
            for step in range(count):
                byte = window[(start + step) % 4096]
                out.append(byte)
                window[write] = byte
                write = (write + 1) % 4096
    return bytes(out)
