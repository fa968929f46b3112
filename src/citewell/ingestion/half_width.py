"""Recognises half-width katakana of Shift JIS (cp932), in which banks, tills and old programs write names and goods.

In other encodings the same bytes are symbols and capital letters. The rules of the script tell them apart: voicing
marks follow certain letters only, and small letters and the long vowel mark never begin a word.
"""

import re
from itertools import pairwise

_ONLY = re.compile(rb"[\x00-\x7f\xa1-\xdf]*\Z")
_RUN = re.compile(rb"[\xa1-\xdf]+")
_LETTERS = "ﾝｰﾙｽﾄｲﾘﾗｸｱｼｯﾌﾀﾚｺﾃｶﾏﾅﾐｻｷﾁﾑｵﾊﾆﾎﾒﾛｳｴｹｾﾉﾂｬｮｭｨｪｧﾔﾓﾋｿﾈﾕﾖﾜﾍﾇｫｩｦ"  # the commonest first
_RANKS = {letter: 1.1 - 0.5 * place / len(_LETTERS) for place, letter in enumerate(_LETTERS)}
_VOICED = frozenset("ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ")
_HALF_VOICED = frozenset("ﾊﾋﾌﾍﾎ")
_SMALL = frozenset("ｧｨｩｪｫｬｭｮ")
_BEFORE_SMALL = {"ｬｭｮ": "ｷｼﾁﾆﾋﾐﾘﾃﾌﾞﾟ", "ｧｨｩｪｫ": "ﾌｳﾃﾄﾁｼﾂﾞﾟ"}
_MARKS = frozenset("｡｢｣､･")


def half_width_score(sample: bytes) -> float | None:
    """Returns how plausible a text in half-width katakana is, about 1 for real words. None if other characters beyond
    ASCII are in it.
    """
    if not _ONLY.match(sample):
        return None
    weights: list[float] = []
    for run in _RUN.findall(sample):
        word = f" {run.decode('cp932')}"
        alone = len(run) == 1
        weights += [0.2] if alone else [half_width_weight(before, char) for before, char in pairwise(word)]
    return sum(weights) / len(weights) if weights else None


def is_half_width(char: str) -> bool:
    return "\uff61" <= char <= "\uff9f"


def half_width_weight(before: str, char: str) -> float:
    """Returns how plausible the character is after the one before it."""
    begins = not is_half_width(before) or before in _MARKS
    if char in _MARKS:
        return 0.3
    if char == "ﾞ":
        return 1.3 if before in _VOICED else -2.0
    if char == "ﾟ":
        return 1.3 if before in _HALF_VOICED else -2.0
    if begins:
        return -1.0 if char in "ｰﾝｯ" or char in _SMALL else _RANKS[char]
    if char in "ｰﾝ":
        return 1.1 if before not in "ﾝｯ" and before != char else -0.5
    if char in _SMALL:
        return 1.0 if any(char in small and before in letters for small, letters in _BEFORE_SMALL.items()) else -0.5
    return _RANKS[char]
