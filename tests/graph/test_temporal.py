"""Dates, times and durations in queries: how they are made, calculated with, compared and shown."""

from typing import Any

import pytest

from citewell.graph.child import QueryRequest, answer
from citewell.graph.cypher.store import Graph


def value(expression: str, **parameters: Any) -> Any:
    answered = answer(Graph(), QueryRequest(f"RETURN {expression} AS x", parameters))
    assert not answered.error, answered.error
    return answered.rows[0]["x"]


def refusal(expression: str) -> str:
    return answer(Graph(), QueryRequest(f"RETURN {expression} AS x")).error


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("date('2026-W05-3')", "2026-01-28"),
        ("date({year: 2024, month: 2, day: 29}) + duration('P1Y')", "2025-02-28"),
        ("date({date: date('2026-05-31'), month: 7})", "2026-07-31"),
        ("date(datetime('2026-01-31T23:30-05:00'))", "2026-01-31"),
        ("localtime({hour: 9, minute: 5})", "09:05"),
        ("time({time: time('12:31:14+01:00'), timezone: '+05:00'})", "16:31:14+05:00"),
        ("datetime('2026-07-01T10:00[America/New_York]')", "2026-07-01T10:00-04:00[America/New_York]"),
        (
            "datetime({datetime: datetime('2026-07-01T10:00Z'), timezone: 'Asia/Tokyo'})",
            "2026-07-01T19:00+09:00[Asia/Tokyo]",
        ),
        ("date.truncate('quarter', date('2026-08-20'))", "2026-07-01"),
        ("datetime.truncate('hour', localdatetime('2026-08-20T10:59:59'))", "2026-08-20T10:00Z"),
        ("duration({months: 0.75})", "P22DT19H51M49.5S"),
        ("duration({seconds: 0.1})", "PT0.1S"),
        ("duration('P1M') * 2.5", "P2M15DT5H14M33S"),
        ("duration.between(date('2025-01-31'), date('2026-03-01'))", "P1Y1M1D"),
        ("duration.inDays(date('2026-01-01'), date('2026-12-31')).days", 364),
        ("date('2026-02-03').week", 6),
        ("datetime('2026-01-01T00:00+02:00').epochSeconds", 1767218400),
        ("date('2026-01-31') < date('2026-02-01')", True),
        ("datetime('2026-01-01T12:00+02:00') <= datetime('2026-01-01T10:00Z')", False),
        ("date('2026-01-31') = '2026-01-31'", False),
        ("duration('P1M') < duration('P31D')", None),
        ("date('2026-01-31') > localtime('10:00')", None),
        ("toString(date('-0044-03-15'))", "-0044-03-15"),
        ("date(null)", None),
        ("datetime() = datetime()", True),
        ("[d IN ['2026-03-01', '2025-12-31'] | date(d).year]", [2026, 2025]),
    ],
)
def test_an_expression_of_time_has_its_value(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_a_time_that_clocks_leave_out_is_moved_on_and_one_shown_twice_is_the_first() -> None:
    assert value("datetime('2026-03-29T02:30[Europe/Paris]')") == "2026-03-29T03:30+02:00[Europe/Paris]"
    assert value("datetime('2026-10-25T02:30[Europe/Paris]')") == "2026-10-25T02:30+02:00[Europe/Paris]"
    assert value("datetime('2026-10-25T02:30+01:00[Europe/Paris]')") == "2026-10-25T02:30+01:00[Europe/Paris]"


def test_durations_are_summed_and_values_sorted() -> None:
    query = "UNWIND ['P1D', 'P2DT3H'] AS d RETURN sum(duration(d)) AS total, avg(duration(d)) AS mean"
    assert answer(Graph(), QueryRequest(query)).rows == [{"total": "P3DT3H", "mean": "P1DT13H30M"}]
    query = "UNWIND [date('2026-02-01'), date('2025-02-01')] AS d RETURN d ORDER BY d"
    assert answer(Graph(), QueryRequest(query)).rows == [{"d": "2025-02-01"}, {"d": "2026-02-01"}]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("date('31.01.2026')", "2026-01-31"),
        ("date({year: 2026, month: 2, day: 30})", "from 1 to 28"),
        ("date({month: 2})", "needs a year"),
        ("date({year: 2026, hour: 2})", 'takes no "hour"'),
        ("time({minute: 5})", "needs an hour"),
        ("datetime({year: 2026, timezone: '../../etc/passwd'})", "no time zone"),
        ("datetime({year: 2026, timezone: '+99:00'})", "18 hours"),
        ("date('2026-01-31') + 1", "duration"),
        ("date('2026-01-31') - date('2026-01-30')", "duration.between"),
        ("date('2026-01-31').hour", 'no "hour"'),
        ("date.truncate('fortnight', date('2026-01-31'))", "units are"),
        ("duration('P1M') / 0", "other than 0"),
        ("duration({days: 9e30})", "too long"),
        ("date('+999999999-12-31') + duration('P1D')", "year"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(expression: str, told: str) -> None:
    assert told in refusal(expression)
    assert refusal(expression).startswith("Line 1, column ")
