"""Figures that are worked out: with their signs, and only from cells of one period and unit."""

import pytest

from tests.agent.library import Library, document
from tests.agent.test_reading import COVER, ask

NAME = "2023 Q3 FIR.pdf"
INCOME = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended
| July 1, 2023 | June 25, 2022
Total net sales | 1,000 | 800
Research and development | (200) | (90)
Operating income (loss) | (300) | 20
Income (loss) before income taxes | {before_tax} | 18
{tax_label} | {tax} | 3
Net income (loss) | (50) | 10"""
CASH = """CONSOLIDATED STATEMENTS OF CASH FLOWS

({unit})

| {months} Months Ended
| July 1, 2023 | June 25, 2022
Net cash provided by (used in) operating activities | (1,000) | 100
Purchases of property and equipment | (200) | (50)
Depreciation and amortization | {depreciation} | 90"""
BALANCE = """CONSOLIDATED BALANCE SHEETS

(In millions)

| July 1, 2023 | September 24, 2022
Total assets | 5,000 | 4,000
Total shareholders' equity (deficit) | (40) | (30)
Total shareholders' equity | (40) | (30)"""


def report(
    unit: str = "In millions",
    months: str = "Three",
    depreciation: str = "100",
    before_tax: str = "200",
    tax_label: str = "Provision for income taxes",
    tax: str = "50",
) -> Library:
    income = INCOME.format(before_tax=before_tax, tax_label=tax_label, tax=tax)
    cash = CASH.format(unit=unit, months=months, depreciation=depreciation)
    return document(NAME, COVER.format(end="July 1, 2023", company="Fir Inc."), income, cash, BALANCE)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the net margin of Fir in Q3 2023?", "(-50) / 1,000 × 100 = -5 %"),
        ("What was the free cash flow of Fir in Q3 2023?", "(-1,000) - 200 = -1,200 million"),
        ("What was the EBITDA of Fir in Q3 2023?", "(-300) + 100 = -200 million"),
        ("What share of net sales was research and development of Fir in Q3 2023?", "200 / 1,000 × 100 = 20 %"),
        ("What was research and development as a share of net sales of Fir in Q3 2023?", "200 / 1,000 × 100 = 20 %"),
        ("What was the return on assets of Fir in Q3 2023?", "(-50) / 5,000 × 100 = -1 %"),
    ],
)
async def test_losses_keep_their_sign_and_costs_in_brackets_are_costs(question: str, answer: str) -> None:
    text, _ = await ask(report(), question)
    assert answer in text


@pytest.mark.parametrize(
    ("label", "tax", "is_known"),
    [
        ("Provision for income taxes", "50", True),
        ("Benefit (provision) for income taxes", "(50)", True),
        ("Benefit (provision) for income taxes", "50", False),
        ("Provision for income taxes", "(50)", False),
    ],
)
async def test_a_tax_rate_needs_a_tax_that_is_surely_a_cost(label: str, tax: str, is_known: bool) -> None:
    text, _ = await ask(report(tax_label=label, tax=tax), "What was the effective tax rate of Fir in Q3 2023?")
    assert ("× 100 = 25 %" in text) is is_known
    assert ("(computed)" in text) is is_known


async def test_nothing_is_divided_by_less_than_nothing() -> None:
    text, _ = await ask(report(), "What was the return on equity of Fir in Q3 2023?")
    assert "(computed)" not in text


@pytest.mark.parametrize(
    "library",
    [report(months="Nine", depreciation="330"), report(unit="In thousands", depreciation="100,000")],
    ids=["other months", "other unit"],
)
async def test_cells_of_another_period_or_unit_are_shown_and_not_put_together(library: Library) -> None:
    text, _ = await ask(library, "What was the EBITDA of Fir in Q3 2023?")
    assert "-300 million" in text
    assert "(computed)" not in text


async def test_a_measure_of_one_statement_holds_for_its_own_months() -> None:
    text, _ = await ask(report(months="Nine"), "What was the free cash flow of Fir in Q3 2023?")
    assert "(-1,000) - 200 = -1,200 million" in text
