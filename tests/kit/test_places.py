"""The place of a span: what a reader who opens the document at it must find there."""

import json
from typing import Any

import msgspec
import pytest

from citewell.ingestion.blocks import Builder, Line
from citewell.ingestion.chunking import ChunkSettings, chunk
from citewell.ingestion.steps.chunk import stored_blocks
from citewell.kit.places import Place, PlacedChunk, joined, locate, placed_blocks


def placed(builder: Builder) -> PlacedChunk:
    """The document's only chunk, as it is read from the database."""
    document = builder.document()
    [found] = chunk(document, ChunkSettings(minimum_chunk_size=10_000))
    blocks = json.loads(msgspec.json.encode(stored_blocks(document, found)))
    return PlacedChunk(found.content, json.dumps(blocks), found.min_page, found.max_page, found.heading_path)


def place_of(found: PlacedChunk, words: str, until: str | None = None) -> Place:
    start = found.content.index(words)
    end = found.content.index(until) + len(until) if until else start + len(words)
    return locate(found, start, end)


def report() -> PlacedChunk:
    builder = Builder()
    builder.add("title", "Report", page=1)
    builder.add("section_heading", "Harvest", page=1, level=2)
    builder.add("text", "Rye was dry.", page=1)
    builder.add("section_heading", "Prices", page=2, level=2)
    builder.add("text", "Oats were dear.", page=2, confidence=0.8)
    builder.add("text", "Barley went on", page=2)
    builder.add("text", "to the next page.", page=3)
    return placed(builder)


def test_a_span_has_its_own_page_and_nearest_headings() -> None:
    assert place_of(report(), "Rye was dry") == Place(1, 1, "page 1", ("Report", "Harvest"))
    assert place_of(report(), "Oats were dear") == Place(2, 2, "page 2", ("Report", "Prices"), 0.8)
    assert place_of(report(), "Report").heading_path == ("Report",)


def test_a_span_over_two_pages_names_both() -> None:
    assert place_of(report(), "went on", "to the next") == Place(2, 3, "pages 2 to 3", ("Report", "Prices"))


def test_rows_of_a_sheet_have_their_own_cells() -> None:
    builder = Builder()
    builder.add("section_heading", "Prices", page=2, place="Prices")
    rows = ["Rye | 3", "Oats | 4", "Barley | 5"]
    text = "\n".join(rows)
    lines = [
        Line(text.index(row), text.index(row) + len(row), place=f"Prices!A{n}:B{n}") for n, row in enumerate(rows, 7)
    ]
    builder.add("table", text, page=2, place="Prices!A7:B9", lines=lines)
    found = placed(builder)
    assert place_of(found, "Oats | 4").place == "Prices!A8:B8"
    assert place_of(found, "4", "Barley | 5").place == "Prices!A8:B9"
    assert place_of(found, "4").min_page == 2


def test_a_paragraph_that_goes_on_on_the_next_page() -> None:
    builder = Builder()
    builder.add("text", "It begins here and ends there.", page=4, place="page 4, paragraph 2", lines=[
        Line(0, 15, page=4, place="page 4, paragraph 2"), Line(15, 30, page=5, place="page 5, paragraph 2")
    ])  # fmt: skip
    found = placed(builder)
    assert (place_of(found, "ends there").min_page, place_of(found, "begins here").max_page) == (5, 4)
    assert place_of(found, "begins here and ends") == Place(4, 5, "page 4, paragraph 2 to page 5, paragraph 2", ())


def test_an_attachment_is_named_before_its_page() -> None:
    inner = Builder()
    inner.add("text", "Ten sacks.", page=2)
    outer = Builder()
    outer.add("text", "See the file.", place="message")
    outer.append(inner.document(), below=1, place="attachment order.pdf")
    found = placed(outer)
    assert place_of(found, "Ten sacks") == Place(None, None, "attachment order.pdf, page 2", ())
    assert place_of(found, "See the file").place == "message"


def test_blocks_that_were_stored_before_places_still_name_their_page() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "text", "page": 1, "bbox": None, "start": 0, "end": 4},
        {"type": "text", "page": 2, "bbox": [0, 0, 1, 1], "start": 6, "end": 10},
    ]
    found = PlacedChunk("one.\n\ntwo.", json.dumps(blocks), 1, 2, ("Top",))
    assert locate(found, 6, 10) == Place(2, 2, "page 2", ("Top",))
    without = PlacedChunk("one.\n\ntwo.", "[]", 1, 2, ("Top",))
    assert locate(without, 6, 10) == Place(1, 2, "pages 1 to 2", ("Top",))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["slide 2", "slide 3", "slide 4"], "slides 2 to 4"),
        (["Q1!B2", "Q1!AA10"], "Q1!B2:AA10"),
        (["Q1!B2", "Q2!B2"], "Q1!B2 to Q2!B2"),
        (["attachment a.pdf, page 1", "attachment a.pdf, page 2"], "attachment a.pdf, pages 1 to 2"),
        (["attachment a, page 1", "attachment b, page 2"], "attachment a, page 1 to attachment b, page 2"),
        ([], None),
    ],
)  # fmt: skip
def test_places_as_one(places: list[str], expected: str | None) -> None:
    assert joined(places) == expected


@pytest.mark.parametrize(
    "wrong",
    [{"page": "1"}, {"page": 0}, {"start": True}, {"end": 99}, {"bbox": [1, 2]}, {"parts": [{}]}, {"type": None}],
)
def test_blocks_of_clients_that_cannot_be_placed_are_left_out(wrong: dict[str, Any]) -> None:
    """Such rows are pushed and cited: what `locate` cannot read would break every page that shows them."""
    good = {"type": "text", "start": 0, "end": 5, "page": 2, "bbox": [0, 0, 1, 1.5]}
    assert placed_blocks([good, {**good, **wrong}, "block", None], 10) == [good]
    chunk_of_client = PlacedChunk("words here", json.dumps(placed_blocks([good], 10)), None, None, ())
    assert locate(chunk_of_client, 0, 5).min_page == 2
