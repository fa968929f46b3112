"""Labels and names of fields as sets of words, so that "Rechnungs-Nr." and `invoice_number` meet."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from citewell.extractors.classes import FieldSpec
from citewell.search.analyse import query_terms

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COMPOUND = 4  # letters that a part of a compound has at least


class Named(msgspec.Struct, frozen=True):
    """A field with its words: those of its name, those of its description, and its name as people would write it."""

    spec: FieldSpec
    name: frozenset[str]
    described: frozenset[str]
    written: str
    over: frozenset[str] = frozenset()  # the words of the objects that hold it

    @property
    def core(self) -> frozenset[str]:
        """The words of its name without those that its type says as well, such as the date of a due date."""
        return self.name - set(vocabulary()["implied"].get(self.spec.kind, ())) or self.name

    @property
    def text(self) -> str:
        """Returns the words that a reader is asked for."""
        return self.spec.description or self.written


def named(spec: FieldSpec, over: frozenset[str] = frozenset()) -> Named:
    written = _CAMEL.sub(" ", spec.name).replace("_", " ").strip()
    return Named(spec, words(written), words(spec.description), written, over)


@cache
def vocabulary() -> Mapping[str, Any]:
    """`data/fields.toml`."""
    return tomllib.loads((files("citewell.extractors.engine") / "data" / "fields.toml").read_text(encoding="utf-8"))


@cache
def _canonical() -> Mapping[str, str]:
    """Analysed words, and whole words in lower case, by the one that stands for all with their meaning."""
    known: dict[str, str] = {}
    for name, group in vocabulary()["same"].items():
        for word in (name, *group):
            known[word] = name
            for term in _terms(word):
                known.setdefault(term, name)
    return known


@lru_cache(maxsize=50_000)
def words(text: str) -> frozenset[str]:
    """Returns the words that carry meaning, each as the one that stands for its meaning."""
    found = set()
    light = set(vocabulary()["light"]["words"])
    for word in re.findall(r"[^\W_]+|#|%", text.lower().replace("e-mail", "email")):
        if word in light:
            continue
        for part in _parts(word):
            found |= {_canonical().get(part) or _canonical().get(term, term) for term in _terms(part)}
    return frozenset(found - light)


def _terms(word: str) -> list[str]:
    """Analysed words. Who does something keeps its ending: the insurer is not the insured."""
    terms = query_terms(word, ["en"]) or [word]
    role = word.removesuffix("s")
    return [role] if role[-2:] in ("er", "or") and [role[:-2]] == terms else terms


def _parts(word: str) -> list[str]:
    """Returns a compound of two known words as these, such as Rechnungsnummer."""
    known = _canonical()
    if word in known:
        return [word]
    for cut in range(_COMPOUND, len(word) - 1):
        left, right = word[:cut], word[cut:]
        if right in known and (left in known or left.removesuffix("s") in known):
            return [left if left in known else left.removesuffix("s"), right]
    return [word]


def likeness(label: frozenset[str], field: Named) -> float:
    """Returns how surely a label means the field: 1 for its name, less where one has words that the other lacks,
    else 0.
    """
    return max(
        _likeness(label, field.name, field.over),
        0.97 * _likeness(label, field.core, field.over),
        0.95 * _likeness(label, field.described, field.over),
    )


def _likeness(label: frozenset[str], wanted: frozenset[str], over: frozenset[str]) -> float:
    if not label or not wanted:
        return 0.0
    common = label & wanted
    if not common:
        return 0.0
    if label == wanted:
        return 1.0
    if over and label == wanted | (over & label):
        return 1.1
    missing, more = wanted - label, label - wanted - over
    if not missing:
        return max(0.9 - 0.15 * len(more), 0.0)
    heavy = common - set(vocabulary()["light"]["generic"])
    return max(0.75 - 0.15 * len(missing) - 0.2 * len(more), 0.0) if heavy else 0.0
