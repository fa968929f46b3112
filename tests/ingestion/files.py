"""Files of each format, made here; and the way that every test reads one: sniffed, then parsed in a child process."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import docx
import openpyxl
import pptx
from fpdf import FPDF
from pptx.util import Inches

from citewell.ingestion.blocks import Block, ParsedDocument
from citewell.ingestion.parsing import DEFAULT, ParseLimits, parse
from citewell.ingestion.sniff import sniff_file

LOREM = "Employees travel by train when the journey takes less than six hours and when a seat can be had in time."


async def read(folder: Path, name: str, content: bytes, limits: ParseLimits = DEFAULT) -> ParsedDocument:
    path = folder / "stored"  # as the store names files: parsers must not go by the name
    path.write_bytes(content)
    return await read_file(path, name, limits)


async def read_file(path: Path, name: str, limits: ParseLimits = DEFAULT) -> ParsedDocument:
    return await parse(path, sniff_file(path, name).kind, limits=limits)


def outline(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.type, block.text) for block in document.blocks]


def of_type(document: ParsedDocument, kind: str) -> list[Block]:
    return [block for block in document.blocks if block.type == kind]


def check(document: ParsedDocument) -> None:
    """What holds for every parsed document: blocks lie in the text where they say, in order, and between them is
    nothing but the separator; lines lie in their blocks."""
    end = 0
    for index, block in enumerate(document.blocks):
        assert document.text[block.start : block.end] == block.text
        assert document.text[end : block.start] == ("\n\n" if index else "")
        assert block.text.strip()
        end = block.end
        for line in block.lines or ():
            assert block.start <= line.start <= line.end <= block.end
        if block.bbox is not None:
            assert block.bbox[0] <= block.bbox[2]
            assert block.bbox[1] <= block.bbox[3]
    assert end == len(document.text)


def pdf_bytes(pdf: FPDF) -> bytes:
    return bytes(pdf.output())


def new_pdf(font: str = "helvetica", size: int = 11) -> FPDF:
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(True, 60)
    pdf.set_font(font, size=size)
    return pdf


def sentences(page: int) -> list[str]:
    """Sentences that no other page has."""
    cities = ("Oslo", "Graz", "Lyon", "Bath", "Riga", "Cork", "Bonn", "Turin")
    speeds = ("slow", "fast", "cheap", "old", "new", "long", "short", "late")
    people = ("boss", "host", "guest", "crew")
    return [
        f"From {cities[(page + number) % 8]} to {cities[(page * 3 + number + 1) % 8]} the "
        f"{speeds[(page // 8 + number) % 8]} train is the one to take, "
        f"unless the {people[(page + number) % 4]} says otherwise in a letter."
        for number in range(6)
    ]


def report_pdf(pages: int = 2) -> bytes:
    """A title, sections with paragraphs, and on each page a running header and a numbered footer."""

    class Report(FPDF):
        def header(self) -> None:
            self.set_font("helvetica", size=8)
            self.set_y(20)
            self.cell(0, 10, "Falcon Industries - internal", new_x="LMARGIN", new_y="NEXT")
            self.ln(20)

        def footer(self) -> None:
            self.set_y(-30)
            self.set_font("helvetica", size=8)
            self.cell(0, 10, f"Page {self.page_no()} of {pages}", align="C")

    pdf = Report(unit="pt", format="A4")
    for number in range(1, pages + 1):
        pdf.add_page()
        if number == 1:
            pdf.set_font("helvetica", "B", 22)
            pdf.cell(0, 30, "Annual travel report", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("helvetica", "B", 14)
        pdf.cell(0, 24, f"{number} Trains of region {number}", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("helvetica", size=11)
        pdf.multi_cell(0, 14, " ".join(sentences(number)), new_x="LMARGIN", new_y="NEXT")
    return pdf_bytes(pdf)


def table_pdf(rows: list[list[str]], *, ruled: bool) -> bytes:
    pdf = new_pdf()
    pdf.add_page()
    pdf.multi_cell(0, 14, LOREM, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(20)
    for row in rows:
        for cell in row:
            pdf.cell(150, 18, cell, border=1 if ruled else 0)
        pdf.ln(18)
    return pdf_bytes(pdf)


def saved(document: object) -> bytes:
    """What `document.save` writes."""
    buffer = io.BytesIO()
    document.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def sample_docx() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Travel rules of the company"
    document.add_heading("Travel rules", 0)
    document.add_paragraph(LOREM)
    document.add_heading("Hotels", 1)
    document.add_paragraph("Two nights at most.", style="List Bullet")
    document.add_paragraph("Breakfast is included.", style="List Bullet")
    document.add_heading("Limits", 2)
    table = document.add_table(rows=0, cols=2)
    for row in (("City", "Limit"), ("Oslo", "210 EUR"), ("Graz", "140 EUR")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = row
    document.add_paragraph("Text behind the table.")
    document.sections[0].header.paragraphs[0].text = "Falcon Industries"
    document.sections[0].footer.paragraphs[0].text = "Confidential"
    return saved(document)


def sample_pptx() -> bytes:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Quarter in review"
    first.placeholders[1].text = "Sales grew by 12 percent."
    first.notes_slide.notes_text_frame.text = "Mention the new office."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Numbers"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, values in enumerate((("Region", "Sales"), ("North", "42"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    return saved(deck)


def sample_xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Prices"
    sheet.append(["Product", "Price", "Since"])
    for number in range(100):
        sheet.append([f"Falcon {number}", number * 1.5, None])
    other = book.create_sheet("Staff")
    other.append(["Name", "Office"])
    other.append(["Ada", "London"])
    hidden = book.create_sheet("Secret")
    hidden.append(["not", "shown"])
    hidden.sheet_state = "hidden"
    return saved(book)


def archive(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def rewritten(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The archive with each member as `change(name, content)` gives it."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return archive({name: change(name, file.read(name)) for name in file.namelist()})
