"""Removes line numbers in the margin of pleadings, transcripts and bills, which are no text of the page."""

from collections.abc import Sequence
from itertools import pairwise

from citewell.ingestion.parsing.pdf_lines import TextLine

_MIN_NUMBERS = 8  # numbers on a page
_LEAST_OF_FIVES = 4  # numbers on a page, if only every fifth line has one
_ALIGNED = 2.5  # points, of their left or right edges
_MOST_CELLS = 0.2  # share of the lines with several cells: if more have them, it is a table
_RUNS_ON = 0.25  # share of the lines that continue a sentence: if fewer do, it is a numbered list


def without_line_numbers(lines: Sequence[TextLine]) -> list[TextLine]:
    """Returns the lines without line numbers, which may be at the beginning or the end of the lines."""
    for place in (0, -1):
        counted = [line for line in lines if len(line.words) > 1 and line.words[place].text.isdecimal()]
        if _are_line_numbers(counted, lines, place):
            found = {id(line) for line in counted}
            return [_without(line, place) if id(line) in found else line for line in lines if not _is_number(line)]
    return list(lines)


def _is_number(line: TextLine) -> bool:
    """Whether the line is only a number: that of a blank line."""
    return len(line.words) == 1 and line.words[0].text.isdecimal() and len(line.words[0].text) < 3


def _without(line: TextLine, place: int) -> TextLine:
    return TextLine(line.words[1:] if place == 0 else line.words[:-1])


def _are_line_numbers(counted: Sequence[TextLine], lines: Sequence[TextLine], place: int) -> bool:
    numbers = [line.words[place] for line in counted]
    values = [int(word.text) for word in numbers if len(word.text) < 5]
    steps = {after - before for before, after in pairwise(values)}
    least = {1: _MIN_NUMBERS, 5: _LEAST_OF_FIVES}.get(min(steps, default=0))
    if least is None or len(values) < least or len(values) != len(numbers) or len(steps) != 1:
        return False
    lefts, rights = [word.left for word in numbers], [word.right for word in numbers]
    if min(max(lefts) - min(lefts), max(rights) - min(rights)) > _ALIGNED:
        return False
    rests = [_without(line, place) for line in counted]
    celled = sum(len(rest.cells) > 1 for rest in rests)
    running = sum(rest.text[:1].islower() for rest in rests)
    apart = all(_gap(line, place) > 0.5 * line.size for line in counted)
    return apart and celled <= _MOST_CELLS * len(rests) and running >= _RUNS_ON * len(rests)


def _gap(line: TextLine, place: int) -> float:
    first, second = (line.words[0], line.words[1]) if place == 0 else (line.words[-2], line.words[-1])
    return second.left - first.right
