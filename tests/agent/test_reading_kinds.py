"""What is asked for must be there: other scripts, other forms of a word, rare words, and what an answer has to hold."""

import pytest

from citewell.agent.reading import periods
from citewell.agent.reading.choosing import is_of_other_years
from citewell.agent.reading.document import opened
from citewell.agent.reading.question import understand
from citewell.agent.reading.years import years
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

CONTRACT = """合同总金额为人民币413,000元。

运费由乙方承担。货物验收合格后三十日内支付余款。

名称 | 型号 | 单价（元）
数控车床 | CK6150 | 186,000
冷却系统 | LX-20 | 14,500"""
LEASE_RU = """Договор аренды квартиры.

Арендная плата составляет 42000 рублей в месяц и вносится до пятого числа.

Домашние животные запрещены."""
PUMP_DE = """Der Luftfilter der Anlage ist alle sechs Monate zu reinigen. Das Gehäuse besteht aus Stahl."""
STOCK = "Article | Description | Bin | In stock | Unit price\n" + "\n".join(
    f"MM-{1000 + number} | {wood} {ship} | A-{number} | {3 * number} | {number}.50"
    for number, (wood, ship) in enumerate(
        (wood, ship) for wood in ("Oak", "Walnut", "Teak") for ship in ("schooner", "brig", "ketch", "sloop")
    )
)
NOTES = "Visitors\n\nwalnut schooner\n\nThe bell rings at noon and the harbour closes."
BOARD = """Board meeting of Alder Housing Association, held at Alder House on 17 March 2026.

Work on the 38 homes at Brook Street starts in August 2026. Harwell Maintenance was awarded the contract."""
BALANCE = """CONSOLIDATED BALANCE SHEETS

(In millions)

| July 1, 2023 | September 24, 2022
Current assets:
Cash and cash equivalents | $ 500 | $ 400
Inventories | 120 | 110
Total current assets | 900 | 850
Current liabilities:
Total current liabilities | 300 | 280
Total assets | $ 2,000 | $ 1,900"""


def library(text: str, name: str, language: str = "en") -> Library:
    return Library([chunk(text, name)], language)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("合同的总金额是多少？", "413,000"),
        ("运费由谁承担？", "乙方承担"),
        ("数控车床的单价是多少？", "186,000"),
    ],
)
async def test_questions_without_spaces_between_words(question: str, answer: str) -> None:
    text, citations = await ask(library(CONTRACT, "合同.docx", "zh"), question)
    assert answer in text
    assert citations[0].verified


async def test_questions_in_other_alphabets() -> None:
    text, _ = await ask(library(LEASE_RU, "договор.docx", "ru"), "Сколько составляет арендная плата?")
    assert "42000" in text


async def test_another_form_of_a_word() -> None:
    text, _ = await ask(library(PUMP_DE, "anlage.md", "de"), "Wie oft muss der Luftfilter gereinigt werden?")
    assert "sechs Monate" in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the price of the walnut schooner?", "4.50"),
        ("How many teak ketches are in stock?", "30"),
        ("walnut schooner", "A-4"),
    ],
)
async def test_a_row_is_named_by_any_of_its_cells(question: str, answer: str) -> None:
    text, citations = await ask(library(STOCK, "stock.csv"), question)
    assert f"**{answer}**" in text
    assert "MM-1006" not in text
    assert citations[0].verified


async def test_a_row_without_heads_is_shown_as_a_whole() -> None:
    rows = "\n".join(f"item {n} | plain text number {n} | {3 * n}" for n in range(60))
    sheet = rows.replace("plain text number 41", "a walnut schooner with three masts")
    text, citations = await ask(library(sheet, "sheet.xlsx"), "Where is the walnut schooner?")
    assert "a walnut schooner with three masts" in text.split("](", maxsplit=1)[0]
    assert citations[0].verified


async def test_the_line_with_all_words_that_are_asked_for_is_shown() -> None:
    text, citations = await ask(library(NOTES, "notes.txt"), "walnut schooner")
    assert "“walnut schooner”" in text
    assert citations[0].verified
    pages = Library([chunk(f"Walnut schooner\n\nThe bell rings, {page}.", "notes.txt", page) for page in range(9)])
    text, _ = await ask(pages, "walnut schooner")
    assert text.count("“Walnut schooner”") == 1, "one that each page repeats is as rare as one"
    _, nothing = await ask(library(NOTES, "notes.txt"), "mahogany schooner")
    assert not nothing


@pytest.mark.parametrize(
    "question",
    [
        "How much will the homes at Brook Street cost?",
        "Who is the treasurer of Alder Housing Association?",
        "What is the phone number of Harwell Maintenance?",
        "What is the email address of Harwell Maintenance?",
    ],
)
async def test_what_names_the_thing_but_not_what_is_asked_is_no_answer(question: str) -> None:
    _, citations = await ask(library(BOARD, "board.docx"), question)
    assert not citations


async def test_a_quarter_is_no_report_where_no_document_reports_on_quarters() -> None:
    minutes = "Minutes\n\nRental income in the third quarter was GBP 1.94 million against a budget of GBP 2.01 million."
    text, _ = await ask(library(minutes, "minutes.docx"), "What was the rental income in the third quarter?")
    assert "1.94 million" in text


async def test_a_measure_is_worked_out_from_the_lines_that_it_needs() -> None:
    text, citations = await ask(library(BALANCE, "report.pdf"), "What is the quick ratio of the balance sheets?")
    assert "(900 - 120) / 300 = 2.6 (computed)" in text
    assert all(citation.verified for citation in citations)


def test_a_question_of_years_without_end_is_read() -> None:
    """Each was compared with all before it, and with all of the text before it: that took many minutes."""
    found = periods.find("invoice no. 2041 of " + "2020 " * 20_000)
    assert {mention.period.year for mention in found} == {2020}
    assert len(found) == 20_000


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Tariff 2023/24, 1999/00 and 2020-25", {2023, 2024, 1999, 2000, 2020, 2021, 2022, 2025}),
        ("Paid on 31.12.24 and 31.12.2021, due 3/31/26", {2024, 2021, 2026}),
        ("On 2022-05-01, in 2023/05, 2018/2019 (2017).", {2022, 2023, 2018, 2019, 2017}),
        ("2000 kg, 1980 W, 2040 mm, EUR 2030, $ 1950, 2010 €, 1,999.2024 and 10.0.20.24", set()),
        ("| 2023 EUR | 2022 EUR\nPump | 2000 EUR", {2023, 2022}),
        ("En 2023 l'entreprise; 2024 EUR 500; © 2021 V. Weber; en 2025 va a subir", {2023, 2024, 2021, 2025}),
    ],
)
def test_years_are_read_from_spans_and_dates_and_not_from_measures(text: str, named: set[int]) -> None:
    assert years(text) == named


@pytest.mark.parametrize(
    ("text", "is_other"),
    [
        ("Tariff 2023/24", False),
        ("Tariff of 31.12.24", False),
        ("Tariff. Weight: 2000 kg", False),
        ("Tariff of 31.12.23", True),
        ("Tariff 2022/23. Weight: 2024 kg", True),
    ],
)
def test_a_document_of_another_year_is_told_by_its_dates(text: str, is_other: bool) -> None:
    asked = understand("What is the base price in 2024?")
    assert is_of_other_years(asked, opened([chunk(text, "Tariff.pdf")])) is is_other


async def test_a_number_of_a_unit_is_no_year_of_the_question() -> None:
    text, _ = await ask(
        library("Cranes\n\nCrane A-7: lifts 2000 kg, built in 1998.", "cranes.txt"), "What lifts 2000 kg?"
    )
    assert "A-7" in text
    assert understand("Which crane lifts 2000 kg?").period is None
