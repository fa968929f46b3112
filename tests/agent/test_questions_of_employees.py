"""Questions as busy people type them: two at once, a story in front, phrases that only ask, steps by their number."""

import pytest

from citewell.agent.reading import instructions, several
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

LIFT = [
    ("Corvin lift: manual", "Corvin lift: manual\n\nMaker: Corvin Lifts AB, Lund"),
    ("Data", "Data\n\nProperty | CL 10 | CL 14\nRated load | 1,000 kg | 1,400 kg\nLift height | 2,900 mm | 3,600 mm"),
    (
        "Installation",
        "Installation\n\n1. Bolt the frame to the floor.\n2. Hang the cage on its hooks.\n3. Test the brake.",
    ),
    ("Warranty", "Warranty\n\nDamage is covered only if the lift was serviced once a year."),
]
LEASE = [
    ("Lease", "Lease\n\nLandlord\nAda Obi\n\nDeposit\nGBP 900\n\nStart of the lease\n1 May 2026"),
    ("Pets", "Pets\n\nThe board rejected a proposal to charge for pets. The lease runs for twelve months."),
]
LIBRARY = Library(
    [chunk(text, "corvin-lift.md", path=("Corvin lift: manual", head)) for head, text in LIFT]
    + [chunk(text, "lease-quay-road.pdf", path=(head,)) for head, text in LEASE]
)


async def test_two_questions_in_one_are_both_answered() -> None:
    text, citations = await ask(LIBRARY, "when does the lease of quay road start and how long does it run")
    assert "1 May 2026" in text
    assert "twelve months" in text
    assert {citation.document_name for citation in citations} == {"lease-quay-road.pdf"}


async def test_two_things_joined_by_and_have_a_cell_each() -> None:
    text, _ = await ask(LIBRARY, "cl 14 rated load and lift height")
    assert "1,400 kg" in text
    assert "3,600 mm" in text


async def test_the_question_behind_a_story_is_answered() -> None:
    story = (
        "Our neighbour came by on Sunday with a cake and told us about last spring. She was quite upset at the time."
    )
    text, _ = await ask(LIBRARY, f"{story} Was a proposal to charge for pets rejected?")
    assert "rejected a proposal to charge for pets" in text


@pytest.mark.parametrize(
    ("question", "step"),
    [
        ("What is the second step of the installation of the Corvin lift?", "Hang the cage"),
        ("What is the last step of the installation of the Corvin lift?", "Test the brake"),
    ],
)
async def test_one_step_of_a_list(question: str, step: str) -> None:
    text, citations = await ask(LIBRARY, question)
    assert step in text
    assert len(citations) == 1


async def test_a_list_has_no_step_behind_its_last() -> None:
    text, _ = await ask(LIBRARY, "What is the fourth step of the installation of the Corvin lift?")
    assert "Test the brake" not in text


async def test_the_order_of_steps_is_the_whole_list() -> None:
    text, _ = await ask(LIBRARY, "In what order is the Corvin lift installed?")
    assert text.index("Bolt the frame") < text.index("Hang the cage") < text.index("Test the brake")


async def test_a_condition_is_told_by_a_sentence() -> None:
    text, _ = await ask(LIBRARY, "Under which condition does the warranty of the Corvin lift cover damage?")
    assert "only if the lift was serviced once a year" in text


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("What should I do if the brake fails?", "the brake fails?"),
        ("Who besides Ada Obi signed?", "Who   signed?"),
        ("In welchem Fall haftet der Mieter?", "haftet der Mieter?"),
    ],
)
def test_phrases_that_only_ask_are_not_looked_for(text: str, bare: str) -> None:
    assert instructions.without(text).split() == bare.split()


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        ("Who signed and when does it start?", ("Who signed", "when does it start?")),
        ("When does it start? How long does it run?", ("When does it start", "How long does it run?")),
        ("What is the load and the height?", None),
    ],
)
def test_where_a_text_asks_twice(text: str, halves: tuple[str, str] | None) -> None:
    assert several.halves(text) == halves


def test_only_a_question_behind_sentences_is_one_behind_a_story() -> None:
    assert several.last_question("It rained. What is covered?") == "What is covered?"
    assert several.last_question("What is covered?") is None
    assert several.last_question("What is covered? It rained.") is None
