"""Which cells may be put together in one calculation: those of one period, in one unit."""

from collections.abc import Iterable, Mapping, Sequence

from citewell.agent.reading import periods, shown
from citewell.agent.reading.cells import Found
from citewell.agent.reading.periods import Period
from citewell.search.concepts import concept


def comparable(one: Found, other: Found, *, on_a_day: bool = False) -> bool:
    """Whether two cells are of one period and in one unit and currency. With `on_a_day` one of them is an amount at the
    end of the period, so that its length does not count."""
    money = {shown.currency(one), shown.currency(other)} - {""}
    if "%" in one.text + other.text or shown.unit_of(one) != shown.unit_of(other) or len(money) > 1:
        return False
    if one.table is other.table and one.column == other.column and one.row.period == other.row.period:
        return True
    return _end_together(one.period, other.period) and (on_a_day or one.period.months == other.period.months)


def _end_together(one: Period, other: Period) -> bool:
    if one.end is not None and other.end is not None:
        return periods.same_end(one.end, other.end)
    years = [period.end.year if period.end else period.year for period in (one, other)]
    return years[0] is not None and years[0] == years[1] and one.quarter == other.quarter


def is_on_a_day(*names: str) -> bool:
    """Whether one of the concepts is an amount on a day, and not over a stretch of time."""
    return any(bool(name) and concept(name)["kind"] == "point" for name in names)


def choose_comparable(candidates: Mapping[str, Sequence[Found]], needed: Iterable[str]) -> dict[str, Found]:
    """Returns one candidate for each needed concept, the best first, so that all are comparable; empty where that
    is impossible.
    """
    names = list(dict.fromkeys(needed))
    for first in candidates.get(names[0], ()) if names else ():
        chosen = {names[0]: first}
        for name in names[1:]:
            fitting = (one for one in candidates.get(name, ()) if _fits(name, one, chosen))
            if (best := next(fitting, None)) is None:
                break
            chosen[name] = best
        else:
            return chosen
    return {}


def _fits(name: str, found: Found, chosen: Mapping[str, Found]) -> bool:
    return all(comparable(found, one, on_a_day=is_on_a_day(name, other)) for other, one in chosen.items())
