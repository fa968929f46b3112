"""Exact phrases: the text between double quotation marks in a query."""

import re
from collections.abc import Sequence

from citewell.search.analyse import analysed_text

MAX_PHRASES = 4
_QUOTED = re.compile(
    '"([^"]{2,300})"|\u201c([^\u201d]{2,300})\u201d|\u00ab([^\u00bb]{2,300})\u00bb|\u201e([^\u201c\u201d]{2,300})[\u201c\u201d]'
)


def may_quote(query: str) -> bool:
    return _QUOTED.search(query) is not None


def phrases(query: str, languages: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Returns each phrase of the query as analysed text, in one form for each way in which the languages analyse it."""
    found = []
    for match in list(_QUOTED.finditer(query))[:MAX_PHRASES]:
        quoted = next(group for group in match.groups() if group)
        variants = tuple(dict.fromkeys(text for code in languages if (text := analysed_text(quoted, code))))
        if variants:
            found.append(variants)
    return tuple(found)
