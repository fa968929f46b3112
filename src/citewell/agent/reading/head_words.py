"""What heads of columns say of time: whole periods, and parts of one that stand below each other."""

import re
from functools import cache, lru_cache

from citewell.agent.reading import periods
from citewell.agent.reading.vocabulary import any_of, load

YEAR = re.compile(r"(?:fy\s*)?((?:19|20)\d\d)", re.IGNORECASE)
_DAY = r"\d{1,2},"  # of a date whose parts stand below each other


@cache
def day_and_month() -> re.Pattern[str]:
    return re.compile(rf"({_month()}\.?\s*\d{{1,2}}),?\s+(?:19|20)\d\d", re.IGNORECASE)


@cache
def _part_of_date() -> re.Pattern[str]:
    """A month, or a day of one, whose year stands below."""
    return re.compile(rf"(?:{_month()}\.?(?:\s*\d{{1,2}})?,?|{_DAY})", re.IGNORECASE)


@cache
def length() -> re.Pattern[str]:
    """How long a period is, whose end stands below: "Year Ended December 31,"."""
    ended = any_of(load("time")["words"]["ended"])
    return re.compile(rf"(?:[\w-]+\s+){{1,3}}{ended}(?:\s+{_part_of_date().pattern})?", re.IGNORECASE)


@cache
def _month() -> str:
    return any_of([name for names in load("time")["months"].values() for name in names])


def is_temporal(text: str) -> bool:
    """Whether the text names a day, a year or a stretch of time and little else."""
    mentions = periods.find(text)
    named = sum(mention.end - mention.start for mention in mentions)
    return bool(mentions) and named >= 0.5 * len(text.strip())


@lru_cache(maxsize=20_000)
def names_time(text: str) -> bool:
    """Whether the text is a period, or a part of one whose rest stands above or below: "October 29,", "31,"."""
    return is_temporal(text) or _is_part(text.strip())


def _is_part(text: str) -> bool:
    return _part_of_date().fullmatch(text) is not None or length().fullmatch(text) is not None


def ends_with_day(text: str) -> bool:
    """Whether the year of a day stands below: "October 29,"."""
    return _part_of_date().search(text) is not None and text.endswith(",")
