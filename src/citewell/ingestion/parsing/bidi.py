"""Words of a line in the order in which they are read, after the Unicode bidirectional algorithm."""

import functools
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from citewell.ingestion.parsing.pdf_text import Word

_ARABIC = re.compile("[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")
_NUMBER = re.compile(r"(?=.*\d)[\d.,:/+-]+")
_PERCENT = re.compile(r"([%٪‰])(\d[\d.,]*)")
_ENDING = re.compile("[.,:;!?]+")
_TOUCHING = 0.15  # of the size
_NAME_GAP = 0.6  # of the size
_BRACKETS = "()[]{}"
_OPENING = dict(zip(_BRACKETS, "(([[{{", strict=True))
_TURNED = str.maketrans(_BRACKETS, ")(][}{")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def logical(words: Sequence[Word]) -> list[Word]:
    """Arabic and Hebrew words from the right and Latin ones among them from the left, or the other way round."""
    if not any(RIGHT_TO_LEFT.search(word.text) for word in words):
        return list(words)
    words = _joined(words, _number)
    base = _base([kind for word in words if (kind := _direction(word.text))])
    words = _joined(words, functools.partial(_bracketed, base))
    kinds = [_direction(word.text) for word in words]
    runs: list[list[Word]] = []
    last = ""
    for index, (word, kind) in enumerate(zip(words, kinds, strict=True)):
        # Numbers and signs belong to a run only if the run continues after them.
        behind_latin = base == "R" and last == "L" and bool(runs) and _is_number_behind(runs[-1][-1], word)
        found = kind or (last if behind_latin or (last and _next(kinds, index) == last) else base)
        if runs and found == last:
            runs[-1].append(word)
        else:
            runs.append([word])
        last = found
    ordered: list[Word] = []
    for run in reversed(runs) if base == "R" else runs:
        right = any(_direction(word.text) == "R" for word in run) or (base == "R" and not _strong(run))
        ordered += reversed(run) if right else _with_sign_at_end(run) if base == "R" else run
    if base == "L":
        return ordered
    ordered = _with_signs_attached(ordered)
    is_arabic = any(_ARABIC.search(word.text) for word in words)
    return _with_brackets_turned([_with_sign_behind(word) for word in ordered] if is_arabic else ordered)


def _is_number_behind(before: Word, word: Word) -> bool:
    """True for the number of a Latin name in a line from the right, like "ISO 9001": it is shown right of the name."""
    near = word.left - before.right < _NAME_GAP * word.size
    return near and _NUMBER.fullmatch(word.text) is not None and _direction(before.text) == "L"


def _base(kinds: Sequence[str]) -> str:
    """The direction of the line: that of the words at both of its ends, else of most words."""
    if kinds and kinds[0] == kinds[-1]:
        return kinds[0]
    return "R" if kinds.count("R") >= kinds.count("L") else "L"


def _joined(words: Sequence[Word], one_word: Callable[[str, str], str | None]) -> list[Word]:
    """Neighbours that touch as one word, where `one_word` makes one of their texts."""
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        touches = last is not None and word.left - last.right < _TOUCHING * word.size
        text = one_word(last.text, word.text) if last is not None and touches else None
        if last is not None and text is not None:
            top, bottom = min(last.top, word.top), max(last.bottom, word.bottom)
            joined[-1] = replace(last, text=text, top=top, right=word.right, bottom=bottom)
        else:
            joined.append(word)
    return joined


def _number(left: str, right: str) -> str | None:
    """Dates and the like, which run from the left in any script."""
    return left + right if _NUMBER.fullmatch(left + right) else None


def _bracketed(base: str, left: str, right: str) -> str | None:
    """A word with its bracket. On which side that stands tells whether it opens or closes: files name it either way."""
    for bracket, word, is_right in ((right, left, True), (left, right, False)):
        if not all(char in _BRACKETS for char in bracket):
            continue
        kind = _direction(word) or base
        opens = is_right == (kind == "R")
        if len(bracket) == 1 and _direction(word):
            bracket = _OPENING[bracket] if opens else _OPENING[bracket].translate(_TURNED)
        return bracket + word if opens else word + bracket
    return None


def _with_sign_at_end(run: Sequence[Word]) -> Sequence[Word]:
    """Latin words in a line from the right: a full stop at their left ends them."""
    found = _ENDING.match(run[0].text)
    if found is None or found.end() == len(run[0].text):
        return run
    first = replace(run[0], text=run[0].text[found.end() :])
    *others, last = [first, *run[1:]]
    return [*others, replace(last, text=last.text + found.group())]


def _with_signs_attached(words: Sequence[Word]) -> list[Word]:
    """A full stop behind Latin words stands at their left, apart from the last of them."""
    attached: list[Word] = []
    for word in words:
        if attached and _ENDING.fullmatch(word.text):
            last = attached[-1]
            left, right = min(last.left, word.left), max(last.right, word.right)
            attached[-1] = replace(last, text=last.text + word.text, left=left, right=right)
        else:
            attached.append(word)
    return attached


def _with_sign_behind(word: Word) -> Word:
    """Moves a percent sign behind its Arabic number: it is shown to the left of the number."""
    found = _PERCENT.fullmatch(word.text)
    return replace(word, text=found.group(2) + found.group(1)) if found else word


def _with_brackets_turned(words: list[Word]) -> list[Word]:
    """Brackets as they were written: from the right, an opening one looks like a closing one. Some files name them by
    their looks, of Latin words too: of the ways to read them that counts in which most find their partner."""
    turned = [replace(word, text=word.text.translate(_TURNED)) for word in words]
    return min((words, turned, [_by_side(word) for word in words]), key=_unmatched)


def _by_side(word: Word) -> Word:
    """A Latin word that opens with its first bracket, and closes with its last."""
    text = word.text
    if _direction(text) != "L" or len(text) < 2:
        return word
    first = _OPENING.get(text[0], text[0])
    last = _OPENING[text[-1]].translate(_TURNED) if text[-1] in _OPENING else text[-1]
    return replace(word, text=first + text[1:-1] + last)


def _unmatched(words: Sequence[Word]) -> int:
    open_brackets: list[str] = []
    alone = 0
    for char in (char for word in words for char in word.text if char in _BRACKETS):
        if char in "([{":
            open_brackets.append(char)
        elif open_brackets and open_brackets[-1] == char.translate(_TURNED):
            open_brackets.pop()
        else:
            alone += 1
    return alone + len(open_brackets)


def _strong(run: Sequence[Word]) -> bool:
    return any(_direction(word.text) for word in run)


def _next(kinds: Sequence[str], index: int) -> str:
    return next((kind for kind in kinds[index + 1 :] if kind), "")


def _direction(text: str) -> str:
    """R, L, or nothing for numbers and signs."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL"):
            return "R"
        if direction == "L":
            return "L"
    return ""
