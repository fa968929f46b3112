"""Office files, pages, books and mail."""

import datetime
import functools
import io

import openpyxl
import pptx
from openpyxl.styles import Font
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.golden import render
from tests.golden.truth import Golden, heading, items, table, text

QUARTER = [
    heading("Results of the third quarter"),
    text("Net sales rose by 4 percent to $94,930 million. Services grew faster than products, as in the year before."),
    heading("Net sales by category"),
    table(
        "Category | 2024 | 2023",
        "Phones | $46,222 | $43,805",
        "Computers | 7,744 | 7,614",
        "Services | 24,972 | 22,314",
        "Total net sales | $78,938 | $73,733",
    ),
    heading("Outlook"),
    text("The company expects the December quarter to grow at a similar rate, “subject to the usual risks”."),
    items("- Exchange rates will cost about one percent.\n- Gross margin stays between 46 and 47 percent."),
]
MINUTES = [
    heading("Minutes of the works council"),
    text("Présents: Zoë Müller, José Núñez, Łukasz Wiśniewski. Beginn: 9 Uhr, Ort: Köln."),
    heading("Decisions"),
    items("- The canteen stays open until three.\n- Überstunden are paid from March on.\n- Next meeting: 4 May."),
    heading("Budget"),
    table("Item | Amount | Approved", "Chairs | 1 200 € | yes", "Lamps | 340 € | no"),
    text("The meeting closed at noon."),
]
JAPANESE = [
    heading("業務委託契約書"),
    text("甲と乙は、以下のとおり契約を締結する。契約の期間は三年とする。"),
    heading("料金"),
    table("項目 | 金額", "基本料金 | 12,000円", "追加料金 | 3,500円"),
    text("支払いは翌月末日までに行うものとする。"),
]
ARABIC = [
    heading("اتفاقية توريد"),
    text("اتفق الطرفان على تسليم القمح في الموعد المحدد ودفع الثمن كاملا خلال ثلاثين يوما."),
    heading("الأسعار"),
    table("الصنف | السعر", "القمح | 420", "الشعير | 310"),
]
CONTRACT = [
    heading("Supply agreement"),
    heading("1. Definitions"),
    items("1.1 The goods are the grain named in the order.\n1.2 The seller is the mill."),
    heading("2. Termination"),
    items("2.1 Either party may end this agreement with notice of ninety days.\n2.2 The buyer may end it at once."),
    heading("3. Law"),
    items("3.1 The law of the seller's place applies."),
]
FORMATS = ("html", "mht", "md", "docx", "odt", "rtf", "epub", "eml", "pptx")
BUDGET = [
    heading("Budget"),
    text("Budget of the mill in thousands"),
    table(
        "Item | 2031 | Share | Since",
        "Rye | 1,234.50 | 15.3% | 2031-03-01",
        "Oats | 980.00 | 12.1% | 2030-11-15",
        "Total | 2,214.50 | 27.4% |",
    ),
    heading("Codes"),
    table("Code | Village", "00123 | Opava", "00456 | Zlin"),
]
SALES = [
    heading("Sales by land"),
    text("Sales by land"),
    table("| Rye | Oats", "Moravia | 4711 | 120", "Silesia | 990 | 85"),
]


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Budget"
    sheet["A1"] = "Budget of the mill in thousands"
    sheet["A1"].font = Font(bold=True)
    sheet.merge_cells("A1:D1")
    rows = [
        ("Item", 2031, "Share", "Since"),
        ("Rye", 1234.5, 0.153, datetime.date(2031, 3, 1)),
        ("Oats", 980, 0.1214, datetime.date(2030, 11, 15)),
        ("Total", 2214.5, 0.274, None),
    ]
    for number, row in enumerate(rows, start=3):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column, value)
            if number > 3:
                cell.number_format = ("General", "#,##0.00", "0.0%", "yyyy-mm-dd")[column - 1]
    codes = book.create_sheet("Codes")
    for row in (("Code", "Village"), (123, "Opava"), (456, "Zlin")):
        codes.append(row)
    for line in (2, 3):
        codes.cell(line, 1).number_format = "00000"
    return _bytes(book)


def _chart_deck() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Sales by land"
    data = CategoryChartData()
    data.categories = ["Moravia", "Silesia"]
    data.add_series("Rye", (4711, 990))
    data.add_series("Oats", (120, 85))
    places = Inches(1), Inches(2), Inches(6), Inches(4)
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *places, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sales by land"
    return _bytes(presentation)


def _bytes(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def _rendered(name: str, blocks: list[render.Block], kinds: tuple[str, ...]) -> list[Golden]:
    return [Golden(f"{name}.{kind}", blocks, functools.partial(render.RENDERERS[kind], blocks)) for kind in kinds]


DOCUMENTS = [
    *_rendered("quarter", QUARTER, FORMATS),
    *_rendered("minutes", MINUTES, ("html", "docx", "odt", "rtf", "eml")),
    *_rendered("itaku", JAPANESE, ("html", "docx", "odt", "pptx", "epub")),
    *_rendered("supply-ar", ARABIC, ("html", "docx", "md")),
    Golden("itaku-sjis.html", JAPANESE, lambda: render.html(JAPANESE, "shift_jis")),
    Golden("contract.docx", CONTRACT, lambda: render.numbered_word(CONTRACT)),
    Golden("budget.xlsx", BUDGET, _workbook),
    Golden("sales.pptx", SALES, _chart_deck),
]
