"""The cells of a workbook's sheets, read as a stream: its stated dimension is not believed."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element as Element

from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.number_format import BUILT_IN, shown_number, shown_text
from citewell.ingestion.parsing.ooxml import Package, R, S
from citewell.ingestion.parsing.powers import power
from citewell.ingestion.parsing.sheet import MAX_COLUMNS, NamedTable, Range, Row, Sheet, range_of

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_FORMULAS = 200_000
_TRUE = ("1", "true")


@dataclass(frozen=True)
class SheetEntry:
    name: str
    part: str
    is_shown: bool


@dataclass
class SheetContent:
    """`formulas` are those without a value, by row and column (from 1); `zeros` those whose value is 0. `is_cut` where
    columns were left out."""

    sheet: Sheet
    part: str = ""
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    zeros: dict[tuple[int, int], str] = field(default_factory=dict)
    is_cut: bool = False

    def fill(self, values: dict[tuple[int, int], str]) -> None:
        """Replaces formulas by values; a formula without a value is shown itself."""
        by_number = {row.number: row for row in self.sheet.rows}
        for (number, column), formula in self.formulas.items():
            row = by_number.get(number)
            if row is None:
                continue
            row.cells += [""] * (column - len(row.cells))
            row.cells[column - 1] = values.get((number, column)) or f"={formula}"

    def values(self, places: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
        by_number = {row.number: row.cells for row in self.sheet.rows}
        found = {}
        for number, column in places:
            cells = by_number.get(number, [])
            if column <= len(cells) and cells[column - 1]:
                found[number, column] = cells[column - 1]
        return found


class SheetReader:
    """Reads sheets one after the other; rows and characters are counted over all of them."""

    def __init__(self, package: Package, limits: ParseLimits) -> None:
        self._package, self._limits = package, limits
        self._workbook = package.xml(package.main)
        properties = self._workbook.find(f"{S}workbookPr")
        self._epoch_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._formats = _formats(package.optional_xml(package.related(package.main, "styles")))
        self._rows = self._characters = 0
        self._has_results = False
        self._strings = self._shared_strings()
        self._shown: dict[tuple[str, str], str] = {}

    @property
    def has_placeholders(self) -> bool:
        """Whether nobody has computed the workbook: some programs write 0 for all results, and ask for them."""
        settings = self._workbook.find(f"{S}calcPr")
        return settings is not None and settings.get("fullCalcOnLoad") in _TRUE and not self._has_results

    def sheets(self) -> list[SheetEntry]:
        """Returns all sheets in the program's order, hidden ones too."""
        relations = self._package.relations(self._package.main)
        entries = []
        for sheet in self._workbook.iterfind(f"{S}sheets/{S}sheet"):
            relation = relations.get(sheet.get(f"{R}id") or "")
            state = sheet.get("state") or "visible"
            if relation is not None and self._package.has(relation.target):
                entries.append(SheetEntry(sheet.get("name") or "", relation.target, state == "visible"))
        return entries

    def content(self, entry: SheetEntry) -> SheetContent:
        content = SheetContent(Sheet(entry.name), entry.part)
        frozen = None
        for element in self._elements(entry.part):
            name = element.tag.rpartition("}")[2]
            if name == "row":
                self._add_row(content, element)
            elif name == "mergeCell" and (merged := range_of(element.get("ref") or "")):
                content.sheet.merged.append(merged)
            elif name == "autoFilter" and (filtered := range_of(element.get("ref") or "")):
                content.sheet.header_row = filtered.top
                content.sheet.filtered[:] = [filtered] if len(element) else []
            elif name == "col" and element.get("hidden") in _TRUE and not _is_grouped(element):
                content.sheet.hidden_columns |= _columns_of(element)
            elif name == "pane" and element.get("state", "").startswith("frozen"):
                split = element.get("ySplit") or ""
                frozen = int(float(split)) if re.fullmatch(r"\d{1,3}(\.0*)?", split) else None
        if content.sheet.header_row is None:
            content.sheet.header_row = frozen
        content.sheet.tables, filtered_tables = self._tables(entry.part)
        content.sheet.filtered += filtered_tables
        return content

    def _elements(self, part: str) -> Iterator[Element]:
        tags = [f"{{*}}{name}" for name in ("row", "mergeCell", "autoFilter", "pane", "col")]
        try:
            with self._package.archive.open(self._package.member(part)) as file:
                for _, element in etree.iterparse(file, tag=tags, resolve_entities=False, no_network=True):
                    yield element
                    element.clear()
                    parent = element.getparent()
                    if parent is not None:
                        while element.getprevious() is not None:
                            del parent[0]
        except (etree.XMLSyntaxError, zipfile.BadZipFile, EOFError, ValueError) as error:
            raise ParseFailed("damaged", DAMAGED) from error

    def _add_row(self, content: SheetContent, element: Element) -> None:
        rows = content.sheet.rows
        stated = element.get("r") or ""
        number = int(stated) if stated.isdigit() and len(stated) < 9 else (rows[-1].number if rows else 0) + 1
        cells: list[str] = []
        for cell in element:
            if not len(cell):
                if cell.get("r") is None:
                    cells.append("")
                continue
            column = _column(cell.get("r"), len(cells) + 1)
            if column > MAX_COLUMNS:
                content.is_cut = content.is_cut or any(len(part.text or "") or len(part) for part in cell)
                break
            text, formula = self._cell(cell)
            if formula is not None and len(content.formulas) + len(content.zeros) < _MOST_FORMULAS:
                (content.zeros if text else content.formulas)[number, column] = formula
                text = text or f"={formula}"
            if text:
                if column > len(cells) + 1:
                    cells += [""] * (column - 1 - len(cells))
                cells[column - 1 : column] = [text]
                self._characters += len(text)
            elif cell.get("r") is None:
                cells.append("")
        if any(cells):
            rows.append(Row(number, cells, element.get("hidden") in _TRUE and not _is_grouped(element)))
            self._rows += 1
            self._check()

    def _check(self) -> None:
        if self._rows > self._limits.max_rows:
            raise too_large(f"more than {self._limits.max_rows:,} rows")
        if self._characters > self._limits.max_text_chars:
            raise too_large(f"more than {self._limits.max_text_chars:,} characters of text")

    def _cell(self, cell: Element) -> tuple[str, str | None]:
        """Returns (what the cell shows, its formula where that has no value or 0)."""
        value = formula = inline = None
        for child in cell:
            tag = child.tag
            if tag.endswith("}v"):
                value = child.text
            elif tag.endswith("}f"):
                formula = child.text or ""
            elif tag.endswith("}is"):
                inline = _string(child)
        kind = cell.get("t") or "n"
        if kind == "inlineStr" and inline is not None:
            return shown_text(inline.strip(), self._format(cell.get("s") or "0")), None
        if value is None or (value == "" and formula is not None and kind != "str"):
            return "", formula
        style = cell.get("s") or "0"
        if kind == "n" and value == "0" and formula is not None:
            return self._number(value, style), formula or None
        self._has_results = self._has_results or formula is not None
        if kind == "n":
            return self._number(value, style), None
        if kind == "s":
            index = int(value) if value.isdigit() else -1
            text = self._strings[index] if 0 <= index < len(self._strings) else ""
        elif kind == "b":
            return ("TRUE" if value == "1" else "FALSE"), None
        else:
            text = _unescaped(value)
        return shown_text(text.strip(), self._format(style)), None

    def _number(self, value: str, style: str) -> str:
        if (value, style) in self._shown:
            return self._shown[value, style]
        try:
            shown = shown_number(float(value), self._format(style), epoch_1904=self._epoch_1904)
        except ValueError:
            shown = value.strip()
        if len(self._shown) < 100_000:
            self._shown[value, style] = shown
        return shown

    def _format(self, style: str) -> str:
        index = int(style) if style.isdigit() and len(style) < 7 else 0
        return self._formats[index] if index < len(self._formats) else "General"

    def _shared_strings(self) -> Sequence[str]:
        part = self._package.related(self._package.main, "sharedStrings")
        if part is None or not self._package.has(part):
            return []
        strings: list[str] = []
        characters = 0
        try:
            with self._package.archive.open(self._package.member(part)) as file:
                for _, element in etree.iterparse(file, tag="{*}si", resolve_entities=False, no_network=True):
                    strings.append(_string(element))
                    characters += len(strings[-1])
                    element.clear()
                    parent = element.getparent()
                    if parent is not None:
                        while element.getprevious() is not None:
                            del parent[0]
                    if characters > 2 * self._limits.max_text_chars:
                        raise too_large(f"more than {self._limits.max_text_chars:,} characters of text")
        except (etree.XMLSyntaxError, zipfile.BadZipFile, EOFError) as error:
            raise ParseFailed("damaged", DAMAGED) from error
        return strings

    def _tables(self, part: str) -> tuple[list[NamedTable], list[Range]]:
        """The tables of a sheet, and the ranges of those that are filtered."""
        tables, filtered = [], []
        for target in self._package.all_related(part, "table"):
            root = self._package.optional_xml(target)
            cells = range_of(root.get("ref") or "") if root is not None else None
            if root is not None and cells is not None:
                headers = 0 if root.get("headerRowCount") == "0" else 1
                tables.append(NamedTable(root.get("displayName") or root.get("name") or "", cells, headers))
                filtered += [cells] if root.find(f"{S}autoFilter/{S}filterColumn") is not None else []
        return tables + self._named_ranges(part), filtered

    def _named_ranges(self, part: str) -> list[NamedTable]:
        """Names that the author gave to ranges of more than one row and column."""
        names = {entry.part: entry.name for entry in self.sheets()}
        tables = []
        for element in self._workbook.iterfind(f"{S}definedNames/{S}definedName"):
            sheet, _, reference = (element.text or "").rpartition("!")
            name = element.get("name") or ""
            cells = range_of(reference)
            if cells is None or name.startswith("_xlnm") or element.get("hidden") in ("1", "true"):
                continue
            if sheet.strip("'").replace("''", "'") != names.get(part):
                continue
            if cells.bottom > cells.top and cells.right > cells.left:
                tables.append(NamedTable(name, cells))
        return tables


def _formats(styles: Element | None) -> list[str]:
    """The format code of each cell style."""
    if styles is None:
        return []
    own = {element.get("numFmtId"): element.get("formatCode") or "" for element in styles.iter(f"{S}numFmt")}
    formats = []
    for style in styles.iterfind(f"{S}cellXfs/{S}xf"):
        number = style.get("numFmtId") or "0"
        code = own.get(number) or BUILT_IN.get(int(number) if number.isdigit() else 0, "General")
        formats.append(code)
    return formats


def _is_grouped(element: Element) -> bool:
    """Rows and columns of an outline come back with a click on it: they are folded, not hidden."""
    return (element.get("outlineLevel") or "0") != "0"


def _columns_of(element: Element) -> set[int]:
    first, last = element.get("min") or "", element.get("max") or ""
    if not (first.isdigit() and last.isdigit() and len(first) < 6):
        return set()
    return set(range(int(first), min(int(last), MAX_COLUMNS) + 1))


def _column(reference: str | None, following: int) -> int:
    """Returns the column of a reference like AB12; `following` where there is none."""
    if reference is None:
        return following
    number = 0
    for char in reference:
        if char.isdigit():
            break
        number = number * 26 + ord(char) - 64
    return number if number > 0 else following


def _string(element: Element) -> str:
    """Rich text without the readings that stand above it."""
    parts = []
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            text = "".join(piece.text or "" for piece in child if piece.tag.endswith("}t"))
            raised = any(piece.get("val") == "superscript" for piece in child.iterfind("{*}rPr/{*}vertAlign"))
            parts.append(power("".join(parts[-1:]), text) if raised else text)
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text
