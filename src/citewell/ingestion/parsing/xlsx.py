"""Workbooks by their XML: cells as Excel shows them. A sheet is a page, its name the heading, its rows tables.

Read by hand and not by a library, since none gives all of it: openpyxl knows formats and is slow, python-calamine is
fast and knows no formats (docs/decisions).
"""

import zipfile
from pathlib import Path

from lxml.etree import _Element as Element

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.drawing import charts_in, smart_art_in
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.office import converted_file
from citewell.ingestion.parsing.ooxml import A, Package
from citewell.ingestion.parsing.sheet import MAX_COLUMNS, Range, add_sheet, column_name, place_of
from citewell.ingestion.parsing.xlsx_comments import comments_of
from citewell.ingestion.parsing.xlsx_rows import SheetContent, SheetReader
from citewell.ingestion.parsing.zipped import check_archive
from citewell.ingestion.reading_warnings import warning

_XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"


def parse_xlsx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        return _Workbook(Package(archive), path, limits).document()


class _Workbook:
    def __init__(self, package: Package, path: Path, limits: ParseLimits) -> None:
        self._package, self._path, self._limits = package, path, limits
        self._reader = SheetReader(package, limits)
        self._builder = Builder("sheet")
        self._warnings: list[str] = []

    def document(self) -> ParsedDocument:
        sheets = self._reader.sheets()
        contents = {number: self._reader.content(sheet) for number, sheet in enumerate(sheets, 1) if sheet.is_shown}
        hidden = [sheet.name for sheet in sheets if not sheet.is_shown]
        if hidden:
            self._warnings.append(warning("hidden_sheets", names=", ".join(hidden[:20])))
        self._compute(contents)
        for number, content in contents.items():
            self._add(content, number)
        return self._builder.document(page_count=len(sheets), title=self._package.title(), warnings=self._warnings)

    def _compute(self, contents: dict[int, SheetContent]) -> None:
        """Values of formulas that no program has computed: by LibreOffice where it is installed."""
        if self._reader.has_placeholders:
            for content in contents.values():
                content.formulas |= content.zeros
        missing = {number: content for number, content in contents.items() if content.formulas}
        if not missing:
            return
        count = sum(len(content.formulas) for content in missing.values())
        values: dict[int, dict[tuple[int, int], str]] = {}
        try:
            values = self._computed(converted_file(self._path, "xlsx", recalculate=True), missing)
        except (ParseFailed, OSError, zipfile.BadZipFile):
            self._warnings.append(warning("formulas_without_values", count=f"{count:,}"))
        for number, content in missing.items():
            content.fill(values.get(number, {}))

    def _computed(self, path: Path, missing: dict[int, SheetContent]) -> dict[int, dict[tuple[int, int], str]]:
        check_archive(path, self._limits)
        with zipfile.ZipFile(path) as archive:
            reader = SheetReader(Package(archive), self._limits)
            by_name = {sheet.name: sheet for sheet in reader.sheets()}
            return {
                number: reader.content(by_name[content.sheet.name]).values(content.formulas)
                for number, content in missing.items()
                if content.sheet.name in by_name
            }

    def _add(self, content: SheetContent, page: int) -> None:
        name = content.sheet.name
        drawn = self._drawing(content.part)
        comments = comments_of(self._package, content.part)
        if left_out := content.sheet.leave_out_hidden():
            self._warnings.append(warning("hidden_cells", sheet=name, cells=left_out))
            rows, columns = content.sheet.left_out, content.sheet.hidden_columns
            comments = [one for one in comments if one[0].left not in columns and one[0].top not in rows]
        if not (content.sheet.rows or content.is_cut or drawn is not None or comments):
            return
        if content.is_cut:
            self._warnings.append(warning("columns_cut", column=column_name(MAX_COLUMNS), sheet=name))
        self._builder.add("section_heading", name, page=page, place=name, level=1)
        add_sheet(self._builder, content.sheet, page)
        for cell, text in comments:
            self._builder.add("text", text, page=page, place=place_of(name, cell))
        if drawn is not None:
            self._add_drawings(drawn, name, page)

    def _drawing(self, part: str) -> tuple[str, Element] | None:
        target = self._package.related(part, "drawing")
        root = self._package.optional_xml(target)
        return (target, root) if root is not None and target is not None and len(root) else None

    def _add_drawings(self, drawn: tuple[str, Element], name: str, page: int) -> None:
        part, root = drawn
        for anchor in root:
            place = _anchor_place(anchor, name)
            for body in anchor.iter(f"{_XDR}txBody"):
                lines = ("".join(piece.text or "" for piece in line.iter(f"{A}t")) for line in body.iter(f"{A}p"))
                self._builder.add("text", "\n".join(line for line in lines if line.strip()), page=page, place=place)
            for chart in charts_in(anchor, self._package, part):
                self._builder.add("figure", chart.title, page=page, place=place)
                self._builder.add("table", table_text(chart.rows), rows=chart.rows, page=page, place=place)
            for art in smart_art_in(anchor, self._package, part):
                self._builder.add("list", "\n".join(art), page=page, place=place)


def _anchor_place(anchor: Element, name: str) -> str:
    start = anchor.find(f"{_XDR}from")
    if start is None:
        return name
    row, column = (start.findtext(f"{_XDR}{part}") or "" for part in ("row", "col"))
    if not (row.isdigit() and column.isdigit()):
        return name
    cell = Range(int(row) + 1, int(column) + 1, int(row) + 1, int(column) + 1)
    return place_of(name, cell)
