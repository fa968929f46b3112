"""The office documents as files: .stacked and .beside are set as PDF, .docx.text as Word, the rest is copied.

In their text a line `# ` is a heading and a line with ` | ` a row of a table. In a stacked form a label stands over its
value; in one set beside, the values stand far to the right of their labels.
"""

import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import docx
from fpdf import FPDF

DOCUMENTS = Path(__file__).parent / "documents"
_MARGIN, _LINE, _VALUES = 60.0, 15.0, 320.0


def documents(folder: Path = DOCUMENTS) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each document, by name."""
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".docx.text"):
            yield path.name.removesuffix(".text"), _word(path.read_text(encoding="utf-8"))
        elif path.suffix in (".stacked", ".beside"):
            yield f"{path.stem}.pdf", _page(path.read_text(encoding="utf-8"))
        else:
            yield path.name, path.read_bytes()


def _blocks(text: str) -> list[list[str]]:
    return [block.strip().split("\n") for block in text.split("\n\n") if block.strip()]


def _page(text: str) -> bytes:
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_margin(_MARGIN)
    pdf.add_page()
    for block in _blocks(text):
        for is_row, lines in groupby(block, lambda line: " | " in line):
            if is_row:
                _rows(pdf, [line.split(" | ") for line in lines])
            else:
                for line in lines:
                    _line(pdf, line)
        pdf.ln(_LINE / 2)
    return bytes(pdf.output())


def _line(pdf: FPDF, line: str) -> None:
    heading = line.startswith("#")
    pdf.set_font("helvetica", "B" if heading else "", 14 if heading else 10)
    pdf.multi_cell(0, _LINE, line.lstrip("# ").replace("€", "EUR"), new_x="LMARGIN", new_y="NEXT")


def _rows(pdf: FPDF, rows: list[list[str]]) -> None:
    pdf.set_font("helvetica", "", 10)
    for row in rows:
        width = (pdf.epw - 200) / max(len(row) - 1, 1) if len(row) > 2 else _VALUES - _MARGIN
        pdf.cell(200 if len(row) > 2 else width, _LINE, row[0].replace("€", "EUR"))
        for cell in row[1:]:
            pdf.cell(width, _LINE, cell.replace("€", "EUR"), align="R" if len(row) > 2 else "L")
        pdf.ln(_LINE)


def _word(text: str) -> bytes:
    document = docx.Document()
    for block in _blocks(text):
        if block[0].startswith("#"):
            document.add_heading(block[0].lstrip("# "), level=block[0].index(" "))
        elif " | " in block[0]:
            rows = [line.split(" | ") for line in block]
            table = document.add_table(rows=0, cols=len(rows[0]))
            for row in rows:
                for cell, value in zip(table.add_row().cells, row, strict=True):
                    cell.text = value
        else:
            for line in block:
                document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
