"""The context that is put in front of a passage when it is indexed: few passages name what they are about.

A row of figures says nothing of the company, the statement or the quarter. These stand in the document's name and
title, in the headings above, in the first lines of the page and in the head of the table, so all of them are analysed
and embedded with each passage. Lines that say the same are taken once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citewell.ingestion.passages import Passage, split

PAGE_HEAD_CHARS = 160
TABLE_HEAD_CHARS = 200
_TITLE_CHARS = 200
_HEADINGS = 3
_HEADING_CHARS = 100
_TABLE_HEAD_LINES = 3
_FILE_SUFFIX = re.compile(
    r"\.(?:pdf|docx?|pptx?|xlsx?|od[tsp]|rtf|epub|html?|md|markdown|txt|text|csv|tsv|jsonl?|eml|msg|png|jpe?g|tiff?)$",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[_\s]+|(?<=[^\W\d_])-(?=\d)|(?<=\d)-(?=[^\W\d_])")
_DIGIT = re.compile(r"\d")


def readable_name(name: str) -> str:
    """A file's name as words: without its suffix, separators as spaces. `3M_2018_10K.pdf` gives `3M 2018 10K`."""
    return _SEPARATORS.sub(" ", _FILE_SUFFIX.sub("", name)).strip() or name


def indexed_text(document_name: str, heading_path: Sequence[str], text: str) -> str:
    """What is analysed and embedded for a passage that stands by itself: its document and headings in front."""
    return "\n".join([readable_name(document_name), *heading_path[-_HEADINGS:], text])


class DocumentContext:
    """The context of all passages of a document version, from its chunks in order.

    A chunk has `content`, `heading_path` and `blocks`: type, page, and offsets in the content of each block.
    """

    def __init__(self, name: str, title: str | None, chunks: Iterable[Any]) -> None:
        self._names = [readable_name(name), " ".join((title or "").split())[:_TITLE_CHARS]]
        self._pages: dict[int, str] = {}
        for chunk in chunks:
            self._read_pages(chunk)

    def _read_pages(self, chunk: Any) -> None:
        for block in chunk.blocks:
            page = block.get("page")
            known = self._pages.get(page, "")
            if page is not None and len(known) < PAGE_HEAD_CHARS:
                head = chunk.content[block["start"] : block["start"] + PAGE_HEAD_CHARS]
                self._pages[page] = f"{known}\n{head}"[: PAGE_HEAD_CHARS + 1]

    def passages(self, chunk: Any) -> list[Passage]:
        """The chunk's passages; none goes on from one page to the next. What stands in the margin of every page is part
        of one only where text stands beside it."""
        found = split(chunk.content, page_starts=page_starts(chunk.blocks))
        if len(found) < 2:
            return found
        return [passage for passage in found if not _in_margin(chunk.blocks, passage)]

    def indexed_text(self, chunk: Any, passage: Passage) -> str:
        """The passage with what stands in front of it."""
        text = chunk.content[passage.start : passage.end]
        headings = [heading[:_HEADING_CHARS] for heading in chunk.heading_path[-_HEADINGS:]]
        block = _block_at(chunk.blocks, passage.start)
        page = self._pages.get(block["page"], "") if block is not None else ""
        table = _table_head(chunk.content, block, passage) if block is not None else ""
        front = _distinct([*self._names, *headings, *page.splitlines(), *table.splitlines()], text)
        return "\n".join([*front, text])


def page_starts(blocks: Sequence[Mapping[str, Any]]) -> list[int]:
    """Where in a chunk another page begins: offsets of the first blocks of its pages but the first."""
    starts: list[int] = []
    page = None
    for block in blocks:
        if page is not None and block.get("page") not in (None, page):
            starts.append(block["start"])
        page = block.get("page") or page
    return starts


def _block_at(blocks: Sequence[Mapping[str, Any]], offset: int) -> Mapping[str, Any] | None:
    """The last block that begins at the offset or before it."""
    return next((block for block in reversed(blocks) if block["start"] <= offset and block.get("page")), None)


def _in_margin(blocks: Sequence[Mapping[str, Any]], passage: Passage) -> bool:
    """Whether the passage holds headers and footers of pages alone."""
    inside = [block for block in blocks if block["start"] < passage.end and passage.start < block["end"]]
    return bool(inside) and all(block["type"] in ("header", "footer") for block in inside)


def _table_head(content: str, block: Mapping[str, Any], passage: Passage) -> str:
    """The first rows of the table that the passage goes on with: what its columns are."""
    if block["type"] != "table" or passage.start <= block["start"]:
        return ""
    rows = content[block["start"] : min(block["end"], passage.start)].splitlines()[:_TABLE_HEAD_LINES]
    head = [row for number, row in enumerate(rows) if number == 0 or " | " in row]
    return "\n".join(head)[:TABLE_HEAD_CHARS]


def _distinct(lines: Iterable[str], text: str) -> list[str]:
    """The lines that are not empty, each once, without those that the text begins with."""
    begins = f" {' '.join(text[:400].split())} ".casefold()
    seen: set[str] = set()
    kept: list[str] = []
    for line in lines:
        plain = " ".join(line.split())
        key = plain.casefold()
        if plain and key not in seen and f" {key} " not in begins:
            seen.add(key)
            kept.append(plain)
    return kept
