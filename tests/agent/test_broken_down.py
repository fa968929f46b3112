"""Questions about all of several: which segment grew most, what each has, the largest line of a balance sheet, sums."""

import pytest

from citewell.agent.reading import periods
from citewell.agent.reading.periods import Period
from tests.agent.library import Library, document
from tests.agent.test_reading import COVER, ask

INCOME = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended
| July 1, 2023 | June 25, 2022
Total net sales | 1,000 | 900
Operating income (loss) | 40 | 60"""
SEGMENTS = """Information by reportable segment is as follows (in millions):

| Three Months Ended
| July 1, 2023 | June 25, 2022
North
Net sales | 500 | 480
Operating income | 90 | 100
South
Net sales | 300 | 200
Operating income (loss) | (50) | (40)
Overseas
Net sales | 200 | 220
Operating income (loss) | - | -
Consolidated
Net sales | 1,000 | 900
Operating income | 40 | 60"""
BALANCE = """CONSOLIDATED BALANCE SHEETS

(In millions)

| July 1, 2023 | September 24, 2022
ASSETS
Cash and cash equivalents | 310 | 280
Inventories | 735 | 494
Total assets | 1,045 | 774
LIABILITIES AND SHAREHOLDERS' EQUITY
Current liabilities:
Accounts payable | 120 | 110
Term debt | 80 | 60
Total current liabilities | 200 | 170
Non-current liabilities:
Commercial paper | 45 | 20
Term debt | 300 | 200
Shareholders' equity:
Retained earnings | 500 | 384
Total shareholders' equity | 500 | 384"""
CASH = """CONSOLIDATED STATEMENTS OF CASH FLOWS

(In millions)

| Nine Months Ended
| July 1, 2023 | June 25, 2022
Cash and cash equivalents, beginning of period | 280 | 210
Net cash provided by operating activities | 130 | 100
Cash and cash equivalents, end of period | 310 | 250"""
LIBRARY: Library = document(
    "2023 Q3 FIR.pdf", COVER.format(end="July 1, 2023", company="Fir Inc."), INCOME, SEGMENTS, BALANCE, CASH
)


def _order(text: str, *names: str) -> list[str]:
    places = {text.find(f"**{name}: "): name for name in names}
    return [places[place] for place in sorted(places) if place >= 0]


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("Which of Fir's segments had the fastest growing net sales in Q3 2023?", ["South", "North", "Overseas"]),
        ("Which segment of Fir grew the most in Q3 2023?", ["South", "North", "Overseas"]),
        ("Which of Fir's segments declined the most in Q3 2023?", ["Overseas", "North", "South"]),
        ("Which of Fir's segments had the worst net sales in Q3 2023?", ["Overseas", "South", "North"]),
        ("Which of Fir's segments had the highest net sales in Q3 2023?", ["North", "South", "Overseas"]),
    ],
)
async def test_segments_are_ranked_by_growth_or_by_amount_as_asked(question: str, order: list[str]) -> None:
    text, _ = await ask(LIBRARY, question)
    assert _order(text, "North", "South", "Overseas") == order
    assert "Consolidated" not in text


async def test_each_segment_is_shown_with_its_change() -> None:
    text, _ = await ask(LIBRARY, "By how much did the net sales of each of Fir's segments grow in Q3 2023?")
    assert "500 - 480 = 20 million" in text
    assert "300 - 200 = 100 million" in text
    assert "200 - 220 = -20 million" in text


async def test_who_lost_most_money_comes_first() -> None:
    text, _ = await ask(LIBRARY, "Among Fir's segments, which one lost the most money in Q3 2023?")
    assert _order(text, "South", "North") == ["South", "North"]
    assert "-$50" in text or "-50" in text


@pytest.mark.parametrize(
    ("question", "first", "never"),
    [
        ("What was the largest asset on Fir's balance sheet at July 1, 2023?", "735", "Total"),
        ("What was the largest liability of Fir as of July 1, 2023?", "300", "Retained earnings"),
    ],
)
async def test_the_largest_line_of_a_side_of_the_balance_sheet(question: str, first: str, never: str) -> None:
    text, _ = await ask(LIBRARY, question)
    assert f"**{first} million**" in text.split("\n- ")[1]
    assert never not in text


async def test_a_total_of_named_lines_takes_all_rows_of_their_names() -> None:
    text, _ = await ask(LIBRARY, "What was Fir's total debt at July 1, 2023, including commercial paper and term debt?")
    assert "80 + 45 + 300 = 425 million" in text


async def test_cash_at_the_beginning_and_at_the_end() -> None:
    question = "How much cash did Fir have at the beginning and at the end of the nine months ended July 1, 2023?"
    text, _ = await ask(LIBRARY, question)
    assert "280 million" in text
    assert "310 million" in text


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("the first six months of fiscal 2023", Period(months=6, year=2023, quarter=2)),
        ("the first nine months of 2023", Period(months=9, year=2023, quarter=3)),
        ("the first three months of fiscal year 2023", Period(months=3, year=2023, quarter=1)),
    ],
)
def test_the_first_months_of_a_year_end_with_a_quarter(text: str, period: Period) -> None:
    assert [mention.period for mention in periods.find(text)] == [period]
