"""The last resort: lines that have all that is asked about, word for word. No rule says that they answer, but who looks
for rare words wants the place where they stand."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from citewell.agent.reading.choosing import is_of_other_years
from citewell.agent.reading.document import Opened
from citewell.agent.reading.fields import ASKS
from citewell.agent.reading.kinds import answers_kind, lacks_count
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.sentences import Sentence
from citewell.search.analyse import analyse

_MOST = 3  # different lines; words that stand in more are not rare
_LEAST_CHARS = 4  # of a word that is looked for alone
_LINE = re.compile(r"[^\n]+")


class Line(msgspec.Struct, frozen=True):
    """`document` is the index of its document."""

    document: int
    sentence: Sentence


def holding(asked: Asked, documents: Sequence[Opened]) -> list[Line]:
    """The lines with all of it, in their order; none where they are many, or where the question has no words. Documents
    that name years, but not the one of the question, are left out."""
    groups = [group for group in asked.groups if group.alternatives]
    if not groups or (len(groups) == 1 and not _is_rare(groups[0])):
        return []
    found: dict[str, Line] = {}  # by its text: one that each page repeats is one
    for line in _lines(asked, documents):
        held = all(any(words <= line.sentence.words for words in group.alternatives) for group in groups)
        if held and answers_kind(asked, line.sentence) and not lacks_count(asked, line.sentence.text, in_words=False):
            found.setdefault(line.sentence.text, line)
            if len(found) > _MOST:
                return []
    return list(found.values())


def _is_rare(group: Group) -> bool:
    """Whether a word may be looked for alone."""
    return not group.concept and len(group.text) >= _LEAST_CHARS


def _lines(asked: Asked, documents: Sequence[Opened]) -> Iterator[Line]:
    none = frozenset[str]()
    for index, document in enumerate(documents):
        if is_of_other_years(asked, document):
            continue
        for number, chunk in enumerate(document.chunks):
            for found in _LINE.finditer(chunk.content):
                text = found[0].strip()
                if text and not text.endswith(ASKS) and text not in chunk.heading_path:
                    start = found.start() + len(found[0]) - len(found[0].lstrip())
                    words = frozenset(analyse(text, document.language))
                    yield Line(index, Sentence(number, start, start + len(text), text, words, none))
