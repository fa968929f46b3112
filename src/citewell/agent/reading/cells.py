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
from citewell.agent.reading.rows import LIGHT, heads_of, holds, is_about, item_score, row_score, terms
from citewell.agent.reading.tables import Cell, Row, Table, is_value, number
from citewell.agent.reading.vocabulary import load, whole_words
from citewell.search.analyse import query_terms
from citewell.search.concepts import concept, plain_label, statement, statements_in

_LACKS_ITEM = 0.3  # less for a row without what another row has of the question
_EACH_WORD, _EACH_OTHER_WORD = 0.05, 0.02  # of the head of a column that the question has, or has not
_WHOLE = LIGHT | frozenset(query_terms("consolidated", ["en"]))  # the words of a section that holds all of the others
ENOUGH = 0.7  # the least score of a row that is an answer


class Want(msgspec.Struct, frozen=True):
    """`end` is the last day of the period; `strict` says that the question named it; `months` the length that it
    named; `usual` that of the document's own period; `percent` whether a share is asked for, `price` what a
    thing costs, `count` how many there are of it; `statements` the kinds of statement that it named, `said` its
    analysed words, `only` what the label of the row must say as well (per share, excluding).
    """

    end: date | None = None
    months: int | None = None
    strict: bool = False
    usual: int | None = None
    percent: bool = False
    price: bool = False
    statements: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    count: bool = False
    only: frozenset[str] = frozenset()


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
        about = bool(name) and is_about(table, name)
        for row in table.rows:
            score = row_score(table, row, name, items, about=about, said=want.said)
            if score <= 0:
                continue
            column = _column(table, row, name, items, want)
            if column is not None:
                index, period, fit = column
                if not name:
                    score = max(score, item_score(table, row, items, want.said, head=table.columns[index].text))
                found.append(Found(table, row, index, period, score + bonus + 0.3 * (fit - 1)))
    return sorted(_narrower(found, items) if name else found, key=lambda one: one.score, reverse=True)


def _narrower(found: Sequence[Found], items: Sequence[Group]) -> list[Found]:
    """The cells; where rows have a thing that the question names beside the concept, others count less: sales of
    subscriptions are not all sales."""
    names = [_names_one(one, items) for one in found]
    if not any(has and one.score >= ENOUGH for has, one in zip(names, found, strict=True)):
        return list(found)
    return [
        one if has else msgspec.structs.replace(one, score=one.score - _LACKS_ITEM)
        for has, one in zip(names, found, strict=True)
    ]


def breakdown(document: Opened, name: str, items: Sequence[Group], want: Want) -> list[Found]:
    """The rows of one table that say what each of several has of a concept: under a section or caption of its name, in
    a table about the items (segments, countries)."""
    best: list[Found] = []
    most = (0, ENOUGH)  # items that the table is about, the score
    for table in document.tables:
        over = terms(f"{table.caption} {table.heading}")
        about = sum(
            any(words <= over for words in (*item.alternatives, *broken_down_by(item.text.lower()))) for item in items
        )
        found = list(_parts_of(table, name, want)) if about else []
        if len(found) > 1 and found[0].score > ENOUGH and (about, found[0].score) > most:
            best, most = found, (about, found[0].score)
    return best


@lru_cache(maxsize=2000)
def broken_down_by(word: str) -> tuple[frozenset[str], ...]:
    """Returns the analysed words by which tables call what a question calls so: "regions" are geographic segments."""
    known = load("questions")["breakdowns"].values()
    return tuple(terms(other) for asked, others in known if whole_words(asked).fullmatch(word) for other in others)


def _parts_of(table: Table, name: str, want: Want) -> Iterator[Found]:
    labels = concept(name)["rows"]
    in_each = [row for row in table.rows if row.section and plain_label(row.label) in labels]
    if len({row.section for row in in_each}) > 1:  # each section is one of them: "Americas: net sales"
        rows, standing = in_each, 1.0
    elif any(plain_label(row.section) in labels for row in table.rows):
        rows, standing = [row for row in table.rows if plain_label(row.section) in labels], 1.0
    elif holds(table.caption[-200:], name):
        rows, standing = [row for row in table.rows if not row.section], 0.8
    else:
        return
    for row in rows:
        is_whole = terms(row.label) <= LIGHT or (bool(row.section) and terms(row.section) <= _WHOLE)
        column = None if is_whole else _column(table, row, name, [], want)
        if column is not None:
            index, period, fit = column
            yield Found(table, row, index, period, standing + 0.3 * (fit - 1))


def _names_one(found: Found, items: Sequence[Group]) -> bool:
    held = terms(found.row.label) | terms(found.row.section) | heads_of(found.table)
    return any(words <= held for item in items for words in item.alternatives)


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
    only_shares = want.percent and any(map(_is_share, row.cells))
    for index, period in _cells(table, row, percent=want.percent or kind == "rate"):
        if only_shares and not _is_share(row.cells[index]):
            continue
        head = table.columns[index].text
        named = _names_item(head, items)
        if (want.price and counts(head)) or (not period.is_known and not named and _has_end(table, want.end)):
            continue
        fit = _fit(period, want, head, items, on_a_day=on_a_day)
        if fit > 0:
            rated.append((fit + _price_bonus(head) * want.price, -index, index, period))
    if not rated:
        return None
    fit, _, index, period = max(rated, key=lambda item: item[:2])
    return index, period, fit


def _has_end(table: Table, end: date | None) -> bool:
    """Whether a column has the period: then one without any, such as that of the change, is of another kind."""
    ends = (column.period.end for column in table.columns)
    return end is not None and any(one is not None and periods.same_end(one, end) for one in ends)


@lru_cache(maxsize=4)
def _heads(kind: str) -> re.Pattern[str]:
    return whole_words(load("concepts")["heads"][kind])


def counts(head: str) -> bool:
    """Whether the numbers under this head of a column count things, and so are no money."""
    return _heads("count").search(head) is not None and _heads("price").search(head) is None


def is_of_each(head: str) -> bool:
    """Whether the numbers under this head of a column are prices of one thing each."""
    return _heads("each").search(head) is not None


def _price_bonus(head: str) -> float:
    return 0.3 if _heads("price").search(head) else 0.0


def _is_share(cell: Cell | None) -> bool:
    return cell is not None and "%" in cell.text


def _cells(table: Table, row: Row, *, percent: bool) -> Iterator[tuple[int, Period]]:
    shares = [_is_share(cell) for cell in row.cells]
    for index, cell in enumerate(row.cells):
        if cell is None or not is_value(cell.text):
            continue
        if shares[index] and not percent:
            continue
        if index < len(table.columns) and not (table.columns[index].is_doubtful and not row.period.is_known):
            yield index, dated(table, row, index)


@lru_cache(maxsize=2000)
def _measure(head: str) -> frozenset[str]:
    """Returns the words of a head that name no period: "At Prior Year Rates", "Net Carrying Amount"."""
    for mention in reversed(periods.find(head)):
        head = head[: mention.start] + head[mention.end :]
    return terms(head)


def _names_item(head: str, items: Sequence[Group]) -> bool:
    return any(words <= terms(head) for item in items for words in item.alternatives)


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
    if _names_item(head, items):
        fit += 0.3
    measure = _measure(head)
    fit += _EACH_WORD * len(measure & want.said) - _EACH_OTHER_WORD * len(measure - want.said)
    return max(fit, 0.01)


def before(found: Found, end: date | None = None) -> Found | None:
    """The cell that the same row gives for comparison: as long a period, that ended earlier, on the day `end` where
    there is one."""
    candidates = []
    for index, period in _cells(found.table, found.row, percent="%" in found.text):
        is_dated = bool(period.end) == bool(found.period.end) and period.is_known
        if index == found.column or period.months != found.period.months or not is_dated:
            continue
        days = periods.order(found.period) - periods.order(period)
        if days > 20:
            is_asked = end is not None and period.end is not None and periods.same_end(period.end, end)
            candidates.append((0 if is_asked else abs(days - 365) + 1, index, period))
    if not candidates:
        return _before_in_sections(found)
    _, index, period = min(candidates, key=lambda item: item[:2])
    return msgspec.structs.replace(found, column=index, period=period)


def longer(found: Found) -> Found | None:
    """The cell of the same row for the longest period that ends on the same day; None where none is longer."""
    months = found.period.months
    if months is None or found.period.end is None:
        return None
    candidates = [
        (period.months, index, period)
        for index, period in _cells(found.table, found.row, percent="%" in found.text)
        if period.end == found.period.end and period.months is not None and period.months > months
    ]
    if not candidates:
        return None
    _, index, period = max(candidates, key=lambda item: item[:2])
    return msgspec.structs.replace(found, column=index, period=period)


def _before_in_sections(found: Found) -> Found | None:
    """Returns the row with the same label in the earlier section, where periods stand above rows and not above
    columns.
    """
    end, months = found.row.period.end, found.row.period.months
    for row in found.table.rows:
        same = row.label == found.row.label and row.period.months == months and row.cells[found.column] is not None
        if same and end is not None and row.period.end is not None and row.period.end < end:
            return msgspec.structs.replace(found, row=row, period=row.period)
    return None
