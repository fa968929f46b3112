"""What a sentence says: that something is not so, what a word means, what the sentence before is about; and lists."""

import pytest

from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

POLICY = """Every sensor carries a warranty of 36 months from the date on the delivery note. The warranty covers \
defects of material and workmanship. It does not cover sensors that were opened or submerged.

This agreement uses words within the meaning of the law. The free tier of each plan is shown to all. Free allowance is \
what is left of the yearly amount after the first month."""
RETURNS = """Ask first whether we can mend it.

Returning a sensor

1. Ask for a return number at the desk. Parcels without one
are sent back.
2. Remove the battery.
3. Write the number on the parcel.

The desk keeps the data of a returned sensor for 30 days."""
PLANS = """Plan | First answer | Price
Basic | 3 days | included
Field | 8 hours | 48 EUR
Critical | 45 minutes | 190 EUR"""
NOTES = "The council agreed to end sales of the Kestrel K1 on 31 January 2027. Spare parts stay available."


def first_line(text: str) -> str:
    return text.split("\n- ", 1)[1].split("\n")[0]


async def test_what_is_not_so() -> None:
    text, _ = await ask(Library([chunk(POLICY, "policy.md")]), "What does the warranty not cover?")
    assert "opened or submerged" in first_line(text)


async def test_what_a_word_means() -> None:
    text, _ = await ask(Library([chunk(POLICY, "policy.md")]), "What is meant by free allowance?")
    assert "what is left of the yearly amount" in first_line(text)


@pytest.mark.parametrize("question", ["How do I return a sensor?", "List the steps for returning a sensor."])
async def test_steps_come_as_their_list(question: str) -> None:
    _, citations = await ask(Library([chunk(RETURNS, "returns.md")]), question)
    assert [citation.verbatim for citation in citations] == [
        "Ask for a return number at the desk. Parcels without one\nare sent back.",
        "Remove the battery.",
        "Write the number on the parcel.",
    ]


async def test_rows_that_are_compared_come_side_by_side() -> None:
    library = Library([chunk(PLANS, "plans.md")])
    text, _ = await ask(library, "Compare the Field and the Critical plan.")
    assert "**8 hours**" in text
    assert "**45 minutes**" in text
    text, _ = await ask(library, "What do the Field and the Critical plan cost?")
    assert "**48 EUR**" in text
    assert "**190 EUR**" in text
    _, citations = await ask(library, "What do the Field and the Orbit plan cost?")
    assert not citations


async def test_a_number_in_a_name_is_no_amount() -> None:
    _, citations = await ask(Library([chunk(NOTES, "council.docx")]), "What were the total net sales?")
    assert not citations
