"""Every cell of tables as quarterly reports print them. A change of the reader that helps one layout may break another;
here it shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cases.checker import read_here, write_file
from tests.golden.sheet import Sheet
from tests.golden.statements import Head, Statement

Cells = Sequence[Sequence[str]]
_PROSE = (
    "Sales of the mills rose since two of them were bought in the spring, and since the price of rye rose at all three"
    " markets. Costs rose less, because the northern road was open through the whole winter."
)


@dataclass(frozen=True)
class Report:
    name: str
    tables: Sequence[Cells]
    make: Callable[[], bytes]


def report(name: str, *statements: Statement, size: float = 8, gap: float = 14, before: str = _PROSE) -> Report:
    """One page with the tables one above the other, between paragraphs."""

    def make() -> bytes:
        sheet = Sheet(size=size, margin=54)
        sheet.paragraph(before)
        for statement in statements:
            statement.set_on(sheet)
            sheet.y += gap
        sheet.y += sheet.size
        sheet.paragraph(_PROSE)
        return sheet.bytes()

    return Report(name, [statement.cells for statement in statements], make)


def _quarters(*dates: str) -> list[list[Head]]:
    """Two periods over two dates each."""
    return [
        [Head("Three Months Ended", 1, 2), Head("Nine Months Ended", 3, 4)],
        [Head(date, at, at) for at, date in enumerate(dates * 2, start=1)],
    ]


def over_pages(name: str, statement: Statement, first: int) -> Report:
    """A table of which the first rows are on one page, and the others without a header on the next."""

    def make() -> bytes:
        sheet = Sheet(size=8, margin=54)
        sheet.paragraph(_PROSE)
        statement.set_on(sheet, rows=slice(first))
        sheet.new_page()
        statement.set_on(sheet, rows=slice(first, None), headed=False)
        sheet.y += sheet.size
        sheet.paragraph(_PROSE)
        return sheet.bytes()

    head, *rows = statement.cells
    return Report(name, [[head, *rows[:first]], [head, *rows[first:]]], make)


FOUR = (300, 376, 452, 528)
OPERATIONS = (
    "Net sales:",
    "  Flour | $ 60,584 | $ 63,355 | $ 230,901 | $ 245,241",
    "  Carriage | 21,213 | 19,604 | 62,886 | 58,941",
    "    Total net sales | 81,797 | 82,959 | 293,787 | 304,182",
    "Cost of sales:",
    "  Flour | 39,136 | 41,485 | 146,696 | 155,084",
    "  Carriage | 6,248 | 5,589 | 18,370 | 16,411",
    "    Total cost of sales | 45,384 | 47,074 | 165,066 | 171,495",
    "Gross margin | 36,413 | 35,885 | 128,721 | 132,687",
    "Other income/(expense), net | (265) | (10) | (594) | (97)",
    "Net income | $ 36,148 | $ 35,875 | $ 128,127 | $ 132,590",
    "Earnings per share:",
    "  Basic | $ 1.27 | $ 1.20 | $ 4.69 | $ 4.86",
    "  Diluted | $ 1.26 | $ 1.20 | $ 4.67 | $ 4.82",
    "Shares used in computing earnings per share:",
    "  Basic | 15,697,614 | 16,162,945 | 15,792,497 | 16,277,824",
)
COMPREHENSIVE = (
    "Net income (loss) | $ 3,156 | $ 2,872 | $ 19,041 | $ (3,000)",
    "Other comprehensive income (loss):",
    "  Foreign currency adjustments, net of tax//of $39, $76, $35, and $136 | (537) | (2,142) | (752) | (4,661)",
    "  Change in unrealized gains (losses)/on securities:",
    "    Unrealized losses, net of tax | (5) | (195) | (109) | (1,095)",
    "    Less: losses that are included in//income, net of tax of $5, $0, and $13 | (8) | 4 | (34) | 17",
    "      Net unrealized losses | (13) | (191) | (143) | (1,078)",
    "        Total other comprehensive loss | (550) | (2,333) | (895) | (5,739)",
    "Comprehensive income (loss) | $ 2,606 | $ 539 | $ 18,146 | $ (8,739)",
)
INCOME = (
    "Revenue:",
    "  Product | $ 16,517 | $ 20,779 | $ 32,258 | $ 37,410",
    "  Service and other | 36,230 | 30,949 | 70,611 | 59,635",
    "    Total revenue | 52,747 | 51,728 | 102,869 | 97,045",
    "Other income (expense), net | (60) | 268 | (6) | 554",
    "Net income | $ 16,425 | $ 18,765 | $ 33,981 | $ 39,270",
    "  Basic | 7,451 | 7,505 | 7,454 | 7,509",
)
_AT_RIGHT = [
    [Head("Three Months Ended//December 31,", 1, 2, "r"), Head("Six Months Ended//December 31,", 3, 4, "r")],
    [Head(year, at, at, "r") for at, year in enumerate(("2022", "2021") * 2, start=1)],
]
_YEARS = [
    [Head("Three Months Ended//September 30,", 1, 2), Head("Nine Months Ended//September 30,", 3, 4)],
    [Head(year, at, at) for at, year in enumerate(("2021", "2022") * 2, start=1)],
]
_SIX = (240, 300, 352, 424, 484, 536)
CHANGES = (
    "Revenue | $ 52,747 | $ 51,728 | 2% | $ 102,869 | $ 97,045 | 6%",
    "Gross margin | 35,259 | 34,768 | 1% | 69,929 | 66,439 | 5%",
    "Operating income | 20,399 | 22,247 | (8)% | 41,917 | 42,485 | (1)%",
    "Diluted earnings per share | 2.20 | 2.48 | (11)% | 4.54 | 5.19 | (13)%",
)
BALANCE = (
    "ASSETS:",
    "Current assets:",
    "  Cash and cash equivalents | $ 28,408 | $ 23,646",
    "  Marketable securities | 34,074 | 24,658",
    "  Vendor receivables | 19,637 | 32,748",
    "    Total current assets | 82,119 | 81,052",
    "Other assets | - | 54",
    "    Total assets | $ 82,119 | $ 81,106",
)
SUMMARY = (
    "Revenue | $ 18,120 | $ 13,507 | $ 5,931 | 34 % | 206 %",
    "Gross margin | 74.0 % | 70.1 % | 53.6 % | 3.9 pts | 20.4 pts",
    "Operating expenses | $ 2,983 | $ 2,662 | $ 2,576 | 12 % | 16 %",
    "Net income per diluted share | $ 3.71 | $ 2.48 | $ 0.27 | 50 % | 1,274 %",
)
NOTED = (
    "Sales of seed (1) | $ 1,204 | $ 1,118",
    "Carriage (2) | 842 | 901",
    "Leases of barns (1)(3) | 77 | (81)",
    "  Total net sales | $ 2,123 | $ 1,938",
)
SEGMENTS = (
    "Mills:",
    "  Net sales | $ 42,358 | $ 37,472 | 13 %",
    "  Operating income | 12,860 | 11,369 | 13 %",
    "Stores:",
    "  Net sales | 22,210 | 20,881 | 6 %",
    "  Operating loss | (1,071) | (942) | 14 %",
)
PLACES = (
    "North | $ 16,517 | 31 % | $ 20,779 | 34 % | $ 37,410",
    "South and islands | 36,230 | 69 % | 30,949 | 66 % | 59,635",
    "  Total | $ 52,747 | 100 % | $ 51,728 | 100 % | $ 97,045",
)

REPORTS = [
    report("full-dates", Statement(_quarters("June 25,//2022", "June 26,//2021"), OPERATIONS, FOUR)),
    report("full-dates-unruled", Statement(_quarters("June 25, 2022", "June 26, 2021"), OPERATIONS, FOUR, ruled=False)),
    report("years-below-dates", Statement(_YEARS, COMPREHENSIVE, FOUR, shaded=True)),
    report(
        "heads-at-the-right",
        Statement(_AT_RIGHT, INCOME, FOUR, unit="(In millions, except per share amounts)", ruled=False),
    ),
    report(
        "change-beside-periods",
        Statement(
            [
                [Head("Three Months Ended//December 31,", 1, 2, "r"), Head("Percentage//Change", 3, 3, "r"),
                 Head("Six Months Ended//December 31,", 4, 5, "r"), Head("Percentage//Change", 6, 6, "r")],
                [Head(year, at, at, "r") for at, year in ((1, "2022"), (2, "2021"), (4, "2022"), (5, "2021"))],
            ],
            CHANGES, _SIX, width=44, unit="(In millions)", ruled=False,
        ),
    ),
    report(
        "balance",
        Statement(
            [[Head("June 25,//2022", 1, 1), Head("September 25,//2021", 2, 2)]], BALANCE, (440, 530), shaded=True
        ),
    ),
    report(
        "uneven-heads",
        Statement(
            [
                [Head("Three Months Ended", 1, 3)],
                [Head("October 29,//2023", 1, 1), Head("July 30, 2023", 2, 2), Head("October 30,//2022", 3, 3),
                 Head("Quarter-over-//Quarter Change", 4, 4), Head("Year-over-Year//Change", 5, 5)],
            ],
            SUMMARY, (250, 315, 380, 450, 530), width=58, shaded=True,
        ),
    ),
    report(
        "dates-in-three-lines",
        Statement(
            [
                [Head("Three Months Ended", 1, 4)],
                [Head("October//29,//2023", 1, 1), Head("October//30,//2022", 2, 2), Head("$//Change//", 3, 3),
                 Head("%//Change//", 4, 4)],
            ],
            ("Computing | $ 14,645 | $ 3,816 | $ 10,829 | 284 %", "Graphics | 3,475 | 2,115 | (216) | (2)%",
             "  Total | $ 18,120 | $ 5,931 | $ 12,189 | 206 %"),
            FOUR,
        ),
    ),
    report("noted", Statement([[Head("2028", 1, 1), Head("2027", 2, 2)]], NOTED, (440, 530))),
    report(
        "two-of-different-columns",
        Statement([[Head("2028", 1, 1), Head("2027", 2, 2), Head("Change", 3, 3)]], SEGMENTS, (380, 450, 520)),
        Statement(
            [[Head("2028", 1, 1), Head("Share", 2, 2), Head("2027", 3, 3), Head("Share", 4, 4), Head("2026", 5, 5)]],
            PLACES, (250, 310, 390, 450, 530), width=50,
        ),
    ),
    report(
        "two-of-different-columns-near",
        Statement([[Head("2028", 1, 1), Head("2027", 2, 2), Head("Change", 3, 3)]], SEGMENTS, (380, 450, 520)),
        Statement(_quarters("July 1, 2028", "June 26, 2027"), OPERATIONS[1:8], FOUR),
        gap=4,
    ),
    over_pages("over-pages", Statement(_quarters("June 25,//2022", "June 26,//2021"), OPERATIONS, FOUR), 8),
]  # fmt: skip


def bare(rows: Cells | None) -> list[list[str]]:
    """The cells without spaces at signs, and without empty cells at the end of a row."""
    folded = [[cell.replace("$ ", "$").replace(" %", "%") for cell in row] for row in rows or ()]
    return [row[: max((at for at, cell in enumerate(row, start=1) if cell), default=0)] for row in folded]


def read_cells(content: bytes, name: str) -> list[list[list[str]]]:
    return [bare(block.rows) for block in read_here(write_file(content), f"{name}.pdf").blocks if block.rows]


@pytest.mark.parametrize("one", REPORTS, ids=lambda one: one.name)
def test_every_cell_of_a_report_is_read(one: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_cells(one.make(), one.name) == [bare(rows) for rows in one.tables]
