"""Measures the line spacing of paragraphs: theses and briefs are set with double spacing."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from citewell.ingestion.parsing.pdf_join import has_no_spaces
from citewell.ingestion.parsing.pdf_lines import TextLine

_USUAL = 0.55  # of the font size: a larger gap between lines begins a new paragraph
_WIDEST = 1.8
_FULL = 0.75  # of the width of the widest line: one that ends earlier may be a paragraph's last
_LEAST_PAIRS = 2
_SLACK = 1.25
_INDENT = 1.2  # of the font size
_ENDS = (".", "!", "?", ":", ";", "。", "！", "？", "：", "；", "」")


class Spacing:
    """Learns, for each page, the gap between lines from which a new paragraph begins, from lines within sentences."""

    def __init__(self, pages: Sequence[Sequence[TextLine]]) -> None:
        by_page = [list(_rooms(lines)) for lines in pages]
        every = [room for rooms in by_page for room in rooms]
        whole = _most(every)
        self._by_page = [_most(rooms) if len(rooms) >= _LEAST_PAIRS else whole for rooms in by_page]

    def begins_paragraph(self, page: int, above: TextLine, line: TextLine) -> bool:
        """Whether `line` begins a paragraph. `page` is the index of its page in `pages`."""
        most = self._by_page[page]
        gap = line.box[1] - above.box[3]
        if gap >= most * above.size:
            return True
        # With wide line spacing, often only an indent marks a new paragraph.
        spaced = most > _USUAL and gap > _USUAL * above.size
        return spaced and line.box[0] > above.box[0] + _INDENT * line.size


def _most(rooms: Sequence[float]) -> float:
    wide = [room for room in rooms if room > _USUAL]
    if len(wide) < _LEAST_PAIRS or len(wide) < 0.5 * len(rooms):
        return _USUAL
    return median(wide) * _SLACK


def _rooms(lines: Sequence[TextLine]) -> Iterator[float]:
    """Yields the gaps, in font sizes, between lines of which the second continues the sentence of the first."""
    widest = max((line.box[2] - line.box[0] for line in lines), default=0.0)
    for above, line in pairwise(lines):
        full = above.box[2] - above.box[0] >= _FULL * widest and len(above.cells) == 1 == len(line.cells)
        # Chinese and Japanese have no lower case: there, a full line without a full stop continues.
        inside = line.text[:1].islower() or (has_no_spaces(above.text[-1:]) and has_no_spaces(line.text[:1]))
        goes_on = not above.text.endswith(_ENDS) and inside
        room = (line.box[1] - above.box[3]) / max(above.size, 1.0)
        same = abs(above.size - line.size) < 0.15 * line.size and above.bold == line.bold
        if full and goes_on and same and -0.5 < room < _WIDEST:
            yield room
