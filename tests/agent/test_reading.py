"""Answers without a model: the right report, the right cell, what was worked out, and refusals."""

from collections.abc import Sequence

from citewell.agent.citations import Citation, CitationResolver
from citewell.agent.claims import unverified_claims
from citewell.agent.reading.reader import Reader
from citewell.agent.reading.shown import quoted
from citewell.agent.sources import Sources
from citewell.agent.spans import find_span
from tests.agent.library import Library, chunk

COVER = """QUARTERLY REPORT

For the quarterly period ended {end}

{company}

(Exact name of registrant as specified in its charter)"""
STATEMENT = """CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except per share amounts)

| Three Months Ended | | Nine Months Ended
| {end} | {before} | {end} | {before}
Net sales:
Products | $ {products} | $ 600 | $ 2,100 | $ 2,000
Services | {services} | 200 | 700 | 650
Total net sales | {sales} | 800 | 2,800 | 2,650
Cost of sales:
Products | 400 | 390 | 1,300 | 1,250
Services | 90 | 80 | 260 | 240
Earnings per share:
Basic | $ 1.27 | $ 1.20 | $ 4.69 | $ 4.86

See accompanying notes."""
CONTENTS = """Item 1. | Financial Statements | 3
Item 2. | Net sales and operating results | 14"""
SALES_TEXT = "Total net sales rose during the third quarter of 2023 due primarily to higher sales of pumps."


def report(company: str, name: str, end: str, before: str, sales: tuple[str, str, str]) -> list:  # type: ignore[type-arg]
    products, services, total = sales
    statement = STATEMENT.format(end=end, before=before, products=products, services=services, sales=total)
    parts = [COVER.format(end=end, company=company), CONTENTS, statement, SALES_TEXT]
    return [chunk(text, name, page) for page, text in enumerate(parts, start=1)]


REPORTS = [
    *report("Alder Inc.", "2023 Q3 ALD.pdf", "July 1, 2023", "June 25, 2022", ("645", "255", "900")),
    *report("Alder Inc.", "2023 Q2 ALD.pdf", "April 1, 2023", "March 26, 2022", ("611", "222", "833")),
    *report("Birch Corporation", "2023 Q3 BRC.pdf", "July 31, 2023", "July 31, 2022", ("71", "6", "77")),
]


async def ask(library: Library, question: str, before: Sequence[str] = ()) -> tuple[str, list[Citation]]:
    """The answer as a reader sees it, with its citations; every claim of it must be backed by them."""
    sources = Sources()
    reading, _ = await Reader(library, sources).read(question, before, 8)
    resolver = CitationResolver(sources)
    text = resolver.feed(reading.text) + resolver.finish()
    assert all(citation.verified for citation in resolver.citations)
    if reading.found:
        assert unverified_claims(text, resolver.citations, sources) == []
    return text, resolver.citations


async def answers_of(library: Library, cases: Sequence[tuple[str, str, str]]) -> None:
    """Asks (question, what the answer has, the document that it cites first) one after the other."""
    for question, expected, document in cases:
        text, citations = await ask(library, question)
        assert expected in text, question
        assert first_report(citations) == document, question


def first_report(citations: Sequence[Citation]) -> str:
    return citations[0].document_name if citations else ""


async def test_a_figure_comes_with_label_period_unit_and_its_cell_cited() -> None:
    text, citations = await ask(
        Library(REPORTS), "What were Alder's total net sales in the quarter ended July 1, 2023?"
    )
    assert "**Total net sales**, three months ended July 1, 2023: **$900 million**" in text
    assert first_report(citations) == "2023 Q3 ALD.pdf"
    assert citations[0].verbatim == "Total net sales | 900"


async def test_the_company_and_the_period_choose_the_report() -> None:
    library = Library(REPORTS)
    cases = [
        ("What was Alder's revenue in Q2 2023?", "$833 million", "2023 Q2 ALD.pdf"),
        ("What was Birch's revenue in Q3 2023?", "$77 million", "2023 Q3 BRC.pdf"),
        ("What was Alder's revenue in the latest quarter?", "$900 million", "2023 Q3 ALD.pdf"),
        ("Wie hoch war der Umsatz von Alder im dritten Quartal 2023?", "$900 million", "2023 Q3 ALD.pdf"),
    ]
    await answers_of(library, cases)


async def test_the_older_column_may_stand_first() -> None:
    table = "(in millions)\n\n| March 31, 2022 | 2023\nNet sales | 116,444 | 127,358\nOperating income | 3,669 | 4,774"
    cover = COVER.format(end="March 31, 2023", company="Cedar Inc.")
    library = Library([chunk(cover, "2023 Q1 CDR.pdf"), chunk(table, "2023 Q1 CDR.pdf", 4)])
    text, _ = await ask(library, "What was Cedar's operating income in Q1 2023?")
    assert "4,774 million" in text
    assert "3,669" not in text


async def test_a_share_is_computed_and_shown_as_computed() -> None:
    text, _ = await ask(Library(REPORTS), "What percentage of Alder's revenue did Services contribute in Q3 2023?")
    assert "255 / 900 × 100 = 28.33 % (computed)" in text


async def test_a_change_shows_both_cells_and_the_difference() -> None:
    text, _ = await ask(Library(REPORTS), "How did Alder's net sales change in Q3 2023?")
    assert "$900 million" in text
    assert "$800 million" in text
    assert "900 - 800 = 100 million; 100 / 800 × 100 = 12.5 % (computed)" in text


async def test_follow_ups_keep_what_was_named() -> None:
    library = Library(REPORTS)
    first = "What were Alder's total net sales in Q3 2023?"
    text, citations = await ask(library, "And Birch's?", [first])
    assert "$77 million" in text
    assert first_report(citations) == "2023 Q3 BRC.pdf"
    text, _ = await ask(library, "What about the quarter before?", [first])
    assert "$833 million" in text
    text, _ = await ask(library, "What about the year before?", [first])
    assert "June 25, 2022: **$800 million**" in text


async def test_a_quarter_without_a_report_is_refused_with_what_is_closest() -> None:
    text, citations = await ask(Library(REPORTS), "What was Alder's revenue in Q1 2021?")
    assert citations == []
    assert "Q1 2021" in text
    assert "Closest: [202" in text
    assert "$" not in text


async def test_the_refusal_is_in_the_language_of_the_question() -> None:
    text, citations = await ask(Library(REPORTS), "Wie viele Raumschiffe wurden in der Galaxis verloren?")
    assert citations == []
    assert text.startswith("Die Dokumente scheinen diese Frage nicht zu beantworten.")


async def test_nothing_is_quoted_from_contents_and_certifications() -> None:
    certified = (
        "I, Ann Alder, certify that the quarterly report fairly presents net sales pursuant to 18 U.S.C. Section 1350."
    )
    library = Library([*REPORTS, chunk(certified, "2023 Q3 ALD.pdf", 9)])
    text, _ = await ask(library, "Why did Alder's net sales rise in Q3 2023?")
    assert "due primarily to higher sales of pumps" in text
    assert "certify" not in text
    assert "Item 2." not in text


INVOICE = """Invoice {number}

Billed to Fir GmbH

Position | Amount
Pumps | {net} €
VAT 19 % | {tax} €
Amount due | {due} €"""
CONTRACT = "Either party may terminate this agreement with a notice of three months to the end of a quarter."


INVOICE = """Invoice {number}

Billed to Fir GmbH

Position | Amount
Pumps | {net} €
VAT 19 % | {tax} €
Amount due | {due} €"""
CONTRACT = "Either party may terminate this agreement with a notice of three months to the end of a quarter."


async def test_documents_of_other_fields_are_read_as_well() -> None:
    library = Library(
        [
            chunk(INVOICE.format(number=4711, net="1,200.00", tax="228.00", due="1,428.00"), "invoice-4711.pdf"),
            chunk(INVOICE.format(number=4712, net="100.00", tax="19.00", due="119.00"), "invoice-4712.pdf"),
            chunk(CONTRACT, "contract.pdf"),
        ]
    )
    text, _ = await ask(library, "What is the amount due on invoice 4711?")
    assert "1,428.00" in text
    assert "119.00" not in text
    text, _ = await ask(library, "What is the notice period for terminating the agreement?")
    assert "notice of three months" in text


async def test_how_long_something_lasts_is_told_without_the_word_for_it() -> None:
    text = "A sensor may stay in the field for 26 months before its battery must be replaced.\n\nIt weighs 90 grams."
    for question in ("How long is the battery life?", "How long does the battery last?"):
        answer, _ = await ask(Library([chunk(text, "sensor manual.txt")]), question)
        assert "26 months" in answer, question


async def test_a_line_with_all_words_is_none_of_another_year() -> None:
    text = "The council agreed to end sales of the Kestrel on 31 January 2027."
    library = Library([chunk(text, "council.txt")])
    assert "end sales" in (await ask(library, "What was Kestrel's revenue in 2027?"))[0]
    answer, citations = await ask(library, "What was Kestrel's revenue in 2021?")
    assert (citations, "31 January 2027" in answer) == ([], False)


LEASE = """Lease of Fir GmbH, 3 May 2024

Fir GmbH rents the hall. The notice period of Fir GmbH for the hall is half a year. Fir GmbH insures the hall."""
HANDBOOK = """Handbook of Fir GmbH, 1 March 2022

Staff may take 28 days of holiday a year. The probation period is six months."""


async def test_all_documents_of_a_named_organisation_may_answer() -> None:
    library = Library([chunk(LEASE, "lease.txt"), chunk(HANDBOOK, "handbook.txt")])
    cases = [
        ("How many days of holiday does Fir give a year?", "28 days", "handbook.txt"),
        ("What is the notice period of Fir for the hall?", "half a year", "lease.txt"),
    ]
    await answers_of(library, cases)
    text, _ = await ask(library, "What salary does Fir pay to its directors?")
    assert "28 days" not in text


async def test_a_word_that_some_organisation_has_in_its_name_hides_no_document() -> None:
    library = Library(
        [
            chunk("Three Times Ltd prints newspapers in Oxford. Oxford Books Ltd sells them.", "printers.txt"),
            chunk("The pump of the boiler is serviced four times a year.", "boiler.txt"),
            chunk("The tower of the town hall was built to look like Magdalen Tower in Oxford.", "town.txt"),
        ]
    )
    cases = [
        ("How many times a year is the pump of the boiler serviced?", "four times", "boiler.txt"),
        ("Which Oxford tower does the tower of the town hall look like?", "Magdalen Tower", "town.txt"),
        ("Where does Three Times print newspapers?", "Oxford", "printers.txt"),
        ("where does three times print newspapers?", "Oxford", "printers.txt"),
    ]
    await answers_of(library, cases)


async def test_an_older_report_does_not_answer_in_place_of_the_newest() -> None:
    older = chunk(
        f"{COVER.format(end='April 1, 2023', company='Elm Inc.')}\n\nElm employs 412 people.", "2023 Q2 ELM.pdf"
    )
    newer = chunk(f"{COVER.format(end='July 1, 2023', company='Elm Inc.')}\n\nElm makes chairs.", "2023 Q3 ELM.pdf")
    text, _ = await ask(Library([older, newer]), "How many people does Elm employ?")
    assert "412" not in text


PRICES = """Price list 2026

The standard licence costs 300 EUR per seat and year.

Product | Price
Falcon Basic | 120 EUR
Falcon Pro | 420 EUR"""


async def test_what_something_costs_is_an_amount_however_it_is_asked() -> None:
    library = Library([chunk(PRICES, "prices.html"), chunk(CONTRACT, "contract.pdf")])
    for question in (
        "What does the Falcon Pro cost?",
        "How expensive is the Falcon Pro?",
        "How much is the Falcon Pro?",
        "Was kostet Falcon Pro?",
    ):
        text, _ = await ask(library, question)
        assert "420 EUR" in text, question
        assert "120 EUR" not in text, question


async def test_a_refusal_makes_no_claim_in_any_language() -> None:
    for question in (
        "What was Alder's revenue in Q1 2021?",
        "Which volcano erupted on Io?",
        "Wie hoch war der Umsatz von Alder im ersten Quartal 2021?",
        "¿Qué volcán entró en erupción en la luna de Júpiter?",
    ):
        sources = Sources()
        reading, _ = await Reader(Library(REPORTS), sources).read(question, [], 8)
        assert not reading.found, question
        assert unverified_claims(reading.text, [], sources) == [], question


PRICES = """Price list 2026

Customers with more than 50 seats get a discount of 15 percent.

Product | Price
Falcon Basic | 120 EUR
Falcon Pro | 420 EUR"""


async def test_what_something_costs_is_asked_in_many_ways() -> None:
    library = Library([chunk(PRICES, "prices.html")])
    for question in ("What does the Falcon Pro cost?", "How much is the Falcon Pro?", "Was kostet der Falcon Pro?"):
        text, citations = await ask(library, question)
        assert "**420 EUR**" in text, question
        assert citations


DELIVERY = """Delivery note

Delivery no.: 2026-0417 Delivery date: 12 March 2026 Due date: 11 April 2026 Customer: Kestrel Pumps GmbH

Item | Quantity | Unit price | Amount
Torque wrench | 4 | 120.00 EUR | 480.00 EUR
Seal kit | 10 | 18.50 EUR | 185.00 EUR"""


async def test_a_labelled_value_is_quoted_alone() -> None:
    library = Library([chunk(DELIVERY, "delivery.pdf"), chunk(CONTRACT, "contract.pdf")])
    for question, value in (
        ("When is the delivery due?", "Due date: 11 April 2026"),
        ("Who is the customer?", "Customer: Kestrel Pumps GmbH"),
    ):
        _, citations = await ask(library, question)
        assert citations[0].verbatim == value, question


async def test_a_price_comes_from_the_column_of_prices_and_a_number_from_that_of_numbers() -> None:
    library = Library([chunk(DELIVERY, "delivery.pdf")])
    text, _ = await ask(library, "What does a seal kit cost?")
    assert "**18.50 EUR**" in text
    text, _ = await ask(library, "How many seal kits are there?")
    assert "**10**" in text


NOTE = """The following tables show details of the statements as of July 1, 2023 and June 25, 2022 (in millions):"""
PLANT = """Property and equipment

| July 1, 2023 | June 25, 2022
Gross property | $ 114,337 | $ 114,457
Net property | $ 43,550 | $ 42,117"""
INSIDE = """Inventories are as follows:

| July 1, 2023 | June 25, 2022
Inventories: | (In thousands)
Raw materials | $ 1,663 | $ 2,430
Finished goods | 1,778 | 2,263"""


async def test_a_unit_that_stands_elsewhere_is_joined_to_its_table() -> None:
    note, inside = ["Filing", "Part I", "Note 4 - Details"], ["Filing", "Part I", "Note 5 - Inventories"]
    library = Library(
        [
            chunk(COVER.format(end="July 1, 2023", company="Alder Inc."), "2023 Q3 ALD.pdf", 1),
            chunk(NOTE, "2023 Q3 ALD.pdf", 3, note),
            chunk(PLANT, "2023 Q3 ALD.pdf", 4, [*note, "Property and equipment"]),
            chunk(INSIDE, "2023 Q3 ALD.pdf", 5, inside),
        ]
    )
    for question, figure in [
        ("What was Alder's net property in Q3 2023?", "**$43,550 million**"),
        ("What were Alder's raw materials in Q3 2023?", "**$1,663 thousand**"),
    ]:
        text, _ = await ask(library, question)
        assert figure in text, question


def test_words_are_quoted_so_that_they_are_found_where_they_stand() -> None:
    content = "Moved in 2024.\n\n| | 2024 | 2023 |\n| Sales | 7 | 6 |\n\n| | 2025 | 2024 |\n| Sales | 7 | 9 |\n"
    for start, end in ((content.index("| 2024") + 2, content.index(" | 2023")), (content.rindex("2024"), -1)):
        end = end if end > 0 else start + 4
        words = quoted(content, start, end)
        assert words is not None
        found = find_span(content, words)
        assert found is not None
        assert found.end == end
    assert quoted("12 12", 3, 5) == "12 12"
    assert quoted(f"12{' x' * 400} 12", 803, 805) is None
