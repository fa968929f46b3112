"""XLSX by `openpyxl`, read only: a sheet is a page, its name the heading, its rows tables."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.csv import add_rows
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.zipped import check_archive

_MAX_COLUMNS = 500


def parse_xlsx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    with path.open("rb") as file:  # given a name, openpyxl refuses what does not end like a workbook
        return _parse(load_workbook(file, read_only=True, data_only=True), limits)


def _parse(workbook: Workbook, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    total = 0
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    for page, sheet in enumerate(sheets, start=1):
        rows = []
        for row in sheet.iter_rows(values_only=True, max_col=_MAX_COLUMNS):
            cells = [_shown(value) for value in row]
            if any(cells):
                rows.append(_without_end(cells))
                total += 1
            if total > limits.max_rows:
                raise too_large(f"more than {limits.max_rows:,} rows")
        if rows:
            builder.add("section_heading", sheet.title, page=page, level=1)
            add_rows(builder, rows, page)
    return builder.document(page_count=len(sheets), title=workbook.properties.title or None)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip()


def _without_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells
