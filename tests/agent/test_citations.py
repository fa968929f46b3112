"""Citation markers become links, whatever the model does to them."""

import itertools
import json
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citewell.agent.citations import MAX_MARKER, Citation, CitationResolver, plain_history
from citewell.agent.sources import Sources
from citewell.cli.ask import _print_citations
from tests.agent.library import BASE, chunk, sources_of

TEXT = "Sales rose by 5 % (see [3]).  Costs fell — “sharply”\nin 2023."


def resolve(text: str, sources: Sources, cuts: list[int] | None = None) -> tuple[str, list[Citation]]:
    resolver = CitationResolver(sources)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts or []), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    out = "".join(resolver.feed(piece) for piece in pieces) + resolver.finish()
    return out, resolver.citations


def verbatim(url: str | None) -> str:
    return parse_qs(urlsplit(url or "").query)["verbatim"][0]


def test_a_marker_becomes_a_link_to_the_exact_span() -> None:
    text, (citation,) = resolve("Sales rose [[c1|rose by 5 %]].", sources_of(TEXT))
    assert text == f"Sales rose [1]({BASE}/{chunk(TEXT).chunk_id}?verbatim=rose%20by%205%20%25)."
    assert citation.verified
    assert citation.reason is None
    assert TEXT[citation.start : citation.end] == citation.verbatim == "rose by 5 %"
    assert verbatim(citation.reference_url) == "rose by 5 %"


@pytest.mark.parametrize(
    ("quoted", "exact"),
    [
        ("Costs fell - \"sharply\" in 2023.", "Costs fell — “sharply”\nin 2023."),
        ("(see [3]). Costs", "(see [3]).  Costs"),
        ("rose by 5%", "rose by 5 %"),
        ('"Sales rose"', "Sales rose"),
        ("  Sales   rose\n", "Sales rose"),
        ("(see [3]", "(see [3]"),
    ],
)  # fmt: skip
def test_a_quote_that_differs_in_typography_is_mapped_to_the_chunks_own_characters(quoted: str, exact: str) -> None:
    _, (citation,) = resolve(f"[[c1|{quoted}]]", sources_of(TEXT))
    assert citation.verified
    assert citation.verbatim == exact
    assert TEXT[citation.start : citation.end] == exact


@pytest.mark.parametrize("quoted", ["Sales fell", "Sales ro se", "51 %", "x" * 500])
def test_words_that_are_not_there_are_linked_without_a_span_and_marked(quoted: str) -> None:
    text, (citation,) = resolve(f"A claim [[c1|{quoted}]].", sources_of(TEXT))
    assert text == f"A claim [1]({BASE}/{chunk(TEXT).chunk_id})."
    assert (citation.verified, citation.reason) == (False, "quote_not_found")
    assert (citation.start, citation.end) == (None, None)


REPORT = "Net sales were $81,797 million — a record. Costs rose by 2.5 percent, mostly for freight. They fell in 2015."


@pytest.mark.parametrize(
    ("quoted", "status"),
    [
        ("Net sales were $81,797 million", "verified"),
        ("“Net sales were $81,797 million”", "verified"),
        ("net sales were $81,797  million - a record", "normalized"),
        ("Costs rose by 2.5 percent.", "normalized"),
        ("Net sales were ... mostly for freight", "normalized"),
        ("mostly for freight ... Net sales were", "unverified"),
        ("81,79", "unverified"),
        ("1,797 million", "unverified"),
        ("rose by 2", "unverified"),
        ("5 percent", "unverified"),
        ("fell in 2016", "unverified"),
    ],
)
def test_the_status_tells_exact_from_normalized_quotes_and_numbers_are_never_cut(quoted: str, status: str) -> None:
    _, (citation,) = resolve(f"[[c1|{quoted}]]", sources_of(REPORT))
    wire = citation.to_wire()
    assert (wire["status"], wire["verified"]) == (status, status != "unverified")


def test_a_label_alone_is_linked_and_marked() -> None:
    text, (citation,) = resolve("A claim [[c1]].", sources_of(TEXT))
    assert text.startswith(f"A claim [1]({BASE}/")
    assert (citation.verified, citation.reason, citation.verbatim) == (False, "no_quote", None)


def test_an_unknown_label_is_dropped_from_the_text_and_listed() -> None:
    text, (unknown, known) = resolve("One[[c7|rose]] two[[c1|rose]].", sources_of(TEXT))
    assert text.startswith("One two[1](")
    assert (unknown.number, unknown.reason, unknown.reference_url) == (0, "unknown_source", None)
    assert (known.number, known.verified) == (1, True)


def test_numbers_count_distinct_spans() -> None:
    text, citations = resolve("a[[c1|rose]] b[[c1|fell]] c[[c1|rose]] d[[c2|rose]]", sources_of(TEXT, "A rose."))
    assert [part[:3] for part in text.split("[")[1:]] == ["1](", "2](", "1](", "3]("]
    assert [citation.number for citation in citations] == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "a matrix [[1, 2], [3, 4]] and [a link](http://x)",
        "a wiki link [[Home|home page]]",
        "[[c12345|too many digits]]",
        "ends with [",
        "ends with [[",
        "ends with [[c1",
        "]] [] [[]] [[|]] [[c]]",
    ],
)
def test_what_is_no_citation_passes_unchanged(text: str) -> None:
    assert resolve(text, sources_of(TEXT)) == (text, [])


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("[[[c1|rose]]]", "[", "]"),
        ("[[[[c1|rose]]", "[[", ""),
        ("see [[ and [[c1|rose]]", "see [[ and ", ""),
        ("[[c1|lost [[c1|rose]]", "lost ", ""),
    ],
)
def test_stray_brackets_do_not_cost_a_citation(text: str, before: str, after: str) -> None:
    resolved, (citation,) = resolve(text, sources_of(TEXT))
    assert citation.verified
    assert resolved == f"{before}[1]({citation.reference_url}){after}"


@pytest.mark.parametrize(
    ("marker", "quoted"),
    [
        ("[[c1-c3|in Oslo]]", "in Oslo"),
        ("[[c1, c3|in Oslo]]", "in Oslo"),
        ("[[c2;3|in Oslo]]", "in Oslo"),
        ("[[c3|in Oslo] and", "in Oslo"),
        ("[[c3|in Oslo", "in Oslo"),
    ],
)
def test_a_marker_that_nearly_fits_is_resolved_by_its_words(marker: str, quoted: str) -> None:
    text, (citation,) = resolve(f"They fell {marker}", sources_of(TEXT, "A rose.", "Costs fell in Oslo."))
    assert (citation.verified, citation.verbatim) == (True, quoted)
    assert text.startswith("They fell [1](")
    assert "c3" not in text


@pytest.mark.parametrize("marker", ["[[c1|never closed", "[[c1|" + "x" * (MAX_MARKER + 10) + "]]"])
def test_a_marker_without_end_or_words_loses_its_head_alone(marker: str) -> None:
    assert resolve(f"So {marker}", sources_of(TEXT)) == (f"So {marker[5:]}", [])


def test_a_quote_may_end_with_a_bracket() -> None:
    text, (citation,) = resolve("[[c1|(see [3]]] x", sources_of(TEXT))
    assert citation.verbatim == "(see [3]"
    assert text == f"[1]({citation.reference_url}) x"


def test_nothing_in_a_span_can_break_the_link() -> None:
    hostile = 'a) [x](http://evil "t") <b> \\ ` | * _ # \n 価 & ? = %20 + "quoted" end'
    text, (citation,) = resolve(f"[[c1|{hostile}]]!", sources_of(hostile))
    url = text.removeprefix("[1](").removesuffix(")!")
    assert not set(url) & set(" ()<>[]\"'\\`|*\n")
    assert verbatim(url) == hostile
    assert citation.verified


ALPHABET = st.sampled_from(["[", "]", "[[", "]]", "|", "c", "c1", "c2", "[[c1|", "rose", " ", "[3]", "x", "\n", "価"])
WRITTEN = st.lists(ALPHABET, max_size=40).map("".join)


@given(WRITTEN, st.lists(st.integers(0, 200), max_size=12))
@example("[[c1|" + "x" * (MAX_MARKER - 5) + "]]y", [MAX_MARKER + 1])
@example("[[c1|" + "x" * (MAX_MARKER - 4) + "]]y", [MAX_MARKER + 1])
@example("[[c1|(see [3]]]", [13, 14])
def test_any_cutting_of_the_text_gives_the_same_result(text: str, cuts: list[int]) -> None:
    sources = sources_of(TEXT, "A rose.")
    assert resolve(text, sources, cuts) == resolve(text, sources)
    assert resolve(text, sources, list(range(len(text)))) == resolve(text, sources)


@given(st.text(alphabet=st.characters(exclude_characters="[")), st.integers(0, 50))
def test_text_without_brackets_is_never_held_back(text: str, cut: int) -> None:
    resolver = CitationResolver(sources_of(TEXT))
    assert resolver.feed(text[:cut]) == text[:cut]
    assert resolver.feed(text[cut:]) == text[cut:]


@pytest.mark.timeout(120)
def test_hostile_answers_cost_little() -> None:
    sources = sources_of("a b " * 5000)
    for text in ("[" * 200_000, "[[c1|" * 40_000, "[[c1|b  b]]" * 18_000, "[[c1|" + "]" * 200_000):
        resolved, citations = resolve(text, sources)
        assert len(citations) <= 500
        assert "[[c1|" not in resolved


def test_history_shows_numbers_instead_of_links() -> None:
    text, _ = resolve("Sales rose [[c1|rose by 5 %]] [a](http://b).", sources_of(TEXT))
    assert plain_history(text) == "Sales rose [1] [a](http://b)."


def test_a_citation_over_two_pages_names_both_and_its_nearest_heading(capsys: pytest.CaptureFixture[str]) -> None:
    """Also in the terminal, though the chunk begins pages before under another heading."""
    parts = [("Report", 1), ("Rye was dry.", 1), ("Prices", 4), ("Oats were dear", 4), ("in all three towns.", 5)]
    content, blocks = "", []
    for text, page in parts:
        kind = "text" if text.endswith((".", "dear")) else "section_heading"
        start = len(content)
        blocks.append({"type": kind, "start": start, "end": start + len(text), "page": page, "place": f"page {page}"})
        content += f"{text}\n\n"
    sources = Sources()
    sources.label(msgspec.structs.replace(chunk(content, path=("Report",)), blocks=json.dumps(blocks)))
    _, (citation,) = resolve("Oats [[c1|were dear in all three towns.]]", sources)
    assert (citation.min_page, citation.max_page, citation.place) == (4, 5, "pages 4 to 5")
    assert citation.heading_path == ("Report", "Prices")
    _print_citations([citation.to_wire()], answer="")
    assert "report.pdf, pages 4 to 5" in capsys.readouterr().out
