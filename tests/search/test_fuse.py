from citewell.search.fuse import reciprocal_ranks


def test_what_both_rankings_have_comes_first() -> None:
    scores = reciprocal_ranks([["a", "b", "c"], ["b", "d"]])
    assert sorted(scores, key=scores.__getitem__, reverse=True) == ["b", "a", "d", "c"]


def test_one_ranking_keeps_its_order() -> None:
    scores = reciprocal_ranks([["c", "a", "b"], []])
    assert sorted(scores, key=scores.__getitem__, reverse=True) == ["c", "a", "b"]
    assert reciprocal_ranks([]) == {}
