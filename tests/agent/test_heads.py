"""Heads of columns that are stacked unevenly: which period each column has, and of which nothing is said."""

from datetime import date

import pytest

from citewell.agent.reading.tables import Table, blocks, tables
from tests.agent.library import chunk, document
from tests.agent.test_reading import COVER, ask

NAME = "2023 Q3 ELM.pdf"
COVER_ELM = COVER.format(end="July 1, 2023", company="Elm Inc.")
THREE_23, THREE_22 = "2023-07-01 3", "2022-06-25 3"
NINE_23, NINE_22 = "2023-07-01 9", "2022-06-25 9"


def read(content: str) -> list[Table]:
    chunks = [chunk(content, NAME)]
    return tables(chunks, blocks(chunks))


def periods_of(table: Table) -> list[str]:
    """The day and the months of each column, or its year; "?" for one that is in doubt."""
    found = []
    for column in table.columns:
        day = str(column.period.end or column.period.year or "")
        found.append("?" if column.is_doubtful else f"{day} {column.period.months or ''}".strip())
    return found


HEADS = {
    "a length over years, with a column of changes": (
        "| | Three Months Ended | Percentage | | Nine Months Ended | Percentage\n"
        "(In millions) | | June 30, | Change | | June 30, | Change\n"
        "| 2023 | 2022 | | 2023 | 2022\n"
        "Lamps | $ 52 | $ 51 | 2% | $ 102 | $ 97 | 6%",
        ["2023-06-30 3", "2022-06-30 3", "", "2023-06-30 9", "2022-06-30 9", ""],
    ),
    "days over years, and changes in dollars and percent": (
        "| | Three Months Ended | | | | Nine Months Ended\n"
        "| July 1, | June 25, | $ % | | July 1, | June 25, | $ %\n"
        "| 2023 | 2022 | Change | Change | 2023 | 2022 | Change | Change\n"
        "Lamps | $ 14 | $ 3 | $ 11 | 284 % | $ 29 | $ 11 | $ 18 | 159 %",
        [THREE_23, THREE_22, "", "", NINE_23, NINE_22, "", ""],
    ),
    "a date in three lines": (
        "| | Three Months Ended | | Nine Months Ended\n"
        "| July | June | July | June\n"
        "| 1, | 25, | 1, | 25,\n"
        "| 2023 | 2022 | 2023 | 2022\n"
        "Lamps | 14 | 3 | 29 | 11",
        [THREE_23, THREE_22, NINE_23, NINE_22],
    ),
    "a day once for two years": (
        "| | Three Months Ended | | Nine Months Ended\n"
        "(In millions) | | June 30, | | June 30,\n"
        "| 2023 | 2022 | 2023 | 2022\n"
        "Lamps | 14 | 3 | 29 | 11",
        ["2023-06-30 3", "2022-06-30 3", "2023-06-30 9", "2022-06-30 9"],
    ),
    "the years of one row in two lines": (
        "| | Three Months Ended | | Nine Months Ended\n"
        "| | June 30, | | June 30,\n"
        "| | | 2023 | 2022\n"
        "| 2023 | 2022\n"
        "Lamps | 14 | 3 | 29 | 11",
        ["2023-06-30 3", "2022-06-30 3", "2023-06-30 9", "2022-06-30 9"],
    ),
    "a full date, and a year behind it": (
        "| Three Months Ended June 30, 2023 | 2022\nLamps | 14 | 3",
        ["2023-06-30 3", "2022-06-30 3"],
    ),
    "the year of one column below its day, that of another beside it": (
        "| July 1, | | June 25, | Change\n2023 | April 1, 2023 | 2022 | in %\nLamps | 14 | 12 | 3 | 7 %",
        ["2023-07-01", "2023-04-01", "2022-06-25", ""],
    ),
    "days over columns of measures": (
        "| | July 1, 2023 | | | June 25, 2022\n"
        "| Gross | | | Gross\n"
        "| Amount | Written Off | Net | Amount | Written Off | Net\n"
        "Patents | 450 | (257) | 193 | 446 | (249) | 197",
        ["2023-07-01"] * 3 + ["2022-06-25"] * 3,
    ),
    "years below the measures": (
        "(In millions) | Shares | Amount | Shares | Amount\n"
        "Fiscal Year | | 2023 | | 2022\n"
        "First Quarter | 17 | $ 460 | 21 | $ 620",
        ["2023", "2023", "2022", "2022"],
    ),
    "a length over three columns each": (
        "| | Three Months Ended June 30, 2022 | | | 2023\n"
        "| As | Rate | Prior | As | Rate | Prior\n"
        "| Reported | Effect | Rates | Reported | Effect | Rates\n"
        "Net sales | 116 | 2 | 118 | 127 | 3 | 130",
        ["2022-06-30 3"] * 3 + ["2023-06-30 3"] * 3,
    ),
    "one column below the first day, four below the second": (
        "| June 30, 2022 | | June 30, 2023\n"
        "| Fair | | Gross | Gross | Fair\n"
        "| Value | Cost | Gains | Losses | Value\n"
        "Cash | 10,666 | 10,968 | 1 | 2 | 10,967",
        ["2022-06-30", "?", "2023-06-30", "?", "?"],
    ),
    "words beside days": (
        "Expected\n"
        "| Remaining Term | Effective | July 1, | October 1,\n"
        "| (years) | Interest Rate | 2023 | 2022\n"
        "(In millions)\n"
        "Notes Due 2026 | 2.9 | 3.31% | 1,000 | 1,000",
        ["", "", "2023-07-01", "2022-10-01"],
    ),
    "heads without a label over sections with periods": (
        "Lamps &\n"
        "Shades | Masts | Other | All\n"
        "Three Months Ended July 1, 2023\n"
        "Revenue | $ 14 | $ 3 | $ 1 | $ 18\n"
        "Three Months Ended June 25, 2022\n"
        "Revenue | $ 3 | $ 2 | $ 1 | $ 6",
        ["", "", "", ""],
    ),
    "payments of later years": (
        "December 31, | Year Ended December 31,\n"
        "2023 | 2024 | 2025 | Thereafter | Total\n"
        "Leases | $ 12 | $ 13 | $ 6 | $ 40 | $ 71",
        ["2023", "2024", "2025", "", ""],
    ),
    "a section where labels stand": (
        "Declared | Record Date | Paid | Per Share | Amount\n"
        "Fiscal Year 2023 | | | | (In millions)\n"
        "June 13, 2023 | July 3, 2023 | July 20, 2023 | $ 0.68 | $ 5,066\n"
        "Fiscal Year 2022\n"
        "June 14, 2022 | July 4, 2022 | July 21, 2022 | $ 0.62 | $ 4,652",
        ["", "", "", ""],
    ),
    "heads of changes over no column": (
        "Three Months Ended | Nine Months Ended\n"
        "July 1, | June 25, | July 1, | June 25,\n"
        "2023 | 2022 | Change | 2023 | 2022 | Change\n"
        "Interest income | $ 722 | $ 719 | $ 2,072 | $ 2,184\n"
        "Interest expense | (719) | (665) | (2,104) | (1,973)\n"
        "Total | $ 3 | $ 54 | (94)% | $ (32) | $ 211",
        [THREE_23, THREE_22, NINE_23, NINE_22],
    ),
    "an uneven length": (
        "| Three Months Ended | | | Nine Months Ended\n"
        "| July 1, 2023 | April 1, 2023 | June 25, 2022 | July 1, 2023 | June 25, 2022\n"
        "Lamps | 14 | 12 | 3 | 29 | 11",
        [THREE_23, "?", "?", NINE_23, "?"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_each_column_has_its_period(name: str) -> None:
    content, expected = HEADS[name]
    assert [periods_of(table) for table in read(content)] == [expected]


def test_the_words_over_repeated_measures_stand_over_their_own() -> None:
    (table,) = read(
        "| | Less than a Year | | A Year or More\n"
        "(In millions) | Value | Losses | Value | Losses | Value | Losses\n"
        "Bonds | $ 40 | $ (2) | $ 8 | $ (1) | $ 49 | $ (3)"
    )
    begins = [column.text.removesuffix(" Value").removesuffix(" Losses") for column in table.columns]
    assert begins == ["Less than a Year"] * 2 + ["A Year or More"] * 2 + ["Value", "Losses"]


def test_a_row_belongs_to_the_period_of_its_section() -> None:
    (table,) = read(HEADS["heads without a label over sections with periods"][0])
    assert [row.period.end for row in table.rows] == [date(2023, 7, 1), date(2022, 6, 25)]
    (table,) = read(HEADS["a section where labels stand"][0])
    assert [row.section for row in table.rows] == ["Fiscal Year 2023", "Fiscal Year 2022"]


def test_a_row_with_more_cells_than_columns_says_nothing() -> None:
    (table,) = read(HEADS["heads of changes over no column"][0])
    assert [cell.text for cell in table.rows[0].cells if cell] == ["$ 722", "$ 719", "$ 2,072", "$ 2,184"]
    assert not any(table.rows[-1].cells)


def test_a_table_with_heads_of_its_own_does_not_go_on_from_the_one_before() -> None:
    first, second = read(
        "| July 1, 2023 | June 25, 2022\nLamps | 14 | 3\n\nUnits were as follows:\n\n"
        "Grant-Date\n| Units | Fair Value\nOutstanding | 384.4 | $ 144"
    )
    assert periods_of(first) == ["2023-07-01", "2022-06-25"]
    assert [column.text for column in second.columns] == ["Units", "Fair Value"]


def test_days_above_a_table_stand_over_its_values_and_not_over_its_words() -> None:
    (table,) = read(
        "Category July 1, 2023 October 1, 2022\n\n"
        "Funds | Level 1 | $ 3,190 | $ 1,777\nDebt | Level 2 | $ 6,918 | $ 4,797"
    )
    assert periods_of(table) == ["", "2023-07-01", "2022-10-01"]


SECURITIES = """Securities consisted of the following:

| June 30, 2022 | | July 1, 2023
| Fair | | Gross | Gross | Fair
| Value | Cost | Gains | Losses | Value
Certificates of deposit | 12,345 | 23,456 | 1 | 2 | 23,455"""
EXPENSES = """Operating expenses were as follows (in millions):

| | Three Months Ended | Percentage | | Nine Months Ended | Percentage
| | July 1, | Change | | July 1, | Change
| 2023 | 2022 | | 2023 | 2022
Research and development | $ 52 | $ 51 | 2% | $ 102 | $ 97 | 6%
Legal settlements | | $ 31 | * | $ 40 | $ 35 | 14%"""
SEGMENTS = """Segments were as follows (in millions):

Lamps &
Shades | Masts | Other | All
Three Months Ended July 1, 2023
Revenue | $ 14 | $ 3 | $ 1 | $ 18
Three Months Ended June 25, 2022
Revenue | $ 4 | $ 2 | $ 1 | $ 7"""
ELM = document(NAME, COVER_ELM, SECURITIES, EXPENSES, SEGMENTS)


async def test_no_cell_is_stated_whose_period_is_in_doubt() -> None:
    text, _ = await ask(ELM, "What were Elm's certificates of deposit on July 1, 2023?")
    assert "23,456" not in text
    assert "12,345" not in text


async def test_the_cell_of_the_length_and_year_that_are_asked_for() -> None:
    for question, amount in (
        ("What was Elm's research and development expense in Q3 2023?", "$52 million"),
        ("What was Elm's research and development expense in the nine months ended July 1, 2023?", "$102 million"),
    ):
        text, citations = await ask(ELM, question)
        assert amount in text
        assert citations


async def test_a_cell_below_a_period_is_named_by_the_head_of_its_column() -> None:
    text, _ = await ask(ELM, "What was the revenue of Elm's masts in Q3 2023?")
    assert "**Masts: Revenue**, 3 months ended July 1, 2023: **$3 million**" in text


async def test_the_column_whose_words_the_question_has() -> None:
    rates = (
        "Effects of exchange rates (in millions):\n\n"
        "| | Three Months Ended July 1, 2022 | | | 2023\n"
        "| As | Exchange Rate | At Prior | As | Exchange Rate | At Prior\n"
        "| Reported | Effect | Year Rates | Reported | Effect | Year Rates\n"
        "Net sales | $ 116 | $ 2 | $ 118 | $ 127 | $ 4 | $ 131"
    )
    library = document(NAME, COVER_ELM, rates)
    for question, amount in (
        ("What were Elm's net sales at prior year rates in Q3 2023?", "$131 million"),
        ("What were Elm's net sales as reported in Q3 2023?", "$127 million"),
    ):
        text, _ = await ask(library, question)
        assert amount in text
