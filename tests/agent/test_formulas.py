"""Formulas of measures that questions state in words, and questions that say how to answer."""

import pytest

from citewell.agent.reading import instructions
from citewell.agent.reading.question import understand
from citewell.agent.reading.stated import stated
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask


@pytest.mark.parametrize(
    ("question", "formula", "title"),
    [
        (
            "What is the ROA? ROA is defined as: net income / (average total assets between FY2021 and FY2022).",
            "net_income / ((total_assets + total_assets_before) / 2)",
            "ROA",
        ),
        (
            "What is the DPO? DPO is defined as: 365 * (average accounts payable between FY2016 and FY2017) / "
            "(FY2017 COGS + change in inventory between FY2016 and FY2017). Round to two decimal places.",
            "365 * ((payables + payables_before) / 2) / (cost_of_revenue + (inventories - inventories_before))",
            "DPO",
        ),
        (
            "What is the interest coverage (operating income divided by interest expense) in Q1 2023?",
            "operating_income / interest_expense",
            "",
        ),
        (
            "What is the working capital, defined as current assets minus current liabilities, at the end of 2020?",
            "current_assets - current_liabilities",
            "",
        ),
        (
            "How much free cash flow was there in 2022 (net cash from operations less additions to property and "
            "equipment)?",
            "cash_from_operations - capital_expenditure",
            "",
        ),
        (
            "What is the CCC? CCC is defined as: DIO + DSO - DPO. DIO is defined as: 365 * average inventory / COGS. "
            "DSO is defined as: 365 * average accounts receivable / revenue. DPO is 365 * accounts payable / COGS.",
            "(365 * ((inventories + inventories_before) / 2) / cost_of_revenue)"
            " + (365 * ((receivables + receivables_before) / 2) / revenue) - (365 * payables / cost_of_revenue)",
            "CCC",
        ),
        (
            "What is the EBITDA less capital expenditures?",
            "ebitda - capital_expenditure",
            "EBITDA less capital expenditures",
        ),
        (
            "What is the FY2017 - FY2019 3 year average of capex as a % of revenue?",
            "(capital_expenditure / revenue + capital_expenditure_before / revenue_before"
            " + capital_expenditure_before2 / revenue_before2) / 3 * 100",
            "3 year average of capex as a % of revenue",
        ),
        (
            "What is the 2 year total revenue CAGR from FY2020 to FY2022?",
            "((revenue / revenue_before2) ^ (1 / 2) - 1) * 100",
            "2 year total revenue CAGR",
        ),
        ("What is the COGS % margin in 2021?", "cost_of_revenue / revenue * 100", "COGS % margin"),
        ("Wie hoch ist die Quote (Eigenkapital geteilt durch Bilanzsumme)?", "equity / total_assets", ""),
    ],
)
def test_a_question_states_the_formula_of_a_measure(question: str, formula: str, title: str) -> None:
    found = stated(question)
    assert found is not None
    assert (found.formula, found.title) == (formula, title)


@pytest.mark.parametrize(
    "question",
    [
        "What was the net income (in USD millions) in 2022?",
        "What does the operating income (loss) of the segment say?",
        "Is the deposit 500 euros? It is defined as one month's rent.",
        "Revenue is growing. Why?",
        "What were revenue and net income in 2022?",
    ],
)
def test_other_brackets_and_sentences_state_no_formula(question: str) -> None:
    assert stated(question) is None


def test_a_question_is_read_without_the_formula_that_it_states() -> None:
    asked = understand("What is the asset turnover in 2022? It is revenue divided by average total assets.")
    assert asked.concepts == ("asset_turnover",)
    assert asked.formula == "revenue / ((total_assets + total_assets_before) / 2)"


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        (
            "Assume that you are an analyst. Answer the following question by primarily using the balance sheet: what "
            "is the net PP&E as of March 31, 2023? Answer in USD billions.",
            "what is the net PP&E as of March 31, 2023?",
        ),
        (
            "What is the FY2018 capital expenditure amount (in USD millions)? Give a response to the question by "
            "relying on the details shown in the cash flow statement.",
            "What is the FY2018 capital expenditure amount?",
        ),
        (
            "By drawing conclusions from the information stated only in the income statement, what is the net income?",
            "what is the net income?",
        ),
        ("What were sales in 2022? If revenue is not meaningful, explain why.", "What were sales in 2022?"),
        ("Give the sales of phones in millions.", "Give the sales of phones in millions."),
        ("What were sales in 2022? Only those of phones.", "What were sales in 2022? Only those of phones."),
    ],
)
def test_what_only_says_how_to_answer_is_not_asked_for(question: str, asks: str) -> None:
    assert instructions.without(question) == asks


def test_instructions_still_say_which_statement_and_what_kind_of_figure() -> None:
    asked = understand("What is the margin in 2022? Answer in percent, from the details of the income statement.")
    assert asked.statements == {"income"}
    assert "percent" in asked.kinds


_REPORT = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions)

| Three Months Ended
| July 1, 2023 | June 25, 2022
Revenue | $ 1,000 | $ 800
Cost of revenue | 600 | 520
Gross profit | 400 | 280
Operating income | 150 | 120
Interest expense | (30) | (20)

CONSOLIDATED BALANCE SHEETS

(In millions)

| July 1, 2023 | September 24, 2022
Current assets:
Inventories | $ 120 | $ 80
Total current assets | 900 | 850
Current liabilities:
Term debt | 40 | 60
Total current liabilities | 300 | 280
Non-current liabilities:
Term debt | 700 | 650

SEGMENT INFORMATION BY REGION

(In millions)

| Three Months Ended
| July 1, 2023 | June 25, 2022
North:
Net sales | $ 300 | $ 200
Operating income | 50 | 40
South:
Net sales | $ 700 | $ 600
Operating income | 100 | 80"""


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (
            "What was the inventory turnover? Inventory turnover is cost of revenue divided by average inventory.",
            "Inventory turnover: 600 / ((120 + 80) / 2) = 6 (computed)",
        ),
        ("What was the inventory turnover?", "Inventory turnover: 600 / ((120 + 80) / 2) = 6 (computed)"),
        ("What was operating income less interest expense?", "150 - 30 = 120 million (computed)"),
        ("What was the cost of revenue % margin?", "600 / 1,000 × 100 = 60 % (computed)"),
        ("What is the gross margin, in percent?", "400 / 1,000 × 100 = 40 % (computed)"),
    ],
)
async def test_a_measure_is_worked_out_by_its_formula(question: str, line: str) -> None:
    text, citations = await ask(Library([chunk(_REPORT, "report.pdf")]), question)
    assert line in text
    assert citations
    assert all(citation.verified for citation in citations)


async def test_a_measure_is_worked_out_for_both_times_that_are_compared() -> None:
    question = "Has the gross margin percentage improved compared with the year before?"
    text, _ = await ask(Library([chunk(_REPORT, "report.pdf")]), question)
    assert "400 / 1,000 × 100 = 40 %" in text
    assert "280 / 800 × 100 = 35 %" in text


async def test_long_term_debt_is_not_the_part_that_is_due_soon() -> None:
    text, _ = await ask(Library([chunk(_REPORT, "report.pdf")]), "What was the long-term debt on July 1, 2023?")
    assert "$700 million" in text
    assert "$40 million" not in text


async def test_the_region_with_the_most_comes_first() -> None:
    text, _ = await ask(Library([chunk(_REPORT, "report.pdf")]), "Which region had the highest net sales?")
    assert 0 < text.index("South: Net sales") < text.index("North: Net sales")
    assert "$700 million" in text


_YEARS = """CONSOLIDATED STATEMENTS OF INCOME

(In millions)

Years ended December 31,
| 2022 | 2021 | 2020
Revenue | $ 1,210 | $ 1,000 | $ 1,000
Cost of revenue | 605 | 400 | 600"""


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (
            "What is the 3 year average of cost of revenue as a % of revenue in 2022?",
            "(605 / 1,210 + 400 / 1,000 + 600 / 1,000) / 3 × 100 = 50 % (computed)",
        ),
        ("What is the 2 year revenue CAGR up to 2022?", "((1,210 / 1,000) ^ (1 / 2) - 1) × 100 = 10 % (computed)"),
    ],
)
async def test_a_measure_is_worked_out_over_several_years(question: str, line: str) -> None:
    text, citations = await ask(Library([chunk(_YEARS, "report.pdf")]), question)
    assert line in text
    assert all(citation.verified for citation in citations)


@pytest.mark.parametrize(
    "words", ["as as ", "revenue is ", "defined as ", "use net income / ", "here is the question: "]
)
def test_a_question_of_words_that_may_begin_a_formula_is_read(words: str) -> None:
    """A formula was looked for behind each of them, and in all of the text behind it: that took up to a minute."""
    assert not understand(words * (4000 // len(words))).formula
