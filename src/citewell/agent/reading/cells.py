"""Which cell answers: the row that is asked for, in the column of the period that is asked for."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading.document import Opened
from citewell.agent.reading.headers import merged
from citewell.agent.reading.periods import Period
from citewell.agent.reading.question import Group
from citewell.agent.reading.tables import Row, Table, is_value, number
from citewell.agent.reading.vocabulary import load, whole_words
from citewell.search.analyse import query_terms
from citewell.search.concepts import concept, plain_label, statement, statements_in

_LIGHT = frozenset(query_terms("total net income expense expenses amount overall", ["en"]))
ENOUGH = 0.7  # the least score of a row that is an answer


class Want(msgspec.Struct, frozen=True):
    """`end` is the last day of the period; `strict` says that the question named it; `months` the length that it named;
    `usual` that of the document's own period; `percent` whether a share is asked for, `price` what a thing
    costs, `statements` the kinds of statement that it named."""

    end: date | None = None
    months: int | None = None
    strict: bool = False
    usual: int | None = None
    percent: bool = False
    price: bool = False
    statements: frozenset[str] = frozenset()


class Found(msgspec.Struct, frozen=True):
    """A cell: its row, the index of its column, and what stands over it. `score` is that of the row and column."""

    table: Table
    row: Row
    column: int
    period: Period
    score: float

    @property
    def text(self) -> str:
        cell = self.row.cells[self.column]
        return cell.text if cell else ""

    @property
    def value(self) -> float | None:
        return number(self.text)


def find(document: Opened, name: str, items: Sequence[Group], want: Want) -> list[Found]:
    """Cells for a concept (or, with the name empty, for the items alone), best first."""
    found = []
    for table in document.tables:
        bonus = _standing(table, want.statements) - 0.0005 * table.order
        about = bool(name) and _is_about(table, name)
        for row in table.rows:
            score = _row_score(table, row, name, items, about=about)
            if score <= 0:
                continue
            column = _column(table, row, name, items, want)
            if column is not None:
                index, period, fit = column
                found.append(Found(table, row, index, period, score + bonus + 0.3 * (fit - 1)))
    return sorted(found, key=lambda one: one.score, reverse=True)


@lru_cache(maxsize=20_000)
def terms(text: str) -> frozenset[str]:
    return frozenset(query_terms(plain_label(text), ["en"])) if text else frozenset()


def _row_score(table: Table, row: Row, name: str, items: Sequence[Group], *, about: bool) -> float:
    label = row.label or row.section
    if not name:
        return _item_score(label, items)
    named = _label_score(label, row.section, name)
    if not items:
        return named
    asked = frozenset().union(*(words for item in items for words in item.alternatives))
    over = terms(row.section)
    if named and over and over <= asked | _LIGHT:
        return named + 0.3
    own = terms(label)
    if own and own - _LIGHT and own <= asked | _LIGHT and about:
        return 1.05 + _section_score(row.section, name)
    heads = {word for column in table.columns for word in terms(column.text)}
    if named and any(words <= heads for item in items for words in item.alternatives):
        return named + 0.2
    if own and about and len(own & asked) >= 0.5 * len(own - _LIGHT) and own & asked:
        return 0.75 + _section_score(row.section, name)
    return named - 0.25 if named else 0.0


def _item_score(label: str, items: Sequence[Group]) -> float:
    """How much of the label the items are, and how much of the items the label is."""
    own = terms(label)
    if not own or not items:
        return 0.0
    covered = [item for item in items if any(words <= own for words in item.alternatives)]
    if not covered:
        return 0.0
    asked = frozenset().union(*(words for item in items for words in item.alternatives))
    precision = len(own & asked) / len(own - _LIGHT or own)
    recall = len(covered) / len(items)
    return min(2 * precision * recall / (precision + recall), 1.0) if precision else 0.0


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
    if text in labels:
        return 1.0 - 0.01 * labels.index(text)
    own = terms(label)
    best = 0.0
    for index, phrase in enumerate(labels):
        words = terms(phrase)
        if words and words <= own:
            extra = len(own - words - _LIGHT)
            best = max(best, 0.85 - 0.2 * extra - 0.01 * index)
    return max(best, 0.0) if best >= 0.4 else 0.0


@lru_cache(maxsize=50_000)
def _holds(text: str, name: str) -> bool:
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


def _is_about(table: Table, name: str) -> bool:
    return (
        any(plain_label(row.label) in concept(name)["rows"] or _holds(row.section, name) for row in table.rows)
        or _holds(table.caption[-200:], name)
        or _holds(table.heading[-120:], name)
    )


def _standing(table: Table, asked: frozenset[str]) -> float:
    """Main statements come before notes and segments, the one that is asked for first; shares of a total come last."""
    over = f"{table.caption} {table.heading[-160:]}"
    if asked and any(kind in asked for _, _, kind in statements_in(over)):
        return 0.3
    if re.search(r"percentage of|as a percent|in prozent", table.caption, re.IGNORECASE):
        return -0.4
    if statement("main").search(over) and not statement("not_main").search(over):
        return 0.15
    return 0.0


def dated(table: Table, row: Row, index: int) -> Period:
    """The period of a cell: of its column, else of its section, else of what stands over the table."""
    over = table.columns[index].period
    return (
        merged([over, row.period, table.period])
        if over.end or over.year or over.months
        else merged([row.period, table.period])
    )


def _column(table: Table, row: Row, name: str, items: Sequence[Group], want: Want) -> tuple[int, Period, float] | None:
    """(index, period, fit) of the best column; None where the row has no cell of the period."""
    kind = concept(name)["kind"] if name else ""
    on_a_day = kind == "point"
    rated = []
    for index, period in _cells(table, row, percent=want.percent or kind == "rate"):
        head = table.columns[index].text
        if want.price and counts(head):
            continue
        fit = _fit(period, want, head, items, on_a_day=on_a_day)
        if fit > 0:
            rated.append((fit + _price_bonus(head) * want.price, -index, index, period))
    if not rated:
        return None
    fit, _, index, period = max(rated, key=lambda item: item[:2])
    return index, period, fit


@lru_cache(maxsize=4)
def _heads(kind: str) -> re.Pattern[str]:
    return whole_words(load("concepts")["heads"][kind])


def counts(head: str) -> bool:
    """Whether the numbers under this head of a column count things, and so are no money."""
    return _heads("count").search(head) is not None and _heads("price").search(head) is None


def _price_bonus(head: str) -> float:
    return 0.3 if _heads("price").search(head) else 0.0


def _cells(table: Table, row: Row, *, percent: bool) -> Iterator[tuple[int, Period]]:
    shares = [cell is not None and "%" in cell.text for cell in row.cells]
    for index, cell in enumerate(row.cells):
        if cell is None or not is_value(cell.text):
            continue
        if shares[index] and not percent:
            continue
        if index < len(table.columns):
            yield index, dated(table, row, index)


def _fit(period: Period, want: Want, head: str, items: Sequence[Group], *, on_a_day: bool) -> float:
    """0 for a column of another period, 1 for the one that is wanted."""
    fit = 0.5
    if want.end is not None:
        if period.end is not None:
            if not periods.same_end(period.end, want.end):
                if want.strict:
                    return 0.0
                fit = 0.2 - min(abs((period.end - want.end).days), 4000) / 40_000
            else:
                fit = 1.0
        elif period.year is not None:
            fit = 0.7 if period.year == want.end.year else 0.0 if want.strict else 0.1
        else:
            fit = 0.4 if want.strict else 0.9
    elif period.end is None:
        fit = 0.95
    else:
        fit = 0.5 + min(max(period.end.toordinal() - 700_000, 0), 100_000) / 1_000_000
    wanted = want.months or want.usual
    if on_a_day and period.months is not None:
        fit -= 0.5
    elif period.months is not None and wanted is not None:
        fit += 0.15 if period.months == wanted else -0.1 - 0.005 * abs(period.months - wanted)
    if items and any(words <= terms(head) for item in items for words in item.alternatives):
        fit += 0.3
    return max(fit, 0.01)


def before(found: Found) -> Found | None:
    """The cell that the same row gives for comparison: as long a period, that ended earlier."""
    candidates = []
    for index, period in _cells(found.table, found.row, percent="%" in found.text):
        if (
            index == found.column
            or period.months != found.period.months
            or period.end is None
            or found.period.end is None
        ):
            continue
        days = (found.period.end - period.end).days
        if days > 20:
            candidates.append((abs(days - 365), index, period))
    if not candidates:
        return _before_in_sections(found)
    _, index, period = min(candidates, key=lambda item: item[:2])
    return msgspec.structs.replace(found, column=index, period=period)


def _before_in_sections(found: Found) -> Found | None:
    """Where periods stand above rows and not above columns: the row of that label in the earlier section."""
    end, months = found.row.period.end, found.row.period.months
    for row in found.table.rows:
        same = row.label == found.row.label and row.period.months == months and row.cells[found.column] is not None
        if same and end is not None and row.period.end is not None and row.period.end < end:
            return msgspec.structs.replace(found, row=row, period=row.period)
    return None
