"""The context that is put in front of a passage when it is indexed: few passages name what they are about.

A row of figures does not name the company, the statement or the quarter. The document's name and title, the headings,
the first lines of the page and the header of the table do. So all of these are analysed and embedded with each passage.
Equal lines are taken once.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from citewell.ingestion.passages import Passage, split
from citewell.kit.sentences import continues

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
_NUMBER = re.compile(r"(?!(?:19|20)\d\d\Z)[^\w\s]*\d[\d.,'’]*+[^\w\s]*")  # and no year
_MARGINS = ("header", "footer")
_Block = Mapping[str, Any]


def readable_name(name: str) -> str:
    """Returns a file's name as words: `3M 2018 10K` for `3M_2018_10K.pdf`."""
    return _SEPARATORS.sub(" ", _FILE_SUFFIX.sub("", name)).strip() or name


def indexed_text(document_name: str, heading_path: Sequence[str], text: str) -> str:
    """Returns the text to be indexed for a passage outside of a document version: name and headings, then the text."""
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
        """Returns the chunk's passages.

        A passage continues on the next page only if its sentence or table does. A passage never consists of page
        headers and footers alone.
        """
        starts = page_starts(chunk.blocks)
        joints: list[tuple[int, int]] = []
        for start, before, after in _page_ends(chunk.blocks):
            if _rows_go_on(chunk.content, before, after):
                starts.remove(start)
            elif _sentence_goes_on(chunk.content, before, after):
                joints.append((before["end"], after["start"]))
        found = split(chunk.content, page_starts=starts, joints=joints)
        if len(found) < 2:
            return found
        return [passage for passage in found if not _in_margin(chunk.blocks, passage)]

    def indexed_text(self, chunk: Any, passage: Passage) -> str:
        """Returns the text to be indexed for the passage: its context, then the passage."""
        text = _without_margins(chunk, passage)
        headings = [heading[:_HEADING_CHARS] for heading in chunk.heading_path[-_HEADINGS:]]
        block = _block_at(chunk.blocks, passage.start)
        page = self._pages.get(block["page"], "") if block is not None else ""
        table = _table_head(chunk, block, passage) if block is not None else ""
        front = _distinct([*self._names, *headings, *page.splitlines(), *table.splitlines()], text)
        return "\n".join([*front, text])


def page_starts(blocks: Sequence[_Block]) -> list[int]:
    """Returns the offsets in a chunk where its second and further pages begin."""
    starts: list[int] = []
    page = None
    for block in blocks:
        if page is not None and block.get("page") not in (None, page):
            starts.append(block["start"])
        page = block.get("page") or page
    return starts


def _page_ends(blocks: Sequence[_Block]) -> Iterator[tuple[int, _Block, _Block]]:
    """Yields (offset where a page begins, last text block before it, first text block on it) for each page of a chunk
    that has text before it.
    """
    starts = deque(page_starts(blocks))
    before = None
    for block in blocks:
        if block["type"] in _MARGINS:
            continue
        start = None
        while starts and starts[0] <= block["start"]:
            start = starts.popleft()
        if start is not None and before is not None:
            yield start, before, block
        before = block


def _sentence_goes_on(content: str, before: _Block, after: _Block) -> bool:
    if before["type"] != after["type"] or before["type"] not in ("text", "list"):
        return False
    return continues(content[before["start"] : before["end"]], content[after["start"] : after["end"]], over_page=True)


def _rows_go_on(content: str, before: _Block, after: _Block) -> bool:
    """Whether a table continues without a new header: its rows have as many cells, and the first row has a number."""
    if not before["type"] == after["type"] == "table":
        return False
    last = content[before["start"] : before["end"]].rpartition("\n")[2].split(" | ")
    first = content[after["start"] : after["end"]].partition("\n")[0].split(" | ")
    return 1 < len(first) == len(last) and any(_NUMBER.fullmatch(cell.strip()) for cell in first[1:])


def _without_margins(chunk: Any, passage: Passage) -> str:
    """Returns the text of a passage. If it spans two pages, their headers and footers are left out."""
    inside = [block for block in chunk.blocks if block["start"] < passage.end and passage.start < block["end"]]
    parts, place = [], passage.start
    for block in inside[1:-1]:
        if block["type"] in _MARGINS:
            parts.append(chunk.content[place : block["start"]].rstrip())
            place = block["end"]
    parts.append(chunk.content[place : passage.end])
    return "\n".join(part.strip("\n") for part in parts if part.strip())


def _block_at(blocks: Sequence[_Block], offset: int) -> _Block | None:
    """Returns the last block that begins at or before the offset; None if there is none."""
    return next((block for block in reversed(blocks) if block["start"] <= offset and block.get("page")), None)


def _in_margin(blocks: Sequence[_Block], passage: Passage) -> bool:
    """Whether the passage consists of page headers and footers only."""
    inside = [block for block in blocks if block["start"] < passage.end and passage.start < block["end"]]
    return bool(inside) and all(block["type"] in _MARGINS for block in inside)


def _table_head(chunk: Any, block: _Block, passage: Passage) -> str:
    """Returns the header rows of the table in which the passage begins, if it does not contain them itself."""
    if block["type"] != "table":
        return ""
    for _, before, after in reversed(list(_page_ends(chunk.blocks))):
        if after is block and _rows_go_on(chunk.content, before, after):
            block = before
    if passage.start <= block["start"]:
        return ""
    rows = chunk.content[block["start"] : min(block["end"], passage.start)].splitlines()[:_TABLE_HEAD_LINES]
    head = [row for number, row in enumerate(rows) if number == 0 or " | " in row]
    return "\n".join(head)[:TABLE_HEAD_CHARS]


def _distinct(lines: Iterable[str], text: str) -> list[str]:
    """Returns the distinct lines that are not empty, without those that the text begins with."""
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
