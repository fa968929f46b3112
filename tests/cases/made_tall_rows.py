"""Tables without ruling lines, as browsers and word processors print them: cells wrap, and heads span columns."""

from collections.abc import Sequence

from tests.cases.case import Case
from tests.cases.raw_pdf import fonts, line, raw_pdf, type1

_LEADING = 11.0  # points between the lines of a cell


def laid(rows: Sequence[str], xs: Sequence[float], padding: float, *, centred: bool) -> bytes:
    """Rows as "cell | cell", the lines of a cell divided by "/"; numbers end 40 points behind the x of their column."""
    content, top = "", 760.0
    for number, row in enumerate(rows):
        cells = [[text.strip() for text in cell.split("/")] for cell in row.split("|")]
        high = max(map(len, cells))
        for x, texts in zip(xs, cells, strict=True):
            offset = (high - len(texts)) / 2 if centred else 0
            for at, text in enumerate(texts):
                if text:
                    end = x + 40 - 5.0 * len(text) if text[0].isdigit() and number else x
                    content += line("F", 10, end, top - _LEADING * (at + offset), text)
        top -= _LEADING * high + padding
    prose = (
        "The mills at the river grind rye and oats for the bakers",
        "of three towns before the first snow of the year.",
    )
    for at, text in enumerate(prose):
        content += line("F", 10, 60, top - 20 - 12 * at, text)
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


PARTS = (
    "Part | Description | Unit | Price/EUR",
    "A-1 | Pipe clamp, galvanised, for/outdoor use in salty air | pack of/10 | 86.50",
    "A-2 | Gate | piece | 4.10",
    "A-3 | Hose coupling | pack of/10 | 12.00",
    "A-4 | Cable tie in black,/of the usual length | bag | 7.25",
)
_PARTS = (
    "T Part | Description | Unit | Price EUR\nT A-2 | Gate | piece | 4.10\nT A-3 | Hose coupling | pack of 10 | 12.00\n"
    "T A-1 | Pipe clamp, galvanised, for outdoor use in salty air | pack of 10 | 86.50\nN 2\n"
    "T A-4 | Cable tie in black, of the usual length | bag | 7.25"
)
EVEN = (
    "Part | Description | Unit | Price",
    "A-1 | Anchor plate with two/holes for bolts of steel | bag | 86.50",
    "A-2 | Gate | piece | 4.10",
    "A-3 | Threaded rod, length/1.20 | piece | 12.00",
    "A-4 | Cable tie | bag | 7.25",
    " | Sum of them all | | 109.85",
)
_EVEN = (
    "T A-1 | Anchor plate with two holes for bolts of steel | bag | 86.50\nT A-2 | Gate | piece | 4.10\n"
    "T A-3 | Threaded rod, length 1.20 | piece | 12.00\nT A-4 | Cable tie | bag | 7.25\n"
    "T | Sum of them all | | 109.85"
)
LABELS = (
    "Segment | Sales | Costs",
    "Industrial/services | 124 | 118",
    "Rail | 39 | 41",
    "Marine and/offshore | 81 | 70",
    "Parts and spare/tools for/machines | 17 | 9",
)
_LABELS = (
    "T Industrial services | 124 | 118\nT Rail | 39 | 41\nT Marine and offshore | 81 | 70\n"
    "T Parts and spare tools for machines | 17 | 9\nN 2"
)
PLANS = (
    "Feature | Basic | Team",
    "Users | five | fifty",
    "Support | by mail, within/two working days | by mail and/telephone, within/four hours on/working days",
    "Price per/user and/month | low | on request",
)
_PLANS = (
    "T Support | by mail, within two working days | by mail and telephone, within four hours on working days\n"
    "T Price per user and month | low | on request\nN 2"
)
_QUARTER_ROWS = (
    ("", "Q1 Q2 Q3 Q4 Q1 Q2"),
    ("North", "12.1 11.8 12.4 12.0 11.5 11.1"),
    ("South", "18.4 18.9 19.0 18.7 18.2 18.1"),
    ("East", "15.0 14.2 14.8 15.1 14.0 13.9"),
)


def quarters(centred: bool) -> bytes:
    """Two years as heads over four and two columns."""
    xs = [140 + 50 * at for at in range(6)]
    heads = ((214, "2023"), (364, "2024")) if centred else ((140, "2023"), (340, "2024"))
    content = "".join(line("F", 10, x, 700, text) for x, text in heads)
    for row, (name, cells) in enumerate(_QUARTER_ROWS):
        content += line("F", 10, 60, 680 - 18 * row, name) if name else ""
        content += "".join(line("F", 10, x, 680 - 18 * row, cell) for x, cell in zip(xs, cells.split(), strict=True))
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def label_between_heads() -> bytes:
    """A head of two lines with a label at half their height; years and quarters begin left of their numbers."""
    content = line("F", 10, 140, 711, "2023") + line("F", 10, 340, 711, "2024") + line("F", 10, 60, 700, "Stack")
    for row, (name, cells) in enumerate(_QUARTER_ROWS):
        y = 689 - 18 * row
        content += line("F", 10, 60, y, name) if name else ""
        content += "".join(
            line("F", 10, 140 + 50 * at + (12 if row else 0), y, cell) for at, cell in enumerate(cells.split())
        )
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def near_heads() -> bytes:
    """Heads that are wider than the numbers below them, and nearly touch."""
    content = line("F", 10, 60, 700, "Segment")
    content += "".join(
        line("F", 10, x, 700, text) for x, text in ((150, "Revenue (EUR)"), (226, "Change in %"), (289, "Employees"))
    )
    for row, cells in enumerate(("Rail 12,400 4.2 310", "Road 8,120 1.3 204", "Sea 3,977 2.0 88")):
        content += "".join(
            line("F", 10, (60, 150, 236, 310)[at], 684 - 14 * row, cell) for at, cell in enumerate(cells.split())
        )
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def signs_behind() -> bytes:
    """Amounts with the sign behind them, in columns that nearly touch."""
    content = ""
    rows = (("Rye", "150.00 £", "1800.00 £"), ("Oats", "238.40 £", "2384.00 £"), ("Peas", "199.00 £", "1970.00 £"))
    for row, (name, price, amount) in enumerate(rows):
        y = 700 - 16 * row
        content += line("F", 10, 60, y, name) + line("F", 10, 150, y, price)
        content += line("F", 10, 203, y, amount)
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


_QUARTERS = (
    "T | 2023 Q1 | 2023 Q2 | 2023 Q3 | 2023 Q4 | 2024 Q1 | 2024 Q2\nT North | 12.1 | 11.8 | 12.4 | 12.0 | 11.5 | 11.1"
)
_FOUR, _THREE = (60, 120, 280, 340), (60, 170, 290)

CASES = [
    Case("wrapped-top.pdf", lambda: laid(PARTS, _FOUR, 6, centred=False), _PARTS),
    Case("wrapped-evenly-spaced.pdf", lambda: laid(EVEN, (60, 120, 240, 340), 0, centred=False), _EVEN),
    Case("wrapped-middle.pdf", lambda: laid(PARTS, _FOUR, 6, centred=True), _PARTS),
    Case("wrapped-labels-top.pdf", lambda: laid(LABELS, _THREE, 6, centred=False), _LABELS),
    Case("wrapped-labels-middle.pdf", lambda: laid(LABELS, _THREE, 6, centred=True), _LABELS),
    Case("wrapped-words-top.pdf", lambda: laid(PLANS, _THREE, 6, centred=False), _PLANS),
    Case("wrapped-words-middle.pdf", lambda: laid(PLANS, _THREE, 6, centred=True), _PLANS),
    Case("heads-over-four-and-two.pdf", lambda: quarters(centred=True), _QUARTERS),
    Case("heads-at-the-left.pdf", lambda: quarters(centred=False), _QUARTERS),
    Case("label-between-heads.pdf", label_between_heads, _QUARTERS.replace("T |", "T Stack |")),
    Case("near-heads.pdf", near_heads, "T Segment | Revenue (EUR) | Change in % | Employees\nT Road | 8,120 | 1.3 | 204"),
    Case("signs-behind.pdf", signs_behind, "T Rye | 150.00 £ | 1800.00 £\nT Peas | 199.00 £ | 1970.00 £"),
]  # fmt: skip
