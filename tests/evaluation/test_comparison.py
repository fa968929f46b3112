"""Comparing runs: pairs, what changed, the exact test and the bootstrap interval."""

from typing import Any

import numpy as np
import pytest

from citewell.evaluation.comparison import Result, bootstrap, compare, mcnemar


def result(truth: str, **values: Any) -> Result:
    usual: dict[str, Any] = {"is_right": None, "score": None, "found": None, "rank": None, "verified_share": None}
    usual |= {"seconds": None, "tokens": None, "is_done": True, "query": f"{truth}?"}
    return Result(id=f"{truth}-id", ground_truth=truth, **(usual | values))


def test_the_exact_test_is_that_of_the_tables() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(9, 1) == pytest.approx(0.021484, abs=1e-6)  # binom.test(1, 10)
    assert mcnemar(3, 3) == 1.0


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(7)
    held = 0
    for _ in range(100):
        low, high = bootstrap(draw.normal(0.3, 1.0, 60))
        held += low <= 0.3 <= high
    assert 88 <= held <= 100


def test_what_got_worse_comes_first_and_unpaired_questions_are_counted() -> None:
    before = [
        result("a", is_right=True, score=1.0),
        result("b", is_right=False, score=0.0),
        result("c", is_right=True, score=1.0, found=True, rank=1),
        result("gone", is_right=True, score=1.0),
        result("waits", is_done=False),
    ]
    after = [
        result("b", is_right=True, score=1.0),
        result("a", is_right=False, score=0.25),
        result("c", is_right=True, score=1.0, found=False),
        result("c", query="Asked otherwise?", is_right=False, score=0.0),
        result("waits", is_right=False, score=0.0),
    ]
    found = compare(before, after)
    assert (found["pairs"], found["better"], found["worse"], found["same"]) == (3, 1, 2, 0)
    assert (found["only_before"], found["only_after"]) == (1, 2)
    assert [(one["ground_truth"], one["change"]) for one in found["changed"]] == [
        ("a", "worse"),
        ("c", "worse"),
        ("b", "better"),
    ]
    [score] = [one for one in found["metrics"] if one["metric"] == "score"]
    assert (score["pairs"], score["before"], score["after"]) == (3, pytest.approx(2 / 3), 0.75)
    assert score["low"] <= score["difference"] <= score["high"]
    assert {one["metric"] for one in found["metrics"]} == {"right", "score", "retrieval_found", "reciprocal_rank"}
    assert compare(before, after) == found


def test_runs_without_a_common_question() -> None:
    found = compare([result("a", is_right=True)], [result("b", is_right=True)])
    assert (found["pairs"], found["p_value"], found["metrics"]) == (0, None, [])
