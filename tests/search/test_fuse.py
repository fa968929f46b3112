from uuid import uuid4

from citewell.search.candidates import Span
from citewell.search.fuse import Fusion, reciprocal_ranks

ONE, TWO, THREE = uuid4(), uuid4(), uuid4()


def test_what_both_rankings_have_comes_first() -> None:
    scores = reciprocal_ranks([["a", "b", "c"], ["b", "d"]])
    assert sorted(scores, key=scores.__getitem__, reverse=True) == ["b", "a", "d", "c"]


def test_one_ranking_keeps_its_order() -> None:
    scores = reciprocal_ranks([["c", "a", "b"], []])
    assert sorted(scores, key=scores.__getitem__, reverse=True) == ["c", "a", "b"]
    assert reciprocal_ranks([]) == {}


def test_halves_that_find_different_passages_of_a_chunk_agree_on_the_chunk() -> None:
    fusion = Fusion([[(ONE, 0), (TWO, 0)], [(THREE, 0), (TWO, 9)]])
    assert fusion.chunks[0] == TWO
    assert len(fusion.chunks) == 3


def test_neighbours_that_rank_high_are_shown_with_the_best() -> None:
    assert Fusion([[(ONE, 4), (ONE, 5), (ONE, 9)]]).span(ONE) == Span(ONE, 4, 4, 5)
    assert Fusion([[(ONE, 4), (ONE, 5), (ONE, 3), (ONE, 6), (ONE, 2)]]).span(ONE) == Span(ONE, 4, 3, 5)


def test_neighbours_that_rank_low_are_not() -> None:
    others = [(uuid4(), 0) for _ in range(50)]
    assert Fusion([[(ONE, 4), *others, (ONE, 5)]]).span(ONE) == Span(ONE, 4, 4, 4)
