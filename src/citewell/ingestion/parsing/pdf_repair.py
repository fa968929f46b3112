"""Words as people see them: without shadows, with letters that were set apart together, and vertical ones in a row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from citewell.ingestion.parsing.pdf_text import Word

_SHADOW = 0.3  # of the size: how far a second printing may lie from the first
_LEAST_DOTS = 4
_DROPPED = 1.8  # times the size of the words beside it: the least size of a drop cap
_MOST_CAPS = 20  # of a page
_WORD_GAP = 0.25  # of the size
_LEAST_SPACED = 4  # letters
_EVEN = 0.05  # of the size: the largest difference of equal gaps
_MOST_APART = 1.2  # of the size, between letters
_LEAST_VERTICAL = 6  # characters on a page, below each other
_NEXT_BELOW = 1.1  # of the height of their boxes, which may be half of the line height
VERTICAL = 90  # the rotation that turns columns from right to left into lines from top to bottom


def repaired(words: Sequence[Word]) -> list[Word]:
    kept = list(_without_leaders(_without_shadows(words)))
    return list(_vertical(list(_closed(_with_drop_caps(kept)))))


def _without_leaders(words: Sequence[Word]) -> Iterator[Word]:
    """Removes dot leaders between a label and its value or page number."""
    run: list[Word] = []
    for word in words:
        if word.text.strip(".\u2026\u00b7"):
            if sum(len(dot.text) for dot in run) < _LEAST_DOTS:
                yield from run
            run = []
            yield word
        else:
            run.append(word)
    if sum(len(dot.text) for dot in run) < _LEAST_DOTS:
        yield from run


def _with_drop_caps(words: list[Word]) -> list[Word]:
    """Joins a drop cap to the first of the lines beside it."""
    usual = median(word.size for word in words) if words else 0.0
    caps = [word for word in words if len(word.text) == 1 and word.text.isalpha() and word.size > _DROPPED * usual]
    for cap in caps[:_MOST_CAPS]:
        beside = [
            word
            for word in words
            if word is not cap
            and 0 <= word.left - cap.right + 1 < 1.5 * word.size
            and word.size < cap.size / _DROPPED
            and cap.top - word.size < word.top < cap.bottom - 0.5 * word.size
        ]
        first = min(beside, key=lambda word: word.top, default=None)
        if first is None or not any(word.top > first.bottom - 0.2 * first.size for word in beside):
            continue
        words = _joined_to(cap, first, words)
    return words


def _joined_to(cap: Word, first: Word, words: list[Word]) -> list[Word]:
    apart = first.left - cap.right > _WORD_GAP * first.size and cap.text in "AIO"  # a word by itself
    left = replace(cap, top=first.top, bottom=first.bottom, size=first.size, bold=first.bold)
    whole = [left, first] if apart else [replace(left, text=cap.text + first.text, right=first.right)]
    return [one for word in words if word is not cap for one in (whole if word is first else [word])]


def _without_shadows(words: Sequence[Word]) -> list[Word]:
    """Removes words that are printed twice with a small offset, as a shadow or to look bold."""
    kept: list[Word] = []
    places: dict[str, list[Word]] = {}
    for word in words:
        before = places.setdefault(word.text, [])
        if any(_is_shadow(word, other) for other in before[-3:]):
            continue
        before.append(word)
        kept.append(word)
    return kept


def _is_shadow(word: Word, other: Word) -> bool:
    near = _SHADOW * min(word.size, other.size)
    return abs(word.left - other.left) < near and abs(word.top - other.top) < near and word.turned == other.turned


def _closed(words: Sequence[Word]) -> Iterator[Word]:
    """Joins runs of single letters at equal distances (letter-spaced headings) to words.

    A short run is joined only beside a long one.
    """
    runs: list[list[Word]] = []
    for word in words:
        if runs and _is_letter(runs[-1][-1]) and _is_letter(word) and _goes_on(runs[-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    for index, run in enumerate(runs):
        beside = [other for other in runs[max(index - 1, 0) : index + 2] if len(other) >= _LEAST_SPACED]
        whole = len(run) > 1 and any(abs(other[0].top - run[0].top) < 0.3 * run[0].size for other in beside)
        yield from [_joined(run)] if whole else run


def _is_letter(word: Word) -> bool:
    return len(word.text) == 1 and word.text.isalpha() and not _is_ideograph(word.text) and not word.turned


def _goes_on(run: Sequence[Word], word: Word) -> bool:
    last = run[-1]
    gap = word.left - last.right
    if abs(word.top - last.top) > 0.3 * word.size or not -0.2 * word.size < gap < _MOST_APART * word.size:
        return False
    if len(run) < 2:
        return True
    gaps = [after.left - before.right for before, after in pairwise(run)]
    even_gap = gap < 1.8 * max(gaps[0], 0.15 * word.size)
    if len(gaps) > 1 and max(gaps) - min(gaps) < _EVEN * word.size:  # no letters in cells of one width
        return even_gap
    even_pitch = abs((word.left - last.left) - (run[1].left - run[0].left)) < 0.25 * word.size
    return even_gap or even_pitch


def _joined(run: Sequence[Word]) -> Word:
    first, last = run[0], run[-1]
    top, bottom = min(word.top for word in run), max(word.bottom for word in run)
    return replace(first, text="".join(word.text for word in run), right=last.right, top=top, bottom=bottom)


def _vertical(words: list[Word]) -> Iterator[Word]:
    """Joins Chinese and Japanese characters below each other to words, rotated like text that runs down the page."""
    down = [_is_below(above, below) for above, below in pairwise(words)]
    singles = sum(len(word.text) == 1 and _is_ideograph(word.text) for word in words)
    if sum(down) < max(_LEAST_VERTICAL, 0.5 * singles):
        yield from words
        return
    run: list[Word] = []
    for index, word in enumerate(words):
        run.append(word)
        if index == len(down) or not down[index]:
            yield _column(run) if len(run) > 1 else word
            run = []


def _is_below(above: Word, below: Word) -> bool:
    if not (_is_ideograph(above.text) and _is_ideograph(below.text) and len(below.text) == 1 == len(above.text)):
        return False
    size = min(above.bottom - above.top, below.bottom - below.top)
    overlap = min(above.right, below.right) - max(above.left, below.left)
    return overlap > 0.3 * size and -0.5 * size < below.top - above.bottom < _NEXT_BELOW * size


def _column(run: Sequence[Word]) -> Word:
    """Joins a column to a word.

    It is as wide as the narrowest character: PDFium doubles the width in vertical fonts.
    """
    first = run[0]
    width = min(first.bottom - first.top, first.right - first.left)
    middle = (first.left + first.right) / 2
    return replace(
        first,
        text="".join(word.text for word in run),
        left=middle - width / 2,
        right=middle + width / 2,
        bottom=run[-1].bottom,
        size=width,
        turned=VERTICAL,
    )


def _is_ideograph(char: str) -> bool:
    """Whether the character is Chinese or Japanese, including punctuation."""
    return bool(char) and ("\u3000" <= char[0] <= "\u9fff" or "\uff00" <= char[0] <= "\uffef")
