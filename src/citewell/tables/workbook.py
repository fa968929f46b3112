"""Lines of cells as an Excel workbook."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

_MAX_CELL = 32_767  # characters, by the specification of Excel


def to_workbook(lines: Sequence[Sequence[Any]]) -> bytes:
    """Returns the bytes of an Excel workbook with one sheet; the first line is its head."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Table")
    sheet.freeze_panes = "B2"
    for column in range(1, len(lines[0]) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 28
    for number, line in enumerate(lines):
        sheet.append([_cell(sheet, value, bold=number == 0) for value in line])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any, *, bold: bool) -> Any:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MAX_CELL]
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
    if bold:
        cell.font = Font(bold=True)
    return cell
