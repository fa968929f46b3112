from uuid import uuid4

import pytest

from citewell.search.focus import Focused, Weights
from citewell.search.fuse import Fusion, ranks_and_cosines, reciprocal_ranks
from citewell.search.repository.candidates import Facts, Span

ONE, TWO, THREE, FOUR = (uuid4() for _ in range(4))


def ordered(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=scores.__getitem__, reverse=True)


def test_what_both_rankings_have_comes_first() -> None:
    assert ordered(reciprocal_ranks([["a", "b", "c"], ["b", "d"]], 10)) == ["b", "a", "d", "c"]
    assert ordered(ranks_and_cosines(["a", "b", "c"], {"b": 0.9, "d": 0.7, "e": 0.1})) == ["b", "a", "d", "c", "e"]


def test_one_ranking_keeps_its_order() -> None:
    assert ordered(reciprocal_ranks([["c", "a", "b"], []], 10)) == ["c", "a", "b"]
    assert ordered(ranks_and_cosines(["c", "a", "b"], {})) == ["c", "a", "b"]
    assert ordered(ranks_and_cosines([], {"c": 0.3, "a": 0.2, "b": -0.1})) == ["c", "a", "b"]
    assert ranks_and_cosines([], {}) == {}


def test_the_only_one_found_by_meaning_counts_as_the_nearest() -> None:
    assert ranks_and_cosines([], {"a": 0.4}) == {"a": 1.0}


@pytest.mark.parametrize("rrf_k", [None, 10])
def test_halves_that_find_different_passages_of_a_chunk_agree_on_the_chunk(rrf_k: int | None) -> None:
    fusion = Fusion([(ONE, 0), (TWO, 0)], {(THREE, 0): 0.6, (TWO, 9): 0.55, (FOUR, 7): 0.1}, rrf_k)
    assert fusion.chunks[0] == TWO
    assert len(fusion.chunks) == 4


def test_neighbours_that_rank_high_are_shown_with_the_best() -> None:
    assert Fusion([(ONE, 4), (ONE, 5), (ONE, 9)], {}).span(ONE) == Span(ONE, 4, 4, 5)
    assert Fusion([(ONE, 4), (ONE, 5), (ONE, 3), (ONE, 6), (ONE, 2)], {}).span(ONE) == Span(ONE, 4, 3, 5)


def test_what_was_not_found_is_not_shown_as_a_neighbour() -> None:
    assert Fusion([], {(ONE, 4): 0.5, (TWO, 2): 0.1}).span(TWO) == Span(TWO, 2, 2, 2)


def test_neighbours_that_rank_low_are_not() -> None:
    others = [(uuid4(), 0) for _ in range(50)]
    assert Fusion([(ONE, 4), *others, (ONE, 5)], {}).span(ONE) == Span(ONE, 4, 4, 4)


def test_a_name_counts_half_for_what_is_in_another_language() -> None:
    fusion = Fusion([], {(ONE, 0): 0.6, (TWO, 0): 0.4, (THREE, 0): 0.1})
    documents = {chunk: Facts(uuid4(), "de") for chunk in (ONE, TWO, THREE)}
    named = {documents[TWO].document_id: 1.0}
    assert Focused(fusion, None, named, documents, Weights()).chunks == [TWO, ONE, THREE]
    assert Focused(fusion, None, named, documents, Weights(), foreign=set(documents)).chunks == [ONE, TWO, THREE]
