"""What stands in front of a passage: document, headings, page and table, each once."""

from dataclasses import dataclass, field
from typing import Any

from citewell.ingestion.context import DocumentContext, readable_name
from citewell.ingestion.passages import split


@dataclass
class Piece:
    """A chunk of blocks, each (type, page, text)."""

    blocks_of: list[tuple[str, int | None, str]]
    heading_path: list[str] = field(default_factory=list)
    content: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for kind, page, text in self.blocks_of:
            self.content += "\n\n" if self.content else ""
            start = len(self.content)
            self.content += text
            self.blocks.append({"type": kind, "page": page, "start": start, "end": len(self.content)})


ROWS = "\n".join(f"Item number {number} of the list | {number},000 | {number},500" for number in range(40))
TABLE = f"| Three Months Ended\n| July 1, 2023 | June 25, 2022\n{ROWS}"
REPORT = [
    Piece([("title", 1, "Nordia"), ("text", 1, "Report for the quarter.")], ["Nordia"]),
    Piece(
        [
            ("section_heading", 2, "Operations"),
            ("text", 2, "(In millions)"),
            ("table", 2, TABLE),
            ("text", 3, "A remark on the following page."),
            ("footer", 3, "Nordia | Q3 2023 | 2"),
        ],
        ["Nordia", "Operations"],
    ),
]


def texts() -> list[str]:
    context = DocumentContext("nordia_2023_Q3.pdf", "Nordia", REPORT)
    return [context.indexed_text(piece, passage) for piece in REPORT for passage in context.passages(piece)]


def test_names_are_read_as_words() -> None:
    assert readable_name("3M_2018_10K.pdf") == "3M 2018 10K"
    assert readable_name("Annual_Report__2023.PDF") == "Annual Report 2023"
    assert readable_name("v1.2 notes") == "v1.2 notes"
    assert readable_name(".pdf") == ".pdf"


def test_a_row_is_found_by_its_document_section_columns_and_unit() -> None:
    [row] = [text for text in texts() if "Item number 30 of" in text]
    for part in ("nordia 2023 Q3", "Operations", "(In millions)", "Three Months Ended", "July 1, 2023 | June 25, 2022"):
        assert row.count(part) == 1, part


def test_what_a_passage_begins_with_is_not_put_in_front_of_it() -> None:
    first = texts()[0]
    assert first.count("Nordia") == 1


def test_a_passage_ends_with_its_page() -> None:
    remark = next(text for text in texts() if "A remark on" in text)
    assert "Item number" not in remark


def test_the_margins_of_pages_are_no_passages() -> None:
    margin = [("text", 1, "A sentence of the first page. " * 20), ("footer", 1, "Page 1 of 9"), ("header", 2, "Nordia")]
    context = DocumentContext("a.pdf", None, [Piece(margin)])
    found = [Piece(margin).content[one.start : one.end] for one in context.passages(Piece(margin))]
    assert found
    assert "Nordia" not in found[-1]
    alone = Piece([("header", 1, "Nordia")])
    assert len(context.passages(alone)) == 1, "what is all there is, is kept"


def test_documents_without_pages() -> None:
    context = DocumentContext("a.md", None, [piece := Piece([("text", None, "Body.")], ["A", "B", "C", "D"])])
    assert context.indexed_text(piece, split(piece.content)[0]) == "a\nB\nC\nD\nBody."


def passages_of(*blocks: tuple[str, int | None, str]) -> list[str]:
    piece = Piece(list(blocks))
    context = DocumentContext("a.pdf", None, [piece])
    return [context.indexed_text(piece, passage).removeprefix("a\n") for passage in context.passages(piece)]


def test_a_sentence_that_goes_on_over_a_page_stays_whole() -> None:
    cut = ("text", 1, "Trains run daily. A significant number of the drivers have")
    margins = [("footer", 1, "Nordia | 12"), ("header", 2, "Table of contents")]
    rest = ("text", 2, "been called up for service. Fares rise in May.")
    first, second = passages_of(cut, *margins, rest)
    assert first.endswith("A significant number of the drivers have\nbeen called up for service."), "no margins inside"
    assert second.endswith("Fares rise in May.")
    noun = "Im Jahr der Eröffnung des neuen Bahnhofs beschloss die"
    first, _ = passages_of(("text", 1, noun), ("text", 2, "Verwaltung den Umzug. Danach blieb es ruhig."))
    assert first.endswith("Verwaltung den Umzug.")


def test_a_paragraph_or_heading_that_ends_with_its_page_goes_on_in_none() -> None:
    for before, after in (
        (("text", 1, "Trains run daily."), ("text", 2, "and that is all.")),
        (("text", 1, "Nordia Annual Report"), ("text", 2, "Trains run daily.")),
        (("section_heading", 1, "A heading that has no point at all at its end"), ("text", 2, "a remark.")),
    ):
        assert len(passages_of(before, after)) == 2


def test_the_rows_of_a_table_go_on_over_a_page_under_their_heads() -> None:
    head = "| July 1, 2023 | June 25, 2022\n"
    rows = [f"Item number {number} | {number},000 | {number},500" for number in range(40)]
    first, rest = ("table", 1, head + "\n".join(rows[:21])), ("table", 2, "\n".join(rows[21:]))
    found = passages_of(first, ("footer", 1, "Nordia | 12"), rest)
    over = next(text for text in found if "Item number 20 |" in text)
    assert "Item number 20 | 20,000 | 20,500\nItem number 21 |" in over, "no margins inside"
    assert all(text.count("July 1, 2023 | June 25, 2022") == 1 for text in found), "each knows its columns"
    other = ("table", 2, "| Oslo | Bergen\n" + "\n".join(rows[21:]))
    assert not any("July 1, 2023" in text and "Item number 30 |" in text for text in passages_of(first, other))
