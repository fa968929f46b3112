"""Scores a row of a table against a question: by its label, by what stands above it, and by the question's other
words.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from citewell.agent.reading.question import Group
from citewell.agent.reading.tables import Row, Table, last_sentence
from citewell.agent.reading.vocabulary import load, whole_words
from citewell.search.analyse import query_terms
from citewell.search.concepts import concept, plain_label

LIGHT = frozenset(query_terms("total net income expense expenses amount overall", ["en"]))
_SIDES = frozenset(query_terms("assets liabilities", ["en"]))  # of a balance sheet
_ASKED_AS_A_WHOLE = 1.1  # factor for a label that is in the question as a whole and longer than the concept's name
_LEAST_PRECISION = 0.7  # share of a label that the question must name, if no vocabulary knows it
_ELSEWHERE = 0.05  # less for a label in a section in which the concept is rather not meant
_GOES_ON = 0.75  # of a label that says more of what the concept is of
_OWN_LABEL = 0.9  # least score of a label of the concept itself
_LEAST_ITEMS = 2  # things that a caption must name, for the total below it
_OF_CAPTION = 0.8
_EACH_WORD = 0.02  # more for each word of the question: "operating lease cost" is not all of operating leases
_EACH_ITEM = 0.25  # more for each further thing that the label and the question name


@lru_cache(maxsize=20_000)
def terms(text: str) -> frozenset[str]:
    return frozenset(query_terms(plain_label(text), ["en"])) if text else frozenset()


def row_score(table: Table, row: Row, name: str, items: Sequence[Group], *, about: bool, said: frozenset[str]) -> float:
    label = row.label or row.section
    if not name:
        return item_score(table, row, items, said)
    named = _label_score(label, row.section, name)
    if not items:
        return named
    alternatives = [words for item in items for words in item.alternatives]
    asked = frozenset().union(*alternatives)
    over = terms(row.section)
    if named and over and over <= asked | LIGHT | _SIDES and any(words <= over for words in alternatives):
        return named + 0.3
    own = terms(label)
    if named >= _OWN_LABEL and own & asked - LIGHT:
        return named + 0.1
    more = _EACH_ITEM * (sum(any(words <= own for words in item.alternatives) for item in items) - 1)
    if own & asked - LIGHT and own & said - asked and own - LIGHT <= said:
        return _ASKED_AS_A_WHOLE + more  # "cash paid for income taxes" is not income taxes
    if own and own - LIGHT and own <= asked | LIGHT and about:
        return 1.05 + more + _section_score(row.section, name)
    if named and any(words <= heads_of(table) for item in items for words in item.alternatives):
        return named + 0.2
    if own and about and len(own & asked) >= 0.5 * len(own - LIGHT) and own & asked - LIGHT:
        return 0.75 + _section_score(row.section, name)
    return named - 0.25 if named else 0.0


def item_score(table: Table, row: Row, items: Sequence[Group], said: frozenset[str], head: str = "") -> float:
    """Combines the share of the label that the question has and the share of the items that the label has.

    The label counts alone, or with what stands above it: the section, or the caption where the label only says "Total".
    The head of a column may have items that the label lacks.
    """
    own = terms(row.label or row.section)
    over = terms(row.section) or (terms(last_sentence(table.caption)) if own <= LIGHT else frozenset())
    named = frozenset().union(*(words for item in items for words in item.alternatives)) | said
    best = _of_caption(table, items) if own <= LIGHT & said and not row.section else 0.0
    for words in (own, own | over):
        covered = _covered(words, items)
        weighty = words - LIGHT
        precision = len(weighty & named) / len(weighty) if weighty else 0.0
        if not covered or precision < _LEAST_PRECISION:
            continue  # "interest on lease liabilities" is not lease liabilities
        recall = len(_covered(words, items, terms(head))) / len(items)
        best = max(best, 2 * precision * recall / (precision + recall) + _EACH_WORD * len(words & said))
    return best


def _covered(words: frozenset[str], items: Sequence[Group], beside: frozenset[str] = frozenset()) -> list[Group]:
    return [item for item in items if any(held <= words or held <= beside for held in item.alternatives)]


def _of_caption(table: Table, items: Sequence[Group]) -> float:
    """Returns the score of a row that only says "Total": above 0 where the caption of its table has all the items."""
    words = terms(last_sentence(table.caption))
    if len(items) < _LEAST_ITEMS or len(_covered(words, items)) < len(items):
        return 0.0
    return _OF_CAPTION


def covers(table: Table, row: Row, items: Sequence[Group]) -> bool:
    """Whether the row, with all that stands over it, has each thing that the question names."""
    over = terms(f"{row.label} {row.section} {table.caption} {table.heading}") | heads_of(table)
    return all(any(words <= over for words in item.alternatives) for item in items)


def _label_score(label: str, section: str, name: str) -> float:
    """1 for a label that is the concept's own, less for one that only holds it."""
    known = concept(name)
    over = f"{section} {label}".lower()
    if "sections" in known and not any(word in over for word in known["sections"]):
        return 0.0
    if any(word in over for word in known.get("not_sections", ())):
        return 0.0
    text = plain_label(label)
    labels: list[str] = known["rows"]
    if " net of " in text and text not in labels:
        text = f"{text.partition(' net of ')[0]} net"  # "receivables, net of allowance of $5"
    if text in labels:
        elsewhere = any(re.match(rf"{word}\b", over) for word in known.get("rather_not_in", ()))
        return 1.0 - 0.01 * labels.index(text) - _ELSEWHERE * elsewhere
    if known["kind"] == "flow" and any(text.startswith(f"{phrase} of ") for phrase in labels):
        return _GOES_ON  # "depreciation and amortization of property and equipment"
    own = terms(label)
    best = 0.0
    for index, phrase in enumerate(labels):
        words = terms(phrase)
        if words and words <= own:
            extra = len(own - words - LIGHT)
            best = max(best, 0.85 - 0.2 * extra - 0.01 * index)
    return max(best, 0.0) if best >= 0.4 else 0.0


def is_light(item: Group) -> bool:
    """Whether a word only says that an amount is meant: "net", "total"."""
    return all(words <= LIGHT for words in item.alternatives)


def is_said(row: Row, said: frozenset[str]) -> bool:
    """Whether the question has all of the row's label, or of what stands over it."""
    own, over = terms(row.label) - LIGHT, terms(row.section) - LIGHT
    return own <= said or (bool(over) and over <= said)


def heads_of(table: Table) -> frozenset[str]:
    return frozenset(word for column in table.columns for word in terms(column.text))


def says(kind: str, row: Row) -> bool:
    """Whether a row is itself of a kind that questions are of: what falls on one share, what excludes something."""
    return _kind(kind).search(f"{row.section} {row.label}") is not None


@cache
def _kind(kind: str) -> re.Pattern[str]:
    return whole_words(load("questions")["kinds"][kind])


@lru_cache(maxsize=50_000)
def holds(text: str, name: str) -> bool:
    """Whether a caption or section names the concept."""
    own = terms(text)
    return any(words and words <= own for phrase in concept(name)["rows"] if (words := terms(phrase)))


def _section_score(section: str, name: str) -> float:
    if not section:
        return 0.0
    if plain_label(section) in concept(name)["rows"]:
        return 0.2
    others = [
        other
        for other in load("concepts")["concepts"]
        if other != name and plain_label(section) in concept(other)["rows"]
    ]
    return -0.5 if others else 0.0


def is_about(table: Table, name: str) -> bool:
    return (
        any(plain_label(row.label) in concept(name)["rows"] or holds(row.section, name) for row in table.rows)
        or holds(table.caption[-200:], name)
        or holds(table.heading[-120:], name)
    )
