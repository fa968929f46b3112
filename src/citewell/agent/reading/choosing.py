"""Which documents a question is about: by the organisation that it names, then by the period."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading import profile as profiles
from citewell.agent.reading.document import Opened
from citewell.agent.reading.periods import Period, Relative
from citewell.agent.reading.profile import Profile
from citewell.agent.reading.question import Asked

MAX_DOCUMENTS = 4  # read for one question
_NEARLY = 0.05
_SAYS_OFTEN = 3  # times a document names its own period
_REPORTED = (3, 6, 9, 12)  # months that a quarterly report may cover
_OTHERS = 3  # periods beside the first one
_OWN_PERIOD = 0.9  # least score of a document whose name or date has the period
_FIRST = 3  # documents that the search found first
_COMPARES = 0.3  # score of a document that only compares with the period


class Chosen(msgspec.Struct, frozen=True):
    """A document to read; `end` is the last day of the period that is wanted in it, where one is known; `asked` says
    that the question named it."""

    profile: Profile
    end: date | None
    asked: bool


class Choice(msgspec.Struct, frozen=True):
    """`narrowed` says that the question named an organisation or a period, `named` that it was an organisation.
    `others` are read if `documents` do not answer. `missing` is a named period that no document covers, with the
    nearest ones as `closest`."""

    documents: list[Chosen]
    narrowed: bool
    missing: Period | None = None
    closest: list[Profile] = []
    named: bool = False
    others: list[Chosen] = []


def choose(asked: Asked, known: Sequence[Profile], found: Sequence[UUID]) -> Choice:
    """The documents to read. `found` are those that a search brought, best first."""
    named = _named(asked, known)
    pool = named or list(known)
    if asked.period is not None and "forecast" in asked.kinds and (before := _before(asked.period)):
        choice = _by_period(msgspec.structs.replace(asked, period=before), known, pool, found, named=bool(named))
        if any(profiles.fit(before, one.profile) > _COMPARES for one in choice.documents):
            return choice
    if asked.period is not None:
        return _with_others(asked, _by_period(asked, known, pool, found, named=bool(named)), pool, found)
    return _by_search(asked, known, pool, found, named=bool(named))


def _by_search(
    asked: Asked, known: Sequence[Profile], pool: Sequence[Profile], found: Sequence[UUID], *, named: bool
) -> Choice:
    """The documents of the pool that the search found first, where no period tells them apart."""
    first = _grouped_newest(pool, found, within_found=not named)
    relative = asked.relative if asked.period is None else None
    chosen = [Chosen(one, one.end, relative is not None) for one in first[:MAX_DOCUMENTS]]
    narrowed = named or (relative is not None and relative.latest)
    others = _beside(asked, known, pool, first, found) if named else []
    return Choice(chosen, narrowed=narrowed, named=named, others=others)


def _before(period: Period) -> Period | None:
    """The period whose report says what is expected of this one: the one before it."""
    if period.quarter:
        return periods.moved(period, Relative(quarters=-1)) if period.year else None
    return periods.moved(period, Relative(years=-1)) if period.year and period.end is None else None


def _with_others(asked: Asked, choice: Choice, pool: Sequence[Profile], found: Sequence[UUID]) -> Choice:
    """Adds the documents about the other named periods, where such documents exist."""
    chosen = list(choice.documents)
    for period in asked.others[:_OTHERS] if chosen and choice.narrowed else ():
        if not (period.quarter or period.end):
            continue
        more = _by_period(msgspec.structs.replace(asked, period=period), pool, pool, found, named=choice.named)
        read = {one.profile.document_id for one in chosen}
        chosen += [
            one
            for one in more.documents
            if profiles.fit(period, one.profile) >= _OWN_PERIOD and one.profile.document_id not in read
        ]
    return msgspec.structs.replace(choice, documents=chosen[:MAX_DOCUMENTS])


def _named(asked: Asked, known: Sequence[Profile]) -> list[Profile]:
    """The documents that have a name or a code of the question."""
    return [one for one in known if asked.naming & one.names or asked.words & _codes(one)]


def _codes(one: Profile) -> frozenset[str]:
    """Words of the name that look like a ticker or a number: "aapl", "4711"."""
    return frozenset(word for word in one.title if word.isdigit() and len(word) > 2)


def is_of_other_years(asked: Asked, document: Opened) -> bool:
    """Whether the question names a year, and the document others alone."""
    period = asked.period
    year = (period.end.year if period.end else period.year) if period else None
    return year is not None and bool(document.years) and year not in document.years


def _by_period(
    asked: Asked, known: Sequence[Profile], pool: Sequence[Profile], found: Sequence[UUID], *, named: bool
) -> Choice:
    assert asked.period is not None
    dated = [(profiles.fit(asked.period, one), one) for one in pool]
    best = max((score for score, _ in dated), default=0.0)
    if best <= 0:
        says_no_period = not any(one.end or one.labels for one in pool)
        # A period may also be the time of an event, where no document reports on such a period.
        may_be_event = not (asked.period.quarter or asked.period.end) or not (named or _are_periodic(pool, found))
        if says_no_period or may_be_event:
            return _by_search(asked, known, pool, found, named=named)
        return Choice([], narrowed=True, missing=asked.period, closest=_nearest(asked.period, pool))
    fitting = [one for score, one in dated if score >= best - _NEARLY]
    order = {document_id: index for index, document_id in enumerate(found)}
    fitting.sort(key=lambda one: order.get(one.document_id, len(order)))
    compares = best <= _COMPARES
    chosen = [Chosen(one, _wanted_end(asked.period, one, compares=compares), True) for one in fitting]
    certain = bool(asked.period.quarter or asked.period.end or named)
    return Choice(chosen[:MAX_DOCUMENTS], narrowed=certain, named=named)


def named_inside(period: Period, text: str) -> bool:
    """Whether a document calls its own period so: a fiscal year may have another number than its name and cover."""
    named = (mention.period for mention in periods.find(text))
    return sum(one.quarter == period.quarter and one.year == period.year for one in named) >= _SAYS_OFTEN


def _are_periodic(pool: Sequence[Profile], found: Sequence[UUID]) -> bool:
    """Whether documents that the search found first report on stretches of time."""
    first = list(dict.fromkeys(found))[:_FIRST]
    return any(one.document_id in first and _is_periodic(one) for one in pool)


def _is_periodic(one: Profile) -> bool:
    return one.months in _REPORTED or any(label.quarter for label in one.labels)


def _wanted_end(period: Period, one: Profile, *, compares: bool) -> date | None:
    if period.end is not None:
        return period.end
    if one.end is None or not compares:
        return one.end
    return one.end.replace(year=one.end.year - 1, day=min(one.end.day, 28))


def _grouped_newest(pool: Sequence[Profile], found: Sequence[UUID], *, within_found: bool) -> list[Profile]:
    """The newest document of each organisation, those that the search found first."""
    order = {document_id: index for index, document_id in enumerate(found)}
    candidates = [one for one in pool if one.document_id in order] if within_found else list(pool)
    candidates.sort(key=lambda one: order.get(one.document_id, len(order)))
    groups: dict[object, list[Profile]] = {}
    for one in candidates:
        groups.setdefault(one.names or one.document_id, []).append(one)
    newest = []
    for key, members in groups.items():
        series = [one for one in pool if one.names == key and one.end] if isinstance(key, frozenset) else []
        newest.append(max(series, key=lambda one: one.end or date.min) if len(series) > 1 else members[0])
    return list(dict.fromkeys(newest))


def _beside(
    asked: Asked, known: Sequence[Profile], named: Sequence[Profile], first: Sequence[Profile], found: Sequence[UUID]
) -> list[Chosen]:
    """Returns what the search found beside the documents of the named organisations that are read first, best first.

    These are their other documents, and documents of no organisation: a word of the question may only look like a name.
    Reports on other periods are left out. Where the question has the number of a document, such as an invoice, so are
    the organisation's documents without it.
    """
    order = {document_id: index for index, document_id in enumerate(found)}
    codes = {one.names: len(asked.words & _codes(one)) for one in reversed(first)}
    members = [
        one
        for one in known
        if one.document_id in order
        and one not in first
        and not _is_periodic(one)
        and (not one.names or (one in named and len(asked.words & _codes(one)) >= codes.get(one.names, 0)))
    ]
    members.sort(key=lambda one: order[one.document_id])
    return [Chosen(one, one.end, False) for one in members[:MAX_DOCUMENTS]]


def _nearest(period: Period, pool: Sequence[Profile]) -> list[Profile]:
    year = period.year or (period.end.year if period.end else 0)
    dated = [one for one in pool if one.end is not None]
    return sorted(dated, key=lambda one: abs((one.end or date.min).year - year))[:3]
