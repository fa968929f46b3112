"""Judging answers without a model: figures in any unit, phrases, words, refusals, and what was retrieved."""

from typing import Any

import pytest

from citewell.evaluation.figures import figures_of, missing
from citewell.evaluation.judging import Expected, judge_answer, judge_retrieval
from citewell.evaluation.refusals import refuses


@pytest.mark.parametrize(
    ("figure", "text", "stands"),
    [
        ("81,797", "Net sales were $81,797 million.", True),
        ("81797", "Net sales were 81,797 million.", True),
        ("81,797", "about 81.8 billion", True),
        ("122.584", "122,584 million", True),
        ("3.5", "um 3,50 EUR", True),
        ("1.234,5", "1,234.5 units", True),
        ("81,797", "Net sales were $81,979 million.", False),
        ("12", "page 120 of 312", False),
        ("7", "Some [7](/x/reference/y?verbatim=7)", False),
        ("12 %", "a rise of 12%", True),
        ("four", "Four weeks", True),
    ],
)
def test_figures_in_texts(figure: str, text: str, stands: bool) -> None:
    assert (missing([figure], text) == []) is stands


def test_the_figures_of_a_reference_are_not_those_of_its_question() -> None:
    assert figures_of("In 2023 net sales were 81,797 million, against 82,959.", "Net sales in 2023?") == [
        "81,797",
        "82,959",
    ]
    assert figures_of("It is 140 EUR [1].", "How much?") == ["140"]
    assert figures_of("It was founded in 1998.", "When was it founded?") == ["1998"]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("I could not find net sales for 2031 in the documents.", True),
        ("The documents do not mention a pension plan.", True),
        ("There is no information on this.", True),
        ("Die Dokumente nennen dazu keine Zahl.", True),
        ("文档中没有找到相关内容。", True),
        ("", True),
        ("A room costs 140 EUR. The documents do not mention Oslo.", False),
        ("The tenant does not pay for repairs.", False),
        ("Net sales were 81,797 million.", False),
        ("No, the contract has been ended.", False),
    ],
)
def test_a_refusal_is_told_from_an_answer(answer: str, refused: bool) -> None:
    assert refuses(answer) is refused


def test_citations_are_no_figures_of_the_answer() -> None:
    said = judge_answer("How many?", "There are some. [3](/p/reference/c?verbatim=x)", Expected("3"))
    assert (said.is_right, said.missing) == (False, ["3"])


def test_named_expectations_go_before_the_reference_answer() -> None:
    expected = Expected("140 EUR in Berlin", figures=["140"], phrases=["per night", "Breakfast  is extra"])
    said = judge_answer("What does a room cost?", "A room costs 140 EUR per night; breakfast is “extra”.", expected)
    assert said.missing == ["Breakfast  is extra"]
    assert said.score == pytest.approx(2 / 3)
    full = judge_answer("What does a room cost?", "140 EUR per night; breakfast is extra", expected)
    assert (full.is_right, full.score) == (True, 1.0)


def test_a_reference_without_figures_is_compared_by_its_words() -> None:
    expected = Expected("The tenant pays for repairs of the roof.")
    good = judge_answer("Who pays for repairs?", "Repairing the roof is paid by the tenants.", expected)
    assert good.is_right
    wrong = judge_answer("Who pays for repairs?", "The landlord pays for repairs.", expected)
    assert not wrong.is_right
    assert "roof" in wrong.missing


def test_refusing_is_right_only_where_it_is_expected() -> None:
    refusal = "The documents do not tell."
    assert judge_answer("Q?", refusal, Expected("None", refusal=True)).is_right
    assert not judge_answer("Q?", "It is 5.", Expected("None", refusal=True)).is_right
    assert not judge_answer("Q?", refusal, Expected("5")).is_right


RESULTS: list[dict[str, Any]] = [
    {"document_id": "d1", "name": "a.pdf", "min_page": 1, "max_page": 2, "content": "Nothing here."},
    {"document_id": "d2", "name": "Report 2023.pdf", "min_page": 4, "max_page": 5, "content": "Net sales\n81,797"},
    {"document_id": "d2", "name": "Report 2023.pdf", "min_page": 9, "max_page": 9, "content": "Signatures"},
]


@pytest.mark.parametrize(
    ("sources", "found", "rank", "ranks"),
    [
        ([{"document_id": "d2"}], True, 2, (2, None, None)),
        ([{"document_name": "report 2023"}], True, 2, (2, None, None)),
        ([{"document_id": "d2", "page": 9}], True, 3, (2, 3, None)),
        ([{"document_id": "d2", "page": 7}], False, None, (2, None, None)),
        ([{"text": "net sales 81,797"}], True, 2, (1, None, 2)),
        ([{"document_id": "d1"}, {"document_id": "d3"}], False, 1, (1, None, None)),
        ([], None, None, (None, None, None)),
    ],
)
def test_where_the_expected_source_stood(
    sources: list[dict[str, Any]], found: bool | None, rank: int | None, ranks: tuple[int | None, ...]
) -> None:
    retrieval = judge_retrieval(RESULTS, sources)
    assert (retrieval.found, retrieval.rank) == (found, rank)
    assert (retrieval.document_rank, retrieval.page_rank, retrieval.passage_rank) == ranks
