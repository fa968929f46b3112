"""Questions that documents ask and answer themselves: frequent questions, questionnaires."""

import pytest

from citewell.agent.reading.document import opened
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

TITLE = "Questions and answers"
FAQ = [
    chunk(
        "Open the account page and choose End. The subscription then runs to the end of the month.",
        "faq.md",
        path=(TITLE, "How do I cancel my subscription?"),
    ),
    chunk("Seven days from the day of delivery.", "faq.md", path=(TITLE, "How long can I return a box?")),
    chunk(
        "Q: Where do the vegetables come from?\nA: From four farms around Ludford.\n\n"
        "Q: Who packs the boxes?\nA: A team of six in our hall in Bree.",
        "faq.md",
        path=(TITLE,),
    ),
    chunk(
        "What happens if I am not at home?\n\nThe driver leaves the box at the door, unless you name a neighbour.\n\n"
        "Is there a minimum order?\n\nNo. Delivery costs 3.90 for orders below 25 euros.",
        "more.txt",
    ),
]
QUESTIONNAIRE = """No | Topic | Question | Answer | Owner
1.1 | Hosting | Where is customer data stored? | In data centres in Dublin and Frankfurt | Yara Lindholm
2.1 | Access | Is multi-factor authentication enforced for administrators? | Yes, with hardware keys | Otis Bramwell
5.1 | Testing | Who carries out penetration tests? | Redshank Labs, once a year | Femi Adeyinka
6.1 | Continuity | What is the recovery time objective? | 6 hours | Yara Lindholm
6.2 | Continuity | What is the recovery point objective? | 15 minutes | Yara Lindholm"""
LIBRARY = Library([*FAQ, chunk(QUESTIONNAIRE, "questionnaire.csv")])


@pytest.mark.parametrize(
    ("question", "expected", "document"),
    [
        ("How can I cancel the subscription?", "Open the account page and choose End.", "faq.md"),
        ("How long may a box be returned?", "Seven days", "faq.md"),
        ("Where do the vegetables come from?", "From four farms around Ludford.", "faq.md"),
        ("Who packs the boxes?", "A team of six", "faq.md"),
        ("What happens if nobody is at home?", "leaves the box at the door", "more.txt"),
        ("Is there a minimum order?", "No. Delivery costs 3.90", "more.txt"),
        ("Where do you store customer data?", "Dublin and Frankfurt", "questionnaire.csv"),
        ("Do administrators have to use multi-factor authentication?", "hardware keys", "questionnaire.csv"),
        ("Who does your penetration tests?", "Redshank Labs", "questionnaire.csv"),
        ("What is the recovery time objective?", "6 hours", "questionnaire.csv"),
        ("Who is the owner of the question on penetration tests?", "Femi Adeyinka", "questionnaire.csv"),
    ],
)
async def test_the_answer_is_what_stands_behind_the_question(question: str, expected: str, document: str) -> None:
    text, cited = await ask(LIBRARY, question)
    assert expected in text
    assert cited[0].document_name == document


async def test_another_answer_of_the_list_is_not_given() -> None:
    text, _ = await ask(LIBRARY, "What is the recovery time objective?")
    assert "15 minutes" not in text


@pytest.mark.parametrize("question", ["Do you deliver on Sundays?", "Are you certified according to ISO 27001?"])
async def test_a_question_that_the_list_does_not_ask_is_refused(question: str) -> None:
    _, cited = await ask(LIBRARY, question)
    assert cited == []


def test_a_question_within_a_paragraph_stays_a_sentence_of_its_own() -> None:
    text = "The committee met in May. Should the mill be sold? Nobody wanted to decide that in the spring."
    sentences = opened([chunk(text, "minutes.txt")]).sentences
    assert [one.text for one in sentences][1:] == [
        "Should the mill be sold?",
        "Nobody wanted to decide that in the spring.",
    ]


async def test_the_paragraph_behind_the_answer_is_no_part_of_it() -> None:
    text = "How long do fillings last?\n\nWhite ones last ten years.\n\nThe practice is closed on every Wednesday."
    found, _ = await ask(Library([chunk(text, "fees.md")]), "How long does a filling last?")
    assert "ten years" in found
    assert "Wednesday" not in found


async def test_a_sentence_of_three_words_may_answer() -> None:
    library = Library([chunk("Small repairs are paid by the tenant. Subletting is excluded.", "lease.md")])
    text, _ = await ask(library, "Is subletting excluded?")
    assert "Subletting is excluded." in text
