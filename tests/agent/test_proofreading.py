"""What models write instead of citations, and what they leave out."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citewell.agent.citations import Citation, CitationResolver
from citewell.agent.claims import unverified_claims
from citewell.agent.proofreading import Proofreader
from citewell.agent.sources import Sources
from tests.agent.library import BASE, sources_of

ROOM = "Welcome to the house. A room in the main house costs 140 euro a night, breakfast included. Dogs may stay."
BOAT = "The boat to the island leaves at 9:15 from pier 4. Details: https://boats.example/times"


def read(text: str, sources: Sources, cuts: list[int] | None = None) -> tuple[str, list[Citation]]:
    resolver = CitationResolver(sources, keep_bare=True)
    proofreader = Proofreader(sources, resolver)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts or []), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    out = "".join(map(proofreader.feed, pieces)) + proofreader.finish()
    return out, resolver.citations


@pytest.mark.parametrize(
    "mark", ["[1]", "[c1]", "[[c1]]", "【1†source】", "【1:0†rooms.pdf】", "[1, 2]", "[^1]", "[Source 1]"]
)
def test_a_mark_without_words_is_linked_to_the_words_that_back_the_sentence(mark: str) -> None:
    sources = sources_of(ROOM, BOAT)
    text, (citation, *_) = read(f"A room costs 140 euro a night {mark}.", sources)
    assert (citation.verified, citation.found_by) == (True, "server")
    assert citation.verbatim == "A room in the main house costs 140 euro a night, breakfast included."
    assert text.startswith(f"A room costs 140 euro a night [1]({citation.reference_url})")
    assert unverified_claims(text, [citation], sources) == []


@pytest.mark.parametrize("mark", ["[2]", "[7]", "【3:7†source】", "[c9]"])
def test_a_mark_that_backs_nothing_goes(mark: str) -> None:
    text, citations = read(f"The house has a pool on the roof {mark}.", sources_of(ROOM, BOAT))
    assert text == "The house has a pool on the roof."
    assert citations == []


@pytest.mark.parametrize(
    "text",
    [
        "It says “see [2] and [3]”.",
        "`rows[1]`",
        "```\nrows[1] = [2](http://x)\n```",
        "In [2023] or [a] or [ ] it was.",
        "- [ ] a task",
    ],
)
def test_what_is_no_mark_passes_unchanged(text: str) -> None:
    assert read(text, sources_of(ROOM, BOAT)) == (text, [])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See [our page](https://evil.example/a).", "See our page."),
        ("See ![x](https://evil.example/a?q=secret) here.", "See here."),
        ("Seen [it](https://boats.example/times)?", "Seen [it](https://boats.example/times)?"),
        ('See [page](https://evil.example/a "title").', "See page."),
        ("[1]: https://evil.example/a\nDone.", "\nDone."),
        ("See [run](javascript:alert(1)).", "See run)."),
    ],
)
def test_links_and_images_that_were_made_up_go(written: str, shown: str) -> None:
    assert read(written, sources_of(ROOM, BOAT)) == (shown, [])


def test_a_sentence_that_cites_nothing_gets_the_citation_that_the_server_finds() -> None:
    sources = sources_of(ROOM, BOAT)
    text, citations = read("The boat leaves at 9:15 from pier 4.\n\nThe captain is called Ada Lovelace.", sources)
    (citation,) = citations
    assert (citation.found_by, citation.verified) == ("server", True)
    assert text.split("\n")[0] == f"The boat leaves at 9:15 from pier 4. [1]({citation.reference_url})"
    (claim,) = unverified_claims(text, citations, sources)
    assert claim.claim == "The captain is called Ada Lovelace."


def test_a_changed_number_finds_no_citation() -> None:
    text, citations = read("The boat leaves at 9:45 from pier 4.", sources_of(ROOM, BOAT))
    assert (text, citations) == ("The boat leaves at 9:45 from pier 4.", [])


def test_a_row_gets_its_citation_in_its_last_cell() -> None:
    table = "| What | Price |\n|---|---|\n| A room in the main house | 140 euro a night |\n"
    text, (citation,) = read(table, sources_of(ROOM))
    assert text.splitlines()[2] == f"| A room in the main house | 140 euro a night [1]({citation.reference_url}) |"


def test_a_link_to_a_source_under_a_number_of_the_models_own_becomes_a_citation() -> None:
    sources = sources_of(BOAT, ROOM)
    address = next(chunk.reference_url for label, chunk in sources.shown() if label == "c2")
    text, (citation,) = read(f"A room costs 140 euro a night [7]({address}).", sources)
    assert text == f"A room costs 140 euro a night [1]({citation.reference_url})."
    assert citation.document_id is not None
    assert address.startswith(BASE)


PIECES = [
    "[",
    "]",
    "[1]",
    "[c1]",
    "(",
    ")",
    "!",
    "![",
    "](",
    "http://x",
    "【1†s】",
    "“",
    "”",
    "`",
    "|",
    "\n",
    "```",
    " ",
    " [9]",
    " ![x](https://evil.example/a)",
]
WRITTEN = st.lists(st.sampled_from([*PIECES, "A room costs 140 euro a night.", "[[c1|costs 140"]), max_size=30).map(
    "".join
)


def test_citations_are_numbered_in_the_order_of_the_text() -> None:
    text, citations = read("A room costs 140 euro a night.\nFrom pier 4 [[c2|from pier 4]].", sources_of(ROOM, BOAT))
    assert text.index("[1](") < text.index("[2](")
    assert [citation.found_by for citation in citations] == ["server", "model"]


@example("[)]()", [4])
@example("[a](https://evil.example/a (t))", [30])
@given(WRITTEN, st.lists(st.integers(0, 300), max_size=12))
def test_any_cutting_of_the_text_gives_the_same_result(text: str, cuts: list[int]) -> None:
    sources = sources_of(ROOM, BOAT)
    whole = read(text, sources)
    assert read(text, sources, cuts) == whole
    assert read(text, sources, list(range(len(text)))) == whole


def test_the_name_of_a_document_behind_a_citation_is_no_claim() -> None:
    said = "A sensor may stay in the field for 26 months before its battery must be replaced."
    sources = sources_of(f"Kestrel K2 field manual. {said}")
    text, citations = read(f"- “{said}” [[c1|{said}]] (kestrel-k2-field-manual.pdf)\n", sources)
    assert len(citations) == 1
    assert text.endswith(") (kestrel-k2-field-manual.pdf)\n")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "written", ["[", "[1", "![", '" [', "[1]: x ", "[c1] ", "“[1] ", "`[1", "[1](http://x", "`[1](http://x"]
)
def test_a_mark_that_a_model_repeats_without_end_takes_linear_time(written: str) -> None:
    """A model that is stuck writes one line as long as an answer may be; the event loop reads it."""
    text = written * (100_000 // len(written))
    out, citations = read(text, sources_of(ROOM, BOAT), list(range(0, len(text), 7)))
    assert len(citations) <= 1
    assert out.count("/reference/") <= 2_000, "links have an end, because each is longer than its mark"
