"""Heads of columns that stand sideways over an upright table become words of it."""

from collections.abc import Sequence
from dataclasses import replace

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of, union
from citewell.ingestion.parsing.pdf_ruling import RuledTable, ruled_tables
from citewell.ingestion.parsing.pdf_text import Word
from citewell.ingestion.parsing.turning import Size, Turn

_ANGLES = (90, 270)
_MOST_HEADS = 60  # of a page: more sideways lines are text
_LEVEL = 4.0  # points: how far apart the lower ends of heads may be
_ROOM = 2.5  # times the size, at most, between heads and the first row below them
_MOSTLY = 0.7  # of the heads stand over a word of that row


def with_sideways_heads(words: Sequence[Word], ruling: Sequence[Box], size: Size) -> list[Word]:
    """The words of a page as it is shown, with each sideways line that heads a column as one upright word."""
    sideways = {angle: [word for word in words if word.turned == angle] for angle in _ANGLES}
    heads = [head for angle, found in sideways.items() if found for head in _heads(found, angle, size)]
    upright = [word for word in words if not word.turned]
    if not heads or not upright or len(heads) > _MOST_HEADS:
        return list(words)
    taken = _in_tables(heads, upright, ruling)
    taken += _over_rows([head for head in heads if head not in taken], upright)
    used = {id(word) for head in taken for word in head.words}
    return [*(word for word in words if id(word) not in used), *(head.word for head in taken)]


class _Head:
    """`words` are those of the sideways line, `word` is what it says as one upright word."""

    def __init__(self, words: Sequence[Word], text: str) -> None:
        box = union([word.box for word in words])
        self.words = words
        self.word = replace(words[0], text=text, left=box[0], top=box[1], right=box[2], bottom=box[3], turned=0)

    def lie_down(self) -> None:
        """Make the word as high as its letters, at the lower end of the line, where it is level with other heads."""
        self.word.top = self.word.bottom - self.word.size


def _heads(words: Sequence[Word], angle: int, size: Size) -> list[_Head]:
    turn = Turn.quarter(angle, size)
    own = {}
    read = []
    for word in words:
        moved = turn.word_to_reading(word)
        own[id(moved)] = word
        read.append(moved)
    cells = [cell for line in lines_of(read) for cell in line.cells]
    return [_Head([own[id(word)] for word in cell], TextLine(cell).text) for cell in cells]


def _in_tables(heads: Sequence[_Head], upright: Sequence[Word], ruling: Sequence[Box]) -> list[_Head]:
    """The heads within ruled tables of which most words are upright."""
    if not ruling:
        return []
    tables, _ = ruled_tables(ruling, [*upright, *(head.word for head in heads)])
    taken = []
    for table in tables:
        within = [head for head in heads if _holds(table, head)]
        count = sum(len(cell) for row in table.rows for cell in row)
        taken += within if count > 2 * len(within) else []
    return taken


def _holds(table: RuledTable, head: _Head) -> bool:
    return any(word is head.word for row in table.rows for cell in row for word in cell)


def _over_rows(heads: Sequence[_Head], upright: Sequence[Word]) -> list[_Head]:
    """Heads side by side over the cells of a row that begins right below them."""
    taken: list[_Head] = []
    lines = lines_of(upright)
    left = list(heads)
    while left:
        level = [head for head in left if abs(head.word.bottom - left[0].word.bottom) < _LEVEL]
        left = [head for head in left if head not in level]
        below = [line for line in lines if line.box[1] > level[0].word.bottom - _LEVEL]
        if len(level) > 1 and below and _are_over(level, below[0]):
            for head in level:
                head.lie_down()
            taken += level
    return taken


def _are_over(heads: Sequence[_Head], row: TextLine) -> bool:
    room = row.box[1] - max(head.word.bottom for head in heads)
    over = sum(any(_meet(head.word, word) for word in row.words) for head in heads)
    return len(row.cells) > 2 and room < _ROOM * row.size and over >= _MOSTLY * len(heads)


def _meet(head: Word, word: Word) -> bool:
    return min(head.right, word.right) - max(head.left, word.left) > -head.size
