"""Questions in another language than the documents, where the vocabulary knows the thing in both."""

import pytest

from citewell.agent.reading import lookup
from citewell.agent.reading.document import Shelf
from citewell.agent.reading.passages import by_words, lacks_known, ranked, with_foreign
from citewell.agent.reading.question import understand
from tests.agent.library import Library, chunk
from tests.agent.test_reading import ask

LEASE = [
    chunk(
        "Mietvertrag\n\nVermieterin: Berta Lang\n\nMieter: Omar Nadir\n\nDie Wohnung liegt im zweiten Obergeschoss und "
        "hat drei Zimmer mit einem kleinen Balkon nach Süden.",
        "mietvertrag.docx",
    ),
    chunk(
        "Kaution\n\nDer Mieter zahlt eine Kaution von 1.900,00 Euro in drei Raten. Die Vermieterin legt sie auf einem "
        "Sparbuch an und gibt sie nach dem Ende der Mietzeit zurück.",
        "mietvertrag.docx",
    ),
]


@pytest.mark.parametrize(
    ("question", "is_translated"),
    [
        ("What deposit does Omar Nadir pay?", True),
        ("What deposit does Lucas Ferreira pay?", False),  # another tenant
        ("How much is the heating of Omar Nadir?", False),
    ],
)
def test_a_sentence_with_the_word_of_the_vocabulary_is_told(question: str, is_translated: bool) -> None:
    asked = understand(question)
    documents = [Shelf().open(LEASE)]
    assert documents[0].language == "de"
    looked_at = with_foreign(asked, documents, [], by_words(asked, documents, asked.groups, 8), 8, 8)
    assert any(one.is_translated and "Kaution" in one.sentence.text for one in looked_at) is is_translated


def test_a_sentence_in_the_language_of_the_question_needs_no_translation() -> None:
    asked = understand("What deposit does Omar Nadir pay?")
    english = chunk("Omar Nadir pays a deposit of EUR 1,900 for the flat in Cologne.", "letter.txt")
    documents = [Shelf().open([english]), Shelf().open(LEASE)]
    found = with_foreign(asked, documents, [], by_words(asked, documents, asked.groups, 8), 8, 8)
    best = ranked(found, None)
    assert best[0].sentence.text.startswith("Omar Nadir pays")
    assert not any(one.is_translated for one in best)


@pytest.mark.parametrize(
    ("question", "lacks"), [("What deposit does Omar Nadir pay?", 0), ("What warranty has it?", 1)]
)
def test_a_sentence_without_the_word_that_the_vocabulary_translates_is_told(question: str, lacks: float) -> None:
    asked = understand(question)
    documents = [Shelf().open(LEASE)]
    (kaution,) = (one for one in documents[0].sentences if "Kaution von" in one.text)
    assert lacks_known(asked, kaution, documents[0]) == lacks


def test_the_name_of_a_thing_alone_finds_no_field_of_it() -> None:
    pump = chunk("Data\n\n| Otter 300 | Otter 500\nPower | 750 W | 1,100 W\nCable length | 10 m | 12 m", "pump.md")
    documents = [Shelf().open([pump])]
    assert lookup.find(understand("Wie lang ist die Garantie der Pumpe Otter 300?"), documents) == []
    assert lookup.find(understand("What power does the Otter 300 have?"), documents)


async def test_a_sentence_without_a_new_name_does_not_say_who() -> None:
    minutes = Library(
        [
            chunk(
                "Repairs\n\nThree bids were received for the repairs contract. The board noted the report. Rents rise "
                "in April. The next meeting is in May.",
                "board-minutes-alder.docx",
                path=("Board meeting of Alder Housing",),
            )
        ]
    )
    _, cited = await ask(minutes, "Who won the repairs contract of Alder Housing?")
    assert not cited
