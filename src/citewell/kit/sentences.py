"""Whether a sentence that ends with a paragraph, perhaps at the end of a page, continues in the next one."""

import re

from citewell.kit.scripts import UNSPACED

_ENDS = re.compile(r"[.!?:;…。！？：；]['\"”’»)\]」』）]*$")
_LEAST_WORDS = 8  # of a paragraph that may be cut where the next one begins with a capital
_LEAST_UNSPACED = 20  # characters of one in a script without spaces


def continues(before: str, after: str, *, over_page: bool = False) -> bool:
    """Whether a sentence that begins in the paragraph `before` ends in `after`: the first has no end, and the second
    begins small. With `over_page`, which says that a page ends between them, a long paragraph without an end goes on
    whatever the next one begins with, as nouns of German have capitals."""
    first, second = before.rstrip(), after.lstrip()
    if not first or not second or _ENDS.search(first[-8:]) or not (second[0].isalpha() or second[0].isdigit()):
        return False
    if second[0].islower():
        return True
    if not over_page:
        return False
    if UNSPACED.match(second):
        return UNSPACED.search(first[-1:]) is not None and len(first) >= _LEAST_UNSPACED
    return len(first.split()) >= _LEAST_WORDS and (first[-1].islower() or first[-1] in ",-")
