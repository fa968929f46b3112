"""How people ask: for all of something, for what is expected, for what a thing is made of, by its full name."""

import pytest

from citewell.agent.citations import LINK
from tests.agent.library import Library, document
from tests.agent.test_reading import COVER, ask, first_report

GUIDANCE = """Guidance

Third Quarter 2023 Guidance

• Net sales are expected to be between $127 million and $133 million, compared with $110 million in third quarter 2022.

Net sales in the second quarter of 2023 were $121 million."""
SEGMENTS = """Segments

We have organized our operations into three segments: Air, Rail, and Deep Sea Cargo (“DSC”).

The Rail segment consists of freight trains, terminals and the wagons that we lease.

Operating income by segment is as follows (in millions):

| Three Months Ended June 30,
| 2023 | 2022
Operating Income
Air | $ 12 | $ 11
Rail | 22 | 20
DSC | 5,403 | 4,883
Consolidated | $ 5,437 | $ 4,914

Net sales by product were as follows (in millions):

| Three Months Ended June 30,
| 2023 | 2022
Tickets | 64 | 60
Freight | 57 | 50
Total net sales | 121 | 110"""
COUNTRIES = """The following table shows net sales by region (in millions):

| Three Months Ended June 30,
| 2023 | 2022
Nordics:
Net sales | 64 | 60
Operating income | 12 | 11
Baltics:
Net sales | 57 | 50
Operating income | 4 | 3"""
CASH = """CONSOLIDATED STATEMENTS OF CASH FLOWS

(in millions)

| Three Months Ended June 30,
| 2023 | 2022
Financing activities:
Payments for dividends and dividend equivalents | (30) | (28)
Repurchases of common stock | (180) | (170)"""
NAME = "2023 Q2 DRN.pdf"
COVER_DORAN = COVER.format(end="June 30, 2023", company="Doran Inc.")


def library(*texts: str) -> Library:
    return document(NAME, COVER_DORAN, *texts)


async def test_what_a_sentence_lists() -> None:
    for question in ("Which segments does Doran report?", "What are Doran's segments?", "Welche Segmente hat Doran?"):
        text, _ = await ask(library(GUIDANCE, SEGMENTS), question)
        assert "three segments: Air, Rail, and Deep Sea Cargo" in text.split("\n")[2], question


async def test_what_a_table_is_broken_down_by() -> None:
    text, citations = await ask(library(GUIDANCE, COUNTRIES), "What are Doran's regions?")
    assert [line for line in LINK.sub("", text).split("\n") if line.startswith("- ")] == [
        f"- **Nordics**  ({NAME})",
        f"- **Baltics**  ({NAME})",
    ]
    assert {citation.min_page for citation in citations} == {3}


async def test_what_a_report_expects_of_the_time_after_it() -> None:
    for question in (
        "What net sales does Doran expect for the third quarter of 2023?",
        "What is Doran's net sales guidance for Q3 2023?",
        "¿Qué ventas netas espera Doran para el tercer trimestre de 2023?",
    ):
        text, citations = await ask(library(GUIDANCE, SEGMENTS), question)
        assert "between $127 million and $133 million" in text, question
        assert first_report(citations) == NAME


async def test_what_a_thing_is_made_of() -> None:
    text, _ = await ask(library(SEGMENTS), "What does Doran's Rail segment consist of?")
    assert "freight trains, terminals" in text
    assert "$22" not in text


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("How much did Doran's Deep Sea Cargo earn in Q2 2023?", ("5,403",)),
        ("Um wie viel Prozent ist das Betriebsergebnis von DSC im zweiten Quartal 2023 gestiegen?", ("5,403", "10.6")),
        ("How much did Doran earn with freight in Q2 2023?", ("57",)),
    ],
)
async def test_figures_by_other_words(question: str, figures: tuple[str, ...]) -> None:
    text, _ = await ask(library(SEGMENTS, CASH), question)
    assert all(figure in text for figure in figures), text


async def test_a_sentence_over_two_pages_is_quoted_whole() -> None:
    page = (
        "Doran runs trains in four countries.\n\nBecause of the strike, a significant number of the drivers have"
        "\n\n39\n\nbeen absent since May. Wages are unchanged."
    )
    text, citations = await ask(library(page), "Have Doran's drivers been absent because of the strike?")
    assert "a significant number of the drivers have been absent since May.”" in text
    assert citations[0].exact
