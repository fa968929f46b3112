"""Workbooks and decks that were once read wrongly."""

import datetime
import io
from collections.abc import Sequence

import docx
import openpyxl
import pptx
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.comments import Comment
from pptx.enum.shapes import PROG_ID
from pptx.util import Inches

from tests.cases.case import Case
from tests.ingestion.containers import odf, ole
from tests.ingestion.files import saved

DAY = datetime.datetime(2031, 3, 9, 7, 5, 3)
FORMATS = (
    ("joined", DAY, "yyyymmdd", "20310309"),
    ("clock", DAY, "hhmmss", "070503"),
    ("german", DAY, "[$-407]dddd, d. mmmm yyyy", "Sonntag, 9. März 2031"),
    ("french", DAY, "[$-40C]d mmmm yyyy", "9 mars 2031"),
    ("era", DAY, "[$-411]ge.m.d", "R13.3.9"),
    ("long era", DAY, 'ggge"年"m"月"d"日"', "令和13年3月9日"),
    ("words", "abc", '"Code: "@', "Code: abc"),
)


def formats() -> bytes:
    book = openpyxl.Workbook()
    for row, (name, value, code, _) in enumerate(FORMATS, start=1):
        book.active.cell(row, 1, name)
        book.active.cell(row, 2, value).number_format = code
    return saved(book)


def sheet_of(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


BESIDE = (
    ("Mills", None, None, "People"),
    ("Mill", "Tons", None, "Person", "Town"),
    ("Alpha", 5, None, "Bo", "Opava"),
    ("Beta", 6, None, "Ada", "Zlin"),
)
SPACED = (("Item", "Note", None, "2030", "2031"), ("Cash", "a", None, 1, 2), ("Grain", "b", None, 3, 4))


def far_column() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "Start"
    book.active["ZZ9"] = "Far corner"
    return saved(book)


def stand_in() -> bytes:
    """What a program that knows no threads has left of one."""
    book = openpyxl.Workbook()
    book.active["A1"] = "Rye"
    hint = "[Threaded comment]\n\nYour version of Excel allows you to read this.\n\nComment:\n    Is that a sack?"
    book.active["A1"].comment = Comment(hint, "tc={1}")
    return saved(book)


def columns() -> bytes:
    """Two columns of boxes with narrow gaps, and a line below that spans both."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Two columns"
    places = (("right one", 5, 2, 4), ("right two", 5, 2.5, 4), ("left two", 0.5, 2.5, 4), ("left one", 0.5, 2, 4))
    for words, left, top, width in (*places, ("below both", 0.5, 6.5, 8.5)):
        slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(0.4)).text_frame.text = words
    return saved(deck)


def icons() -> bytes:
    """Two columns of signs with their words, the signs nearer to these than the rows to each other."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for column, row in ((column, row) for column in (0, 1) for row in (0, 1)):
        for name, left, width in (("sign", 0.5, 0.6), ("words", 1.2, 3)):
            box = slide.shapes.add_textbox(Inches(left + 5 * column), Inches(1 + row), Inches(width), Inches(0.6))
            box.text_frame.text = f"{name} {column}{row}"
    return saved(deck)


def hidden_cells() -> bytes:
    """A row and a column that were hidden by hand, one that is folded, and rows that a filter hides."""
    book = openpyxl.Workbook()
    for row in (("Kind", "Secret", "Tons", "Note"), ("Rye", "alpha", 12, "dry"), ("Barley", "beta", 7, "lost"), ("Oats", "gamma", 9, "wet")):  # fmt: skip
        book.active.append(row)
    book.active["D3"].comment = Comment("never seen", "Ada")
    book.active.row_dimensions[3].hidden = book.active.column_dimensions["B"].hidden = True
    book.active.column_dimensions.group("D", "D", hidden=True)
    filtered = book.create_sheet("Filtered")
    for row in (("Kind", "Tons"), ("Rye", 12), ("Maize", 7)):
        filtered.append(row)
    filtered.auto_filter.ref = "A1:B3"
    filtered.auto_filter.add_filter_column(0, ["Rye"])
    filtered.row_dimensions[3].hidden = True
    return saved(book)


HIDDEN_ODS = (
    '<table:table table:name="A"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
    + "".join(
        f"<table:table-row{more}>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells.split(" | "))
        + "</table:table-row>"
        for more, cells in (
            ("", "Kind | Secret | Tons"),
            ("", "Rye | alpha | 12"),
            (' table:visibility="collapse"', "Barley | beta | 7"),
            (' table:visibility="filter"', "Maize | gamma | 8"),
        )
    )
    + "</table:table>"
)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Costs"
    for row in (("Item", "Crowns"), ("Repair of the wheel", 214)):
        book.active.append(row)
    return saved(book)


def deck_with_workbook() -> bytes:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "First"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Second"
    slide.shapes.add_ole_object(io.BytesIO(workbook()), PROG_ID.XLSX, Inches(1), Inches(2))
    return saved(deck)


def letter_with(data: bytes, program: str, relation: str = "package", name: str = "book.bin") -> bytes:
    """A letter with an embedded object between two paragraphs, the second below a heading."""
    letter = docx.Document()
    letter.add_heading("Repairs", 1)
    paragraph = letter.add_paragraph("Before the table.")
    kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{relation}"
    part = Part(PackURI(f"/word/embeddings/{name}"), "application/octet-stream", data, letter.part.package)
    number = letter.part.relate_to(part, kind)
    paragraph.add_run()._r.append(
        parse_xml(
            f'<w:object {nsdecls("w", "r")} xmlns:o="urn:schemas-microsoft-com:office:office">'
            f'<o:OLEObject Type="Embed" ProgID="{program}" r:id="{number}"/></w:object>'
        )
    )
    letter.add_paragraph("After the table.")
    return saved(letter)


def packed(name: str, data: bytes) -> bytes:
    """As Windows packs a file that is put into a document."""
    names = b"\2\0" + name.encode() + b"\0C:\\" + name.encode() + b"\0\0\0\3\0"
    path = name.encode() + b"\0"
    content = names + len(path).to_bytes(4, "little") + path + len(data).to_bytes(4, "little") + data
    return ole({"\x01Ole10Native": len(content).to_bytes(4, "little") + content})


CASES = [
    Case("hidden-cells.xlsx", hidden_cells, "T Kind | Tons | Note\nT Rye | 12 | dry\nT Oats | 9 | wet\n- Secret\n- alpha\n- Barley\n- never seen\nW row 3 and column B\nT Maize | 7\n@ Sheet!A2:D4 => Rye"),
    Case("hidden-cells.ods", lambda: odf("spreadsheet", HIDDEN_ODS), "T Kind | Tons\nT Rye | 12\nT Maize | 8\n- Secret\n- Barley\nW row 3 and column B"),
    Case("object.pptx", deck_with_workbook, "T Repair of the wheel | 214\nP 2 Repair of the wheel\n@ slide 2, embedded Costs!A2:B2 => Repair of the wheel"),
    Case("object.docx", lambda: letter_with(workbook(), "Excel.Sheet.12"), "T Repair of the wheel | 214\n@ paragraph 2, embedded Costs!A2:B2 => Repair of the wheel\n- H Costs"),
    Case("object-in-ole.docx", lambda: letter_with(ole({"Package": workbook()}), "Excel.Sheet.12", "oleObject"), "T Repair of the wheel | 214"),
    Case("object-packed.docx", lambda: letter_with(packed("note.txt", b"The wheel turns again."), "Package", "oleObject"), "+ The wheel turns again."),
    Case("object-unknown.docx", lambda: letter_with(ole({"Drawing": b"abc"}), "Visio.Drawing.11", "oleObject"), "+ After the table.\nW Visio.Drawing.11"),
    Case("object-equation.docx", lambda: letter_with(ole({"Equation Native": b"abc"}), "Equation.3", "oleObject"), "+ After the table."),
    Case("dates.xlsx", formats, "\n".join(f"T {name} | {shown}" for name, _, _, shown in FORMATS)),
    Case("beside.xlsx", lambda: sheet_of(BESIDE), "T Alpha | 5\nT Bo | Opava\nC Ada => Person | Town\n+ Mills\n@ Sheet!D3:E4 => Ada"),
    Case("spaced.xlsx", lambda: sheet_of(SPACED), "T Cash | a | | 1 | 2\nT Item | Note | | 2030 | 2031"),
    Case("far.xlsx", far_column, "+ Start\nW Columns behind SF"),
    Case("thread.xlsx", stand_in, "+ Comment on A1: Is that a sack?\n- Your version"),
    Case("icons.pptx", icons, "+ sign 00 words 00 sign 01 words 01 sign 10 words 10"),
    Case("columns.pptx", columns, "+ Two columns left one left two right one right two below both"),
]  # fmt: skip
