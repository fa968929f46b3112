"""Which row answers: the one that the question names as a whole, of the period, the thing and the unit that it asks
for; and rows side by side."""

import pytest

from citewell.agent.reading.question import shortened, understand
from tests.agent.library import Library, chunk, document
from tests.agent.test_reading import COVER, REPORTS, ask

NAME = "2023 Q3 OAK.pdf"
COVER_OAK = COVER.format(end="July 1, 2023", company="Oak Inc.")
INCOME = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended
| July 1, 2023 | June 25, 2022
Total net sales | $ 1,000 | $ 800
Research and development | 100 | 90
Provision for income taxes | 50 | 40
Dividends declared per share | $ 0.24 | $ 0.20"""
CASH = """CONSOLIDATED STATEMENTS OF CASH FLOWS

(In millions)

| Three Months Ended
| July 1, 2023 | June 25, 2022
Net income | $ 210 | $ 190
Payments for dividends | (31) | (29)
Net cash used in financing activities | (85) | (80)
Cash paid for income taxes, net | $ 46 | $ 37"""
BALANCE = """CONSOLIDATED BALANCE SHEETS

(In millions)

| July 1, 2023 | September 24, 2022
Receivables, net of allowance for doubtful accounts of $5 and $6 | $ 350 | $ 440
Property and equipment, net of accumulated depreciation of $63 and $59 | 827 | 744
Current portion of long-term debt | 39 | 27
Long-term debt | 441 | 470"""
SALES = """Net sales by product and segment were as follows (in millions):

| Three Months Ended
| July 1, 2023 | June 25, 2022
Net sales
Lamps | $ 390 | $ 406
Subscription services | 96 | 84
Masts | 514 | 310
Operating income
Lamps | $ 90 | $ 80
Masts | 100 | 99"""
EQUITY = """CONSOLIDATED STATEMENTS OF SHAREHOLDERS' EQUITY

(In millions)

| Shares | Amount
Balances, April 1, 2023 | 2,469 | $ 2
Shares repurchased | (8) | (14)
Balances, July 1, 2023 | 2,461 | $ 2
Balances, March 26, 2022 | 2,489 | $ 2
Shares repurchased | (28) | (1)
Balances, June 25, 2022 | 2,461 | $ 2"""
SHARES = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended
| July 1, 2023 | June 25, 2022
Operating lease cost | $ 68 | $ 47
Operating leases | 52 | 155
Weighted average shares outstanding
Basic | 245 | 250
Diluted | 247 | 255"""
PAYMENTS = """The total future purchase commitments as of July 1, 2023 are as follows:

Fiscal Year | Commitments (In millions)
2024 | $ 649
2025 | 118
Total | $ 767"""
EXPENSES = """Report | Employee | Category | Amount
X-101 | Lena Storm | Hotel | 214.00
X-102 | Idris Bello | Taxi | 36.50
X-103 | Idris Bello | Flight | 402.75"""
OAK = document(NAME, COVER_OAK, INCOME, CASH, BALANCE, SALES, EQUITY)
NOTES = (
    "Operating lease payments were $45 million and taxes $7 million in Q3 2023. Overall sales of lamps increased 12% "
    "in Q3 2023, and lower prices of the consoles sold cost $3 million. Sales allocated to remaining performance "
    "obligations were $193 million as of July 1, 2023. 15,634,232 shares were outstanding as of July 21, 2023."
)
OAK_NOTES = document(NAME, COVER_OAK, INCOME, SHARES, PAYMENTS, NOTES)


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("How much cash did Oak pay for income taxes in Q3 2023?", "$46 million", "$50 million"),
        ("What was Oak's provision for income taxes in Q3 2023?", "$50 million", "$46 million"),
        ("What dividend per share did Oak declare in Q3 2023?", "$0.24", "31"),
        ("What was the current portion of Oak's long-term debt on July 1, 2023?", "$39 million", "441"),
        ("What was Oak's net cash used in financing activities in Q3 2023?", "-$85 million", "210"),
        ("What is Oak's property and equipment at July 1, 2023? Answer in USD millions.", "$827 million", "$744"),
        ("What was Oak's revenue from subscriptions in Q3 2023?", "$96 million", "1,000"),
        ("How many shares did Oak repurchase in Q3 2023?", "-8", "-28"),
        ("How did Oak's receivables develop since September 24, 2022?", "350 - 440 = -90 million", "1,000"),
    ],
)
async def test_the_row_that_the_question_names(question: str, holds: str, lacks: str) -> None:
    text, _ = await ask(OAK, question)
    assert holds in text
    assert lacks not in text.partition("Related passages")[0]


async def test_which_is_largest_is_answered_by_the_rows_of_each() -> None:
    text, _ = await ask(OAK, "Which segment of Oak had the highest net sales in Q3 2023?")
    places = [text.index(name) for name in ("Masts**", "Lamps**", "Subscription services**")]
    assert places == sorted(places)
    assert "1,000" not in text


async def test_money_is_no_number_of_things() -> None:
    text, citations = await ask(OAK, "How many lamps did Oak sell in Q3 2023?")
    assert not citations
    assert "390" not in text


async def test_two_organisations_side_by_side() -> None:
    text, _ = await ask(Library(REPORTS), "Compare the net sales of Alder with those of Birch in Q3 2023.")
    assert "$900 million" in text
    assert "$77 million" in text
    assert "computed" not in text


async def test_each_organisation_beside_its_year_before() -> None:
    text, _ = await ask(Library(REPORTS), "Net sales compared with the prior year")
    assert "77 - 800 = -723 million" in text
    assert "900 - 800 = 100 million" in text


async def test_two_reports_of_one_organisation() -> None:
    for question in (
        "How did Alder's net sales change from Q2 2023 to Q3 2023?",
        "In which quarter of 2023 did Alder have the higher net sales, Q2 or Q3?",
    ):
        text, citations = await ask(Library(REPORTS), question)
        assert "900 - 833 = 67 million" in text
        assert {citation.document_name for citation in citations} == {"2023 Q2 ALD.pdf", "2023 Q3 ALD.pdf"}


async def test_a_row_of_another_kind_does_not_answer() -> None:
    library = Library([chunk(EXPENSES, "expenses.csv")])
    text, _ = await ask(library, "How much did Idris Bello's flight cost?")
    assert "**402.75**" in text
    _, citations = await ask(library, "How much did Idris Bello spend on hotels?")
    assert not citations


async def test_a_report_of_somebody_else_does_not_answer() -> None:
    text, citations = await ask(Library(REPORTS), "What was Zebrawood's revenue in Q3 2023?")
    assert not citations
    assert "900" not in text


async def test_another_thing_of_the_same_organisation() -> None:
    text, _ = await ask(OAK, "And of iMasts?", ["What were Oak's net sales of Lamps in Q3 2023?"])
    assert "390" not in text


def test_a_long_question_is_read_at_both_ends() -> None:
    question = f"What were Oak's net sales? {'lorem ipsum ' * 10_000}And what was its revenue in Q3 2023?"
    assert len(shortened(question)) == 4000
    asked = understand(question)
    assert asked.concepts == ("revenue",)
    assert asked.period is not None
    assert asked.period.quarter == 3


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("What was Oak's operating lease cost in Q3 2023?", "$68 million", "$52"),
        ("What was the weighted average number of diluted shares of Oak in Q3 2023?", "247", "245"),
        ("What are Oak's purchase commitments for 2025?", "118", "$649"),
        ("What are Oak's total future purchase commitments as of July 1, 2023?", "767", "$649"),
        ("What were Oak's sales allocated to remaining performance obligations?", "$193 million", "1,000"),
        ("How many shares of Oak were outstanding on July 21, 2023?", "15,634,232", "247"),
    ],
)
async def test_labels_with_what_stands_over_them(question: str, holds: str, lacks: str) -> None:
    text, _ = await ask(OAK_NOTES, question)
    assert holds in text
    assert lacks not in text


@pytest.mark.parametrize(
    "question",
    [
        "What was Oak's variable lease income from Norway in Q3 2023?",  # a place that the report does not name
        "What was Oak's churn rate of lamp subscribers in Q3 2023?",  # less than half of what is asked about
        "How many consoles did Oak sell in Q3 2023?",  # a price is no number of things
        "What will Oak's research and development be in 2025?",  # after the report, and in no schedule
    ],
)
async def test_a_near_figure_is_not_stated(question: str) -> None:
    text, citations = await ask(OAK_NOTES, question)
    assert citations == []
    assert NAME in text


async def test_a_total_is_that_of_the_caption_above_it() -> None:
    payments = (
        "Other obligations were $3 million. Total future purchase commitments as of July 1, 2023 are as follows:\n\n"
        "Commitments (In millions)\n\nFiscal Year:\n\n2024 | $ 649\n2025 | 118\nTotal | $ 767"
    )
    library = document(NAME, COVER_OAK, INCOME, payments)
    text, _ = await ask(library, "What are Oak's total future purchase commitments as of July 1, 2023?")
    assert "**Total**, July 1, 2023: **$767 million**" in text


async def test_the_head_of_a_column_may_have_what_the_label_lacks() -> None:
    notes = (
        "The notes were as follows:\n\n| Remaining Term | Effective | July 1, | October 1,\n"
        "| (years) | Interest Rate | 2023 | 2022\n(In millions)\n"
        "0.65% Notes Due 2024 | 0.9 | 0.71% | 1,250 | 1,250\n2.35% Notes Due 2030 | 6.4 | 2.43% | 1,500 | 1,500"
    )
    library = document(NAME, COVER_OAK, INCOME, notes)
    text, _ = await ask(library, "What is the effective interest rate of Oak's 2.35% Notes Due 2030?")
    assert "2.43 %" in text
    assert "1,500" not in text


async def test_a_row_may_have_what_no_other_row_is_known_for() -> None:
    cash = (
        "CONSOLIDATED STATEMENTS OF CASH FLOWS\n\n(In millions)\n\n| Three Months Ended\n"
        "| July 1, 2023 | June 25, 2022\nNet income | $ 210 | $ 190\n"
        "Effect of foreign exchange rates on cash and cash equivalents | 84 | (11)"
    )
    library = document(NAME, COVER_OAK, INCOME, cash)
    text, _ = await ask(library, "What was the effect of foreign exchange rates on Oak's cash in Q3 2023?")
    assert "$84 million" in text


async def test_shares_of_a_computation_are_no_money() -> None:
    shares = (
        "CONSOLIDATED STATEMENTS OF OPERATIONS\n\n(In millions, except per share amounts)\n\n| Three Months Ended\n"
        "| July 1, 2023 | June 25, 2022\nNet income | $ 210 | $ 190\nEarnings per share:\nBasic | $ 0.86 | $ 0.76\n"
        "Shares used in computing earnings per share:\nBasic | 245,118 | 250,003"
    )
    library = document(NAME, COVER_OAK, shares)
    text, _ = await ask(library, "How many basic shares did Oak use to compute earnings per share in Q3 2023?")
    assert "**245,118**" in text
    assert "0.86" not in text


async def test_parts_of_what_a_statement_has_in_one_line_are_quoted_beside_it() -> None:
    notes = (
        "As of July 1, 2023, there was $9 billion of stock-based compensation expense outstanding. The Company issues "
        "notes under a program. As of July 1, 2023, the Company had $30 million of commercial paper outstanding. As of "
        "April 1, 2023, the Company had $70 million of commercial paper outstanding."
    )
    library = document(NAME, COVER_OAK, INCOME, BALANCE, notes)
    text, _ = await ask(library, "How does Oak's debt relate to its financing strategy in Q3 2023?")
    cells, _, related = text.partition("Related passages")
    assert "$441 million" in cells
    assert "$30 million of commercial paper" in related
    assert "$9 billion" not in related
    assert "$70 million" not in related


async def test_a_name_with_its_owners_is_more_than_the_word_behind_it() -> None:
    text = (
        "Oak Cloud is what we call our services for companies. Oak Cloud grew. Oak Cloud revenue was $27 million in "
        "the three months ended July 1, 2023."
    )
    table = (
        "Segment revenue (in millions):\n\n| Three Months Ended\n| July 1, 2023 | June 25, 2022\nRevenue\n"
        "Clever Cloud | $ 215 | $ 182\nLamps | 142 | 175"
    )
    library = document(NAME, COVER_OAK, table, text)
    answer, _ = await ask(library, "What was Oak Cloud revenue in the three months ended July 1, 2023?")
    assert "$27 million" in answer
    assert "215" not in answer


async def test_how_many_there_are_is_no_share_of_something_else() -> None:
    text = "Sales to customers of Lamps increased 16% in Q3 2023. Customers of Lamps often pay by card."
    library = document(NAME, COVER_OAK, INCOME, text)
    answer, citations = await ask(library, "How many customers does Lamps have?")
    assert citations == []
    assert "16%" not in answer
