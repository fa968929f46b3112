"""The proleptic Gregorian calendar as arithmetic on days since 1970-01-01, and ISO weeks.

Source of the two conversions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
"""

from citewell.graph.cypher.errors import CypherError

MAX_YEAR = 999_999_999
_ERA = 146_097  # days of 400 years
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else _LENGTHS[month - 1]


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01. Raises CypherError where the calendar has no such day."""
    check("year", year, -MAX_YEAR, MAX_YEAR)
    check("month", month, 1, 12)
    check("day", day, 1, month_length(year, month))
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _ERA + day_of_era - 719_468


def civil(number: int) -> tuple[int, int, int]:
    """Year, month and day. Raises CypherError beyond the years that a date may have."""
    era, day_of_era = divmod(number + 719_468, _ERA)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    year = year_of_era + era * 400 + (month <= 2)
    check("year", year, -MAX_YEAR, MAX_YEAR)
    return year, month, day_of_year - (153 * shifted + 2) // 5 + 1


def weekday(number: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (number + 3) % 7 + 1


def iso_week(number: int) -> tuple[int, int]:
    """Returns the year that the week belongs to, and the week in it."""
    thursday = number - weekday(number) + 4
    year = civil(thursday)[0]
    return year, (thursday - day_number(year, 1, 1)) // 7 + 1


def day_of_week(year: int, week: int, day: int) -> int:
    """Returns the day of an ISO week. Raises CypherError where the year has no such week."""
    fourth = day_number(year, 1, 4)
    monday = fourth - weekday(fourth) + 1
    check("dayOfWeek", day, 1, 7)
    check("week", week, 1, 53 if iso_week(monday + 52 * 7)[0] == year else 52)
    return monday + (week - 1) * 7 + day - 1


def plus_months(number: int, months: int) -> int:
    """Returns the same day so many months later; the last day of the month where it is too short."""
    year, month, day = civil(number)
    years, index = divmod(month - 1 + months, 12)
    check("year", year + years, -MAX_YEAR, MAX_YEAR)
    return day_number(year + years, index + 1, min(day, month_length(year + years, index + 1)))


def check(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise CypherError(f"{name} is a number from {least:,} to {most:,} here, not {value}.")


def day_of_quarter(year: int, quarter: int, day: int) -> int:
    """Raises CypherError where the quarter has no such day."""
    check("quarter", quarter, 1, 4)
    first = day_number(year, 3 * quarter - 2, 1)
    check("dayOfQuarter", day, 1, plus_months(first, 2) + month_length(year, 3 * quarter) - first)
    return first + day - 1


def day_of_year(year: int, day: int) -> int:
    """Raises CypherError where the year has no such day."""
    check("ordinalDay", day, 1, 365 + is_leap(year))
    return day_number(year, 1, 1) + day - 1
