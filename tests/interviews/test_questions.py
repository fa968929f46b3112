"""What the interviewer without a language model reads in an answer, and what that may cost."""

import pytest

from citewell.interviews import contradictions
from citewell.interviews.contradictions import contradictions_in
from citewell.interviews.questions import _partings, _term
from citewell.interviews.talk import Passage
from citewell.kit.ids import new_id


@pytest.mark.parametrize(
    ("line", "term"),
    [
        ("MTBF: mean time between failures", ("MTBF", "mean time between failures")),
        ("SCR = selective catalytic reduction", ("SCR", "selective catalytic reduction")),
        ("B7 - the old boiler", ("B7", "the old boiler")),
        ("B7 \u2013 the old boiler: red", ("B7", "the old boiler: red")),
        ("pre-heater : warms up", ("pre-heater", "warms up")),
        ("ratio:x = a share", ("ratio", "x = a share")),
        (": no name", None),
        ("pre-heater warms up", None),
        ("B7:", None),
        ("n" * 81 + ": too long a name", None),
        ("name: " + "m" * 1001, None),
    ],
)
def test_a_line_that_names_a_term(line: str, term: tuple[str, str] | None) -> None:
    assert _term(line) == term


@pytest.mark.parametrize(
    "line",
    [
        ":" * 20_000,
        " - " * 7_000,
        "a" + " " * 20_000 + "b",
        "a " * 10_000,
        "a" + " " * 9_000 + "- " + " " * 9_000 + "b" * 1001,
        "a =" * 7_000,
    ],
)
def test_a_hostile_line_is_parted_a_bounded_number_of_times(line: str) -> None:
    assert len(list(_partings(line))) <= 81
    assert _term(line) is None


def test_contradictions_are_looked_for_in_so_many_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sentence is analysed once, and a long answer is not compared to its end."""
    analysed: list[str] = []
    terms = contradictions._terms

    def counting(text: str, language: str) -> set[str]:
        analysed.append(text)
        return terms(text, language)

    monkeypatch.setattr(contradictions, "_terms", counting)
    answer = " ".join(f"The boiler number {number} is serviced yearly." for number in range(1000, 1200))
    told = "The boiler number 7 is serviced yearly. " * 20
    found = contradictions_in(answer, [Passage(told, new_id(), "manual.md", new_id(), "")], "en")
    assert len(found) == 50
    assert len(analysed) == 50 + 20
