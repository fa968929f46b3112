"""What a question is about, apart from how it asks and which document it names; results spread over pages."""

from uuid import UUID, uuid4

from citewell.search.asking import topic
from citewell.search.focus import Weights
from citewell.search.hits import SearchHit, spread
from citewell.search.titles import DocumentWords, Titles

REPORT, LEASE = uuid4(), uuid4()
TITLES = Titles(
    {
        REPORT: DocumentWords.of("2023 Q3 ALD.pdf", "Quarterly report of Alder Inc."),
        LEASE: DocumentWords.of("lease.pdf", "Lease of Mill Lane. The notice period is three months."),
    }
)


def test_words_that_name_the_document_are_no_topic() -> None:
    question = "What was Alder's gross margin in the third quarter of 2023, as stated in the report?"
    names = TITLES.naming(question, [REPORT])
    assert {"alder", "third", "2023"} <= names
    words = topic(question, "en", names).split()
    assert {"gross", "margin"} <= set(words)
    assert not {"Alder's", "2023,", "report?"} & set(words)


def test_what_a_first_page_says_stays_a_topic() -> None:
    assert "notice" not in TITLES.naming("What is the notice period of the Mill Lane lease?", [LEASE])


def test_a_question_of_nothing_but_names_is_kept() -> None:
    assert topic("What about Alder?", "en", frozenset({"alder"})) == "What about Alder?"


def hit(document: UUID, page: int | None, score: float) -> SearchHit:
    found = (uuid4(), document, "a.pdf", "text", 0, 4, page, page, (), score, None)
    return SearchHit(*found, ordinal=0, version_id=uuid4())


def test_a_page_with_many_chunks_leaves_room_for_others() -> None:
    hits = [hit(REPORT, 40, 2.0), hit(REPORT, 40, 1.9), hit(REPORT, 40, 1.8), hit(REPORT, 3, 1.6)]
    assert [one.min_page for one in spread(hits)] == [40, 3, 40, 40]
    assert [one.score for one in spread([hit(LEASE, None, 2.0), hit(LEASE, None, 1.9)])] == [2.0, 1.9]


def test_a_ranking_of_few_chunks_counts_little() -> None:
    weights = Weights()
    assert weights.of_ranking(1, 1) == 0
    assert 0 < weights.of_ranking(8, 2) < weights.of_ranking(40, 1) == weights.within
