"""Comparisons over reports: what a balance is made up of, a line over a longer time, costs beside expenses."""

from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

COVER = """QUARTERLY REPORT

For the quarterly period ended July 1, 2023

Alder Inc.

(Exact name of registrant as specified in its charter)"""
OPERATIONS = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended | | Nine Months Ended
| July 1, 2023 | June 25, 2022 | July 1, 2023 | June 25, 2022
Revenue | $ 900 | $ 800 | $ 2,800 | $ 2,650
Cost of revenue | 490 | 470 | 1,560 | 1,490
Research and development | 70 | 60 | 210 | 190
Sales and marketing | 50 | 45 | 150 | 140
General and administrative | 20 | 18 | 60 | 55
Operating income | 270 | 207 | 820 | 775"""
BALANCE = """CONSOLIDATED BALANCE SHEETS

(In millions)

| July 1, 2023 | September 24, 2022
ASSETS:
Cash and cash equivalents | $ 310 | $ 280
Inventories | 735 | 494
Total assets | 1,045 | 774"""
NOTE = """Note 4 - Inventories (in millions)

| July 1, 2023 | September 24, 2022
Components | $ 378 | $ 163
Finished goods | 357 | 331
Total inventories | $ 735 | $ 494"""
LIBRARY = Library(
    [chunk(text, "2023 Q3 ALD.pdf", page) for page, text in enumerate([COVER, OPERATIONS, BALANCE, NOTE], start=1)]
)


async def test_the_change_of_a_balance_comes_with_the_rows_that_make_it_up() -> None:
    text, _ = await ask(LIBRARY, "How did Alder's inventory levels change in Q3 2023?")
    assert "735 - 494 = 241 million" in text
    assert "378 - 163 = 215 million" in text
    assert "357 - 331 = 26 million" in text


async def test_a_balance_alone_is_stated_without_its_parts() -> None:
    text, _ = await ask(LIBRARY, "What were Alder's inventories at the end of Q3 2023?")
    assert "$735 million" in text
    assert "378" not in text


async def test_expenses_without_a_total_are_summed_with_and_without_the_cost_of_revenue() -> None:
    text, _ = await ask(LIBRARY, "How did Alder's operating expenses stack up against its operating income in Q3 2023?")
    assert "70 + 50 + 20 = 140 million" in text
    assert "490 + 70 + 50 + 20 = 630 million" in text
    assert "$900 million" in text


async def test_what_a_line_has_to_do_with_something_shows_it_over_the_longer_time_too() -> None:
    text, _ = await ask(LIBRARY, "How does Alder's revenue in Q3 2023 correlate with its products?")
    assert "$900 million" in text
    assert "$2,800 million" in text
