"""The profile of a document, from its name and first page: its organisation, and the period that it reports on."""

import re
from datetime import date
from functools import cache, lru_cache
from uuid import UUID

import msgspec

from citewell.agent.knowledge import Front
from citewell.agent.reading import periods
from citewell.agent.reading.periods import Period
from citewell.agent.reading.vocabulary import any_of, load

_FRONT_CHARS = 4000  # in which a document says whose it is
_MAX_NAMES = 12
_WORD = re.compile(r"[^\W\d_][\w&'’-]*")


class Profile(msgspec.Struct, frozen=True):
    """`names` are the words of the organisations on the first page, lower case; `title` those of the document's name.

    `end` is the last day that the document reports on, or its date; `months` is how long its period is, where the cover
    says so; `labels` are the years and quarters in its name.
    """

    document_id: UUID
    name: str
    names: frozenset[str]
    title: frozenset[str]
    end: date | None
    months: int | None
    labels: tuple[Period, ...]


@lru_cache(maxsize=5000)
def profile(front: Front) -> Profile:
    title = re.sub(r"[_.-]+", " ", front.name.rsplit(".", 1)[0])
    labels = tuple(mention.period for mention in periods.find(title))
    end, months = _covered(front.text, labels)
    words = frozenset(word.lower() for word in _WORD.findall(title))
    return Profile(front.document_id, front.name, _organisations(front.text), words, end, months, labels)


@cache
def _organisation() -> re.Pattern[str]:
    known = load("questions")["organisations"]["forms"]
    forms = any_of([re.escape(form) for form in {*known, *map(str.upper, known)}])
    return re.compile(rf"((?:\b[A-Z][\w&.’'-]*,?[ \t]+){{1,4}})(?:{forms})(?!\w)")


def _organisations(text: str) -> frozenset[str]:
    not_names = set(load("questions")["organisations"]["not_names"])
    found: list[str] = []
    for match in _organisation().finditer(text[:_FRONT_CHARS]):
        words = [word.lower() for part in match[1].split() for word in re.split(r"[.,’'-]", part) if len(word) > 1]
        found += [word for word in words if word not in not_names and not word.isdigit()]
    return frozenset(list(dict.fromkeys(found))[:_MAX_NAMES])


def _covered(text: str, labels: tuple[Period, ...]) -> tuple[date | None, int | None]:
    """The first stretch of time that ends on a day, else the first day, on the first page."""
    found = [mention.period for mention in periods.find(text[:_FRONT_CHARS]) if mention.period.end]
    stretch = next((period for period in found if period.months), None)
    if stretch is not None:
        return stretch.end, stretch.months
    dated = next((period.end for period in labels if period.end), None)
    return dated or (found[0].end if found else None), None


def fit(period: Period, found: Profile) -> float:
    """Returns how well a document covers a period: 1 for the document about it, .3 where it only compares with it,
    else 0.
    """
    if period.end is not None:
        if found.end is None:
            return 0.0
        away = (found.end - period.end).days
        return 1.0 if abs(away) <= 6 else 0.3 if 0 < away < 380 else 0.0
    if period.quarter is not None:
        return _fit_quarter(period, found)
    if period.year is not None:
        years = {label.year or (label.end.year if label.end else None) for label in found.labels}
        if period.year in years:
            return 1.0
        at = found.end.year if found.end else None
        return 0.8 if at == period.year else 0.3 if period.year + 1 in years or at == period.year + 1 else 0.0
    return 0.0


def _fit_quarter(period: Period, found: Profile) -> float:
    named = {(label.year, label.quarter) for label in found.labels if label.quarter}
    if period.year is None:
        return 0.6 if any(quarter == period.quarter for _, quarter in named) else 0.0
    wanted = (period.year, period.quarter)
    if wanted in named:
        return 1.0
    at = periods.calendar_quarter(found.end) if found.end else None
    if not named and at == wanted:
        return 0.9
    if at == wanted:
        return 0.6
    later = (period.year + 1, period.quarter)
    return 0.3 if later in named or (at == later and not named) else 0.0
