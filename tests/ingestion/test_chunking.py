"""Chunks: what holds for any document, and what each setting does."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.chunking import Chunk, ChunkSettings, SeparatorMode, chunk

WORDS = st.lists(
    st.sampled_from(["train", "a", "Übernachtung", "42.5", "end.", "六時間。", "x" * 70]), min_size=1, max_size=60
)
TEXT = WORDS.map(" ".join)
ODD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)
CELLS = st.lists(
    st.lists(st.sampled_from(["Oslo", "210 EUR", "", "a long cell of some words"]), min_size=2, max_size=4), max_size=30
)


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    builder = Builder()
    page = 1
    for _ in range(draw(st.integers(1, 25))):
        page += draw(st.sampled_from([0, 0, 0, 1]))
        kind = draw(
            st.sampled_from(["title", "section_heading", "text", "text", "list", "table", "code", "footer", "odd"])
        )
        if kind == "table":
            rows = draw(CELLS)
            builder.add("table", table_text(rows), rows=rows, page=page)
        elif kind in ("list", "code"):
            builder.add(kind, "\n".join(draw(st.lists(TEXT, max_size=8))), page=page)
        elif kind == "odd":
            builder.add("text", draw(ODD), page=page)
        elif kind in ("title", "section_heading"):
            builder.add(kind, draw(TEXT)[:80], level=draw(st.integers(1, 4)), page=page)
        else:
            builder.add(kind, draw(TEXT), page=page)
    return builder.document(page_count=page)


@st.composite
def chunk_settings(draw: st.DrawFn) -> ChunkSettings:
    maximum = draw(st.integers(60, 2000))
    return ChunkSettings(
        maximum_chunk_size=maximum,
        minimum_chunk_size=draw(st.integers(0, maximum // 2)),
        page_as_separator=draw(st.booleans()),
        title_section_separator_mode=draw(st.sampled_from(["both", "title", "section", "none"])),
        excluded_block_types=tuple(draw(st.sets(st.sampled_from(["footer", "table", "code"]), max_size=2))),
    )


@settings(max_examples=300, deadline=None)
@given(documents(), chunk_settings())
def test_what_holds_for_any_document(document: ParsedDocument, limits: ChunkSettings) -> None:
    chunks = chunk(document, limits)
    excluded = [block for block in document.blocks if block.type in limits.excluded_block_types]
    if not excluded:
        assert "".join(found.content for found in chunks) == document.text
    for found in chunks:
        assert found.content == document.text[found.start : found.end]
        assert 0 < len(found.content) <= limits.maximum_chunk_size
        held = document.blocks[found.first_block : found.last_block + 1]
        assert all(block.type not in limits.excluded_block_types for block in held)
        assert held[0].start <= found.start
        assert held[-1].start < found.end
        assert found.min_page == min(block.page for block in held if block.page)
        assert found.max_page == max(block.page for block in held if block.page)
    assert [found.ordinal for found in chunks] == list(range(len(chunks)))
    # Whatever is not excluded is in a chunk.
    covered = [(found.start, found.end) for found in chunks]
    for block in document.blocks:
        if block not in excluded:
            for place in (block.start, block.end - 1):
                assert any(start <= place < end for start, end in covered)
    # A chunk is smaller than the minimum only where it can't be joined to a neighbour.
    for before, after in pairwise(chunks):
        if before.end == after.start and min(len(before.content), len(after.content)) < limits.minimum_chunk_size:
            assert len(before.content) + len(after.content) > limits.maximum_chunk_size


@settings(max_examples=200, deadline=None)
@given(CELLS, st.integers(60, 400))
def test_a_table_is_cut_between_rows_only(rows: list[list[str]], maximum: int) -> None:
    builder = Builder()
    builder.add("text", "Before the table.")
    builder.add("table", table_text(rows), rows=rows)
    document = builder.document()
    lines = document.text.splitlines()
    for found in chunk(document, ChunkSettings(maximum_chunk_size=maximum, minimum_chunk_size=0)):
        if max(map(len, lines)) < maximum:
            assert all(line in lines for line in found.content.splitlines())


def test_a_row_that_is_too_long_alone_is_cut() -> None:
    builder = Builder()
    builder.add("table", "short | row\n" + "x" * 250 + "\nlast | row")
    chunks = chunk(builder.document(), ChunkSettings(maximum_chunk_size=100, minimum_chunk_size=0))
    assert chunks[0].content == "short | row\n"
    assert [len(found.content) for found in chunks[1:]] == [100, 100, 61]


def test_long_prose_is_cut_where_sentences_end() -> None:
    builder = Builder()
    sentences = [f"This is sentence number {number} of the text, and it is not short." for number in range(200)]
    builder.add("text", " ".join(sentences))
    chunks = chunk(builder.document(), ChunkSettings(maximum_chunk_size=1000))
    assert len(chunks) == 13
    assert all(found.content.strip().endswith("not short.") for found in chunks)


def sample() -> ParsedDocument:
    builder = Builder()
    body = "Words of the text go on and on. " * 10
    builder.add("title", "Report", level=1, page=1)
    builder.add("text", body, page=1)
    builder.add("section_heading", "Trains", level=2, page=1)
    builder.add("text", body, page=2)
    builder.add("footer", "Page 2", page=2)
    builder.add("section_heading", "Slow ones", level=3, page=3)
    builder.add("text", body, page=3)
    builder.add("title", "Appendix", level=1, page=3)
    builder.add("text", body, page=4)
    return builder.document()


def begins(chunks: list[Chunk]) -> list[str]:
    return [" ".join(found.content.split()[:2]) for found in chunks]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("both", ["Report Words", "Trains Words", "Slow ones", "Appendix Words"]),
        ("title", ["Report Words", "Appendix Words"]),
        ("section", ["Report Words", "Trains Words", "Slow ones"]),
        ("none", ["Report Words"]),
    ],
)
def test_headings_begin_chunks(mode: SeparatorMode, expected: list[str]) -> None:
    assert begins(chunk(sample(), ChunkSettings(title_section_separator_mode=mode))) == expected


def test_pages_begin_chunks() -> None:
    settings = ChunkSettings(title_section_separator_mode="none", page_as_separator=True)
    chunks = chunk(sample(), settings)
    assert [(found.min_page, found.max_page) for found in chunks] == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_a_chunk_knows_its_headings_and_types() -> None:
    chunks = chunk(sample(), ChunkSettings())
    assert [found.heading_path for found in chunks] == [
        ("Report",),
        ("Report", "Trains"),
        ("Report", "Trains", "Slow ones"),
        ("Appendix",),
    ]
    assert chunks[1].block_types == ("section_heading", "text", "footer")


def test_excluded_types_are_in_no_chunk_and_offsets_stay() -> None:
    document = sample()
    chunks = chunk(document, ChunkSettings(excluded_block_types=("footer",)))
    assert not any("Page 2" in found.content for found in chunks)
    assert all(found.content == document.text[found.start : found.end] for found in chunks)
    assert chunk(document, ChunkSettings(excluded_block_types=("footer", "text", "title", "section_heading"))) == []


def test_small_sections_are_put_together() -> None:
    builder = Builder()
    for number in range(40):
        builder.add("section_heading", f"Section {number}")
        builder.add("text", "Few words.")
    chunks = chunk(builder.document(), ChunkSettings(maximum_chunk_size=1000, minimum_chunk_size=200))
    assert all(len(found.content) >= 200 for found in chunks)
    assert len(chunks) <= 5
