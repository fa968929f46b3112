"""What is not said of a thing that no document names: the thing after an article, a telephone number."""

import pytest

from citewell.agent.reading.document import opened
from citewell.agent.reading.objects import lacks_object
from citewell.agent.reading.question import understand
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

LEAVE = (
    "Employees have 25 days of annual leave. Special leave of two days is given for a wedding or a move. "
    "Special leave is requested from the People team, which answers within three working days. "
    "The provider keeps the leave system available for 99.5 % of each month."
)
LEASE = "Vermietet wird die Wohnung im Lindenweg 21. Die Verwaltung ist Frau Berger. Ein Hund braucht Zustimmung."
POLICY = "El seguro cubre el contenido por 32.000 euros. El teléfono de la oficina es 945 123 456."
TIMES = 6  # that the texts are repeated: a short document may mean a thing by other words


@pytest.mark.parametrize(
    ("text", "question", "lacks"),
    [
        (LEAVE, "How many days of special leave are there for a divorce?", True),
        (LEAVE, "How many days of special leave are there for a wedding?", False),
        (LEAVE, "What is the interest rate of the company loan?", True),
        (LEAVE, "What availability does the provider guarantee?", False),  # a verb
        (LEAVE, "What is the allowance per year?", False),  # documents may have another name for it
        (LEAVE, "Who is the caretaker of the provider?", True),  # but of a person they have the office
        (LEAVE, "How many days of special leave does form K1 give?", True),
        (f"{LEAVE} Form K1 asks for it.", "How many days of special leave does form K1 give?", False),
        (f"{LEAVE} Form K-1 asks for it.", "How many days of special leave do K1s give?", False),
        (f"{LEAVE} It saves CO₂.", "How many days of special leave save CO2?", False),
        (LEASE, "Wer ist der Hausmeister im Lindenweg 21?", True),
        (LEASE, "Was zahlt man für einen Hamster?", True),
        (LEASE, "Braucht ein Hund eine Zustimmung?", False),
        (POLICY, "¿Cuánto cuesta asegurar una bicicleta?", True),
        (LEAVE, "¿Cuánto cuesta asegurar una bicicleta?", False),  # no word of another language tells
    ],
)
def test_a_document_without_the_object_says_nothing_of_it(text: str, question: str, lacks: bool) -> None:
    assert lacks_object(understand(question), opened([chunk(f"{text} " * TIMES)])) == lacks


def test_a_short_document_may_mean_it_by_other_words() -> None:
    assert not lacks_object(understand("How many days are there for a divorce?"), opened([chunk(LEAVE)]))


async def test_an_answer_about_something_near_is_refused() -> None:
    library = Library([chunk(f"{LEAVE} " * TIMES, "leave.html")])
    text, _ = await ask(library, "How many days of special leave are there for a wedding?")
    assert "two days" in text
    text, citations = await ask(library, "How many days of special leave are there for a divorce?")
    assert citations == []
    assert "three working days" not in text


async def test_a_document_without_the_name_says_nothing_where_another_has_it() -> None:
    library = Library(
        [
            chunk("Rents rise by 2.7 % from 6 April 2026. The board met in the hall.", "minutes.md"),
            chunk("Lease between Nordkai Ltd and the tenant Rowanfield. The rooms are a roastery.", "lease.md"),
        ]
    )
    text, _ = await ask(library, "By how much does the rent of Rowanfield rise?")
    assert "2.7 %" not in text
