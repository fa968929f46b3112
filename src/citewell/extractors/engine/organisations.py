"""Names of organisations, by their legal forms."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import msgspec

from citewell.agent.reading.vocabulary import any_of, load
from citewell.extractors.engine.evidence import Found
from citewell.extractors.engine.pages import FRONT_CHARS, Document
from citewell.extractors.engine.words import Named, vocabulary, words

_SURE, _LETTERHEAD = 0.85, 0.7
_HEAD_CHARS = 600  # in which an invoice says that it is one


def is_organisation(field: Named) -> bool:
    """Whether the field names an organisation."""
    return field.spec.kind == "text" and bool(field.name & set(vocabulary()["organisation"]["any"]))


@cache
def _pattern() -> re.Pattern[str]:
    known = load("questions")["organisations"]["forms"]
    forms = any_of(
        [re.escape(form) for form in {*known, *map(str.upper, known)} if form.lower() not in ("co", "company")]
    )
    name = r"[A-Z][\w&’'-]*(?:\.[A-Za-z]+)*"
    joint = r"(?:&|and|und|et|y|e|of|de|del|della|delle|dei|des|du|di|der|von|van|für)"
    # What stands before a name: "Tra Immobiliare Ponte S.p.A.", "Board Meeting of Larkspur Foods plc".
    before = (
        r"(?:Tra|Fra|Entre|Between|Zwischen)\b|(?:[A-Z]\w+[ \t]){0,3}(?:Meeting|Minutes|Report|Statements?)[ \t]of\b"
    )
    return re.compile(
        rf"(?<![\w.])(?!{before}){name}(?:,?[ \t]+(?:{name}|{joint}[ \t]+{name})){{0,5}},?[ \t]+(?:{forms})(?!\w)\.?"
        rf"(?:[ \t]*&[ \t]*Co\.?[ \t]*KGa?A?)?"
    )


def mentions(text: str) -> list[re.Match[str]]:
    """Returns the names of organisations in a text, in its order."""
    return list(_pattern().finditer(text))


def find(document: Document, field: Named) -> Found | None:
    """Returns the organisation whose document it is: the one that its beginning names, or names most.

    For fields that ask for no other role, such as a customer.
    """
    if not field.name <= set(vocabulary()["organisation"]["own"]):
        return None
    found = list(_on_front(document))
    if not found:
        return None
    counts = Counter(_plain(one.text) for one in found)
    # A cover gives the name a line of its own; others are mentioned in passing, however often.
    alone = [one for one in found if one.alone]
    chosen = alone[0] if alone else found[0]
    others = [count for name, count in counts.items() if name != _plain(chosen.text)]
    if not alone and others and max(others) * 2 > counts[_plain(chosen.text)]:
        return None
    source = document.source(chosen.chunk, chosen.start, chosen.end)
    return Found(chosen.text, (source,), _SURE if alone or not others else _SURE - 0.1)


def letterhead(document: Document, field: Named) -> Found | None:
    """Returns the supplier of an invoice that names none: the organisation in its first line, unless a label says
    otherwise of it further down.
    """
    if "supplier" not in field.name or "invoice" not in words(document.front[:_HEAD_CHARS]):
        return None
    first = next(_on_front(document), None)
    begins = first is not None and first.alone and not document.front[: document.front.find(first.text)].strip()
    if first is None or not begins or document.front.count(first.text) > 1:
        return None
    return Found(first.text, (document.source(first.chunk, first.start, first.end),), _LETTERHEAD)


class _Mention(msgspec.Struct, frozen=True):
    chunk: int
    start: int
    end: int
    text: str
    alone: bool


def _on_front(document: Document) -> Iterator[_Mention]:
    left = FRONT_CHARS
    for index, chunk in enumerate(document.chunks):
        text = chunk.content
        for match in _pattern().finditer(text[:left]):
            begin = text.rfind("\n", 0, match.start()) + 1
            until = text.find("\n", match.end())
            line = text[begin : until if until >= 0 else len(text)]
            yield _Mention(index, *match.span(), match[0], alone=line.strip() == match[0])
        left -= len(text)
        if left <= 0:
            return


def _plain(text: str) -> str:
    return re.sub(r"[\s,.]+", " ", text).strip().lower()
