"""Ruled tables whose heads span columns or rows, and words that are set without spaces."""

from collections.abc import Sequence

from fpdf import FPDF

from tests.cases.case import Case
from tests.cases.raw_pdf import fonts, line, raw_pdf, type1
from tests.ingestion.files import pdf_bytes

Span = tuple[int, int, int, int, str]  # row, column, rows, columns, text
_LEFT, _TOP, _WIDE, _HIGH = 60, 760, 95, 20


def spanned(cells: Sequence[Span], middle: bool = True) -> bytes:
    """A page with these cells, each with a frame; their text is in the middle of their height."""
    content = ""
    for row, column, rows, columns, text in cells:
        left, bottom = _LEFT + _WIDE * column, _TOP - _HIGH * (row + rows)
        content += f"{left} {bottom} {_WIDE * columns} {_HIGH * rows} re S\n"
        y = bottom + _HIGH * rows / 2 - 3 if middle else bottom + _HIGH * rows - 13
        content += line("F", 9, left + 4, y, text)
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def rows(first: int, *texts: str) -> list[Span]:
    return [
        (first + row, column, 1, 1, text)
        for row, line_ in enumerate(texts)
        for column, text in enumerate(line_.split(" | "))
        if text != "^"
    ]


TWO_ROWS = [(0, 0, 2, 1, "Region"), (0, 1, 1, 2, "Net sales"), (0, 3, 2, 1, "Remarks"), (1, 1, 1, 1, "Plan"), (1, 2, 1, 1, "Actual")]  # fmt: skip
DEEP = [
    (0, 0, 3, 1, "Mill"), (0, 1, 1, 4, "Output in tons"), (1, 1, 1, 2, "Rye"), (1, 3, 1, 2, "Oats"),
    *rows(2, "^ | 2030 | 2031 | 2030 | 2031"),
]  # fmt: skip
TITLED = [(0, 0, 1, 3, "Prices of the season"), *rows(1, "Kind | Spring | Autumn", "Rye | 12 | 14", "Oats | 8 | 9")]
GROUPED = [
    *rows(0, "Land | Mill | Tons"),
    (1, 0, 2, 1, "North"), *rows(1, "^ | Alpha | 5", "^ | Beta | 6"),
    (3, 0, 3, 1, "South"), *rows(3, "^ | Gamma | 7", "^ | Delta | 8", "^ | Eta | 9"),
]  # fmt: skip


def wrapped_in_grid() -> bytes:
    """A grid of which two cells in one row wrap, and a word that is divided at the end of a line."""
    rows_ = (
        "Part | Material | Unit | Price",
        "A-1 | Brass | piece | 4.10",
        "A-2 | | | 86.50",
        "A-3 | Steel | piece | 7.25",
    )
    content = "".join(
        line("F", 9, 64 + 95 * column, 748 - 30 * row, cell.strip())
        for row, cells in enumerate(rows_)
        for column, cell in enumerate(cells.split("|"))
    )
    for x, texts in ((159, ("stainless", "1.4401")), (254, ("pack of", "10"))):
        content += line("F", 9, x, 693, texts[0]) + line("F", 9, x, 683, texts[1])
    content += (
        line("F", 9, 159, 633, "pipe fit-") + line("F", 9, 159, 623, "tings of brass") + line("F", 9, 64, 628, "A-4")
    )
    content += "".join(f"{x} 610 m {x} 770 l S\n" for x in (60, 155, 250, 345, 440))
    content += "".join(f"60 {y} m 440 {y} l S\n" for y in (770, 740, 710, 675, 650, 610))
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def cut_row(repeated: bool) -> bytes:
    """A grid over two pages; the page break cuts its third row."""
    head = ("No", "Duty", "Frequency")
    above = [head, ("A-1", "Check the gate.", "daily"), ("A-2", "Clean the floor of the hall,", "weekly, before")]
    below = [("", "and carry the dust out before noon.", "each visit"), ("A-3", "Oil the shaft.", "monthly")]
    pdf = FPDF(unit="pt", format="a4")
    pdf.set_font("Helvetica", size=10)
    for rows_, top in ((above, 700), ([head, *below] if repeated else below, 60)):
        pdf.add_page()
        for row, cells in enumerate(rows_):
            for x, text in zip((60, 120, 340), cells, strict=True):
                pdf.rect(x, top + 20 * row, {60: 60, 120: 220, 340: 140}[x], 20)
                pdf.text(x + 4, top + 14 + 20 * row, text)
    return pdf_bytes(pdf)


def tight(gap: int, font: str = "Times-Roman") -> bytes:
    """Lines whose words are set apart by moves of `gap` thousandths of the size, with kerned pairs among them."""
    words = ("The mill at the river grinds rye and oats for", "the bakers of three towns before the first snow", "Total cost of sales")  # fmt: skip
    content = ""
    for number, text in enumerate(words):
        pieces = f" {-gap} ".join(f"({word[:1]}) 15 ({word[1:]})" for word in text.split())
        content += f"BT /F 11 Tf 72 {700 - 16 * number} Td [{pieces}] TJ ET\n"
    return raw_pdf(content, [type1(font)], fonts(F=10))


def labelled(places: dict[str, float], *, numbered: bool = False) -> bytes:
    """A table without lines; the names of lands stand once beside several rows, `places` rows below the first."""
    content = "".join(
        line("F", 10, 60 + 110 * at, 720, text) for at, text in enumerate(("Land", "Mill", "Rye", "Oats"))
    )
    content += "".join(line("F", 10, 60, 700 - 20 * row, land) for land, row in places.items())
    mills = ("Alpha 12 14", "Beta 9 8", "Kappa 4 4", "Gamma 5 6", "Delta 7 7", "Eta 3 2")
    for row, texts in enumerate(mills):
        name, *values = texts.split()
        cells = [f"{name} {row + 1}" if numbered else name, *values]
        content += "".join(line("F", 10, 170 + 110 * at, 700 - 20 * row, cell) for at, cell in enumerate(cells))
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def tall_rows() -> bytes:
    """Cells of several lines, each in the middle of its row."""
    row = (
        (("Alpha at the", "old bridge"), ("repaired in spring",), ("5",)),
        (("Beta",), ("closed for the winter", "because of the ice"), ("6",)),
    )
    content = "".join(line("B", 10, x, 740, text) for x, text in ((60, "Mill"), (170, "Remark"), (330, "Tons")))
    for number, cells in enumerate(((row[0]), (row[1]), (row[0]))):
        middle = 710 - 34 * number
        for x, lines_ in zip((60, 170, 330), cells, strict=True):
            for at, text in enumerate(lines_):
                content += line("F", 10, x, middle + 6 * (len(lines_) - 1) - 12 * at, text)
    return raw_pdf(content, [type1("Helvetica"), type1("Helvetica-Bold")], fonts(F=10, B=11))


def sideways_heads(turn: str, ruled: bool) -> bytes:
    """Heads that stand sideways over narrow columns; `turn` is the matrix of their text."""
    heads = ("Rye in tons", "Oats in tons", "Peas")
    rows_ = (("Alpha", "5", "6", "7"), ("Beta", "8", "9", "10"), ("Gamma", "1", "2", "3"))
    content = line("F", 10, 60, 700, "Mill")
    for at, head in enumerate(heads):
        y = 700 if turn.startswith("0 1") else 760
        content += f"BT /F 10 Tf {turn} {196 + 60 * at} {y} Tm ({head}) Tj ET\n"
    for row, cells in enumerate(rows_):
        content += "".join(
            line("F", 10, (60, 190, 250, 310)[at], 680 - 18 * row, cell) for at, cell in enumerate(cells)
        )
    if ruled:
        content += "".join(f"{x} 640 m {x} 780 l S\n" for x in (55, 170, 230, 290, 350))
        content += "".join(f"55 {y} m 350 {y} l S\n" for y in (780, 695, 677, 659, 640))
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


_SIDEWAYS = "T Mill | Rye in tons | Oats in tons | Peas\nT Beta | 8 | 9 | 10\nN 1"
_BY_LAND = "T Land | Mill | Rye | Oats\nT North | Beta | 9 | 8\nT North | Kappa | 4 | 4\nT South | Gamma | 5 | 6\nT South | Delta | 7 | 7\nT West | Eta | 3 | 2"

_CUT = (
    "T A-2 | Clean the floor of the hall, and carry the dust out before noon. | weekly, before each visit\n"
    "T A-3 | Oil the shaft. | monthly\nP 1 carry the dust out\nP 2 Oil the shaft.\nN 2"
)

CASES = [
    Case("sideways-heads.pdf", lambda: sideways_heads("0 1 -1 0", ruled=False), _SIDEWAYS),
    Case("sideways-heads-ruled.pdf", lambda: sideways_heads("0 1 -1 0", ruled=True), _SIDEWAYS),
    Case("sideways-heads-down.pdf", lambda: sideways_heads("0 -1 1 0", ruled=True), _SIDEWAYS),
    Case("labels-top.pdf", lambda: labelled({"North": 0, "South": 3, "West": 5}), _BY_LAND),
    Case("labels-middle.pdf", lambda: labelled({"North": 1, "South": 3.5, "West": 5}), _BY_LAND),
    Case("labels-of-numbered.pdf", lambda: labelled({"North": 1, "South": 3.5, "West": 5}, numbered=True), "T North | Alpha 1 | 12 | 14\nT South | Delta 5 | 7 | 7"),
    Case("labels-foot.pdf", lambda: labelled({"North": 2, "South": 4, "West": 5}), _BY_LAND),
    Case("labels-between.pdf", lambda: labelled({"North": 0.5, "South": 2.5, "West": 4.5}), "T Land | Mill | Rye | Oats\nT North | Alpha | 12 | 14\nT South | Gamma | 5 | 6\nT West | Delta | 7 | 7"),
    Case("tall-rows.pdf", tall_rows, "T Mill | Remark | Tons\nT Alpha at the old bridge | repaired in spring | 5\nT Beta | closed for the winter because of the ice | 6"),
    Case("label-alone.pdf", lambda: labelled({"North": 2.5}), "T North | Alpha | 12 | 14\nT North | Eta | 3 | 2"),
    Case("positions.pdf", lambda: labelled({"1": 0, "2": 3, "3": 5}), "T 1 | Alpha | 12 | 14\nT | Beta | 9 | 8"),
    Case("two-rows.pdf", lambda: spanned([*TWO_ROWS, *rows(2, "North | 10 | 12 | good", "South | 20 | 18 | wet")]), "T Region | Net sales Plan | Net sales Actual | Remarks\nT North | 10 | 12 | good"),
    Case("two-rows-top.pdf", lambda: spanned([*TWO_ROWS, *rows(2, "North | 10 | 12 | good", "South | 20 | 18 | wet")], middle=False), "T Region | Net sales Plan | Net sales Actual | Remarks\nT South | 20 | 18 | wet"),
    Case("words-only.pdf", lambda: spanned([*TWO_ROWS, *rows(2, "North | low | high | good", "South | high | low | wet")]), "T Region | Net sales Plan | Net sales Actual | Remarks\nT North | low | high | good"),
    Case("three-rows.pdf", lambda: spanned([*DEEP, *rows(3, "Alpha | 1 | 2 | 3 | 4")]), "T Mill | Output in tons Rye 2030 | Output in tons Rye 2031 | Output in tons Oats 2030 | Output in tons Oats 2031\nT Alpha | 1 | 2 | 3 | 4"),
    Case("titled.pdf", lambda: spanned(TITLED), "T Kind | Spring | Autumn\nT Rye | 12 | 14\n+ Prices of the season"),
    Case("grouped.pdf", lambda: spanned(GROUPED), "T Land | Mill | Tons\nT North | Alpha | 5\nT North | Beta | 6\nT South | Delta | 8\nT South | Eta | 9"),
    Case("wrapped-in-grid.pdf", wrapped_in_grid, "T A-2 | stainless 1.4401 | pack of 10 | 86.50\nT A-4 | pipe fittings of brass | |\nT A-1 | Brass | piece | 4.10"),
    Case("cut-row.pdf", lambda: cut_row(repeated=False), _CUT),
    Case("cut-row-below-head.pdf", lambda: cut_row(repeated=True), _CUT),
    Case("tight-times.pdf", lambda: tight(120), "+ The mill at the river grinds rye and oats for the bakers of three towns before the first snow\n+ Total cost of sales"),
    Case("tight-helvetica.pdf", lambda: tight(130, "Helvetica"), "+ The mill at the river grinds rye and oats for the bakers of three towns before the first snow"),
    Case("tight-courier.pdf", lambda: tight(200, "Courier"), "+ The mill at the river grinds rye and oats for the bakers of three towns before the first snow"),
]  # fmt: skip
