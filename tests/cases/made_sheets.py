"""Workbooks and decks that were once read wrongly."""

import datetime
from collections.abc import Sequence

import openpyxl
import pptx
from openpyxl.comments import Comment
from pptx.util import Inches

from tests.cases.case import Case
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


CASES = [
    Case("dates.xlsx", formats, "\n".join(f"T {name} | {shown}" for name, _, _, shown in FORMATS)),
    Case("beside.xlsx", lambda: sheet_of(BESIDE), "T Alpha | 5\nT Bo | Opava\nC Ada => Person | Town\n+ Mills\n@ Sheet!D3:E4 => Ada"),
    Case("spaced.xlsx", lambda: sheet_of(SPACED), "T Cash | a | | 1 | 2\nT Item | Note | | 2030 | 2031"),
    Case("far.xlsx", far_column, "+ Start\nW Columns behind SF"),
    Case("thread.xlsx", stand_in, "+ Comment on A1: Is that a sack?\n- Your version"),
    Case("icons.pptx", icons, "+ sign 00 words 00 sign 01 words 01 sign 10 words 10"),
    Case("columns.pptx", columns, "+ Two columns left one left two right one right two below both"),
]  # fmt: skip
