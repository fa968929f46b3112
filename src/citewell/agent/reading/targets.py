"""Finds the cells of one document that answer a question."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from citewell.agent.reading import balances, cells, formulas, schedules, shown
from citewell.agent.reading.cells import ENOUGH, Found, Want
from citewell.agent.reading.choosing import Chosen
from citewell.agent.reading.comparable import choose_comparable, comparable, is_on_a_day
from citewell.agent.reading.document import Opened
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.rows import LIGHT, covers, is_said, says, terms
from citewell.agent.reading.tables import Row
from citewell.agent.reading.things import has_item, is_by_item, lacks_name, things_of, whole_names
from citewell.search.concepts import concept

_MOST_ROWS = 8  # of a table whose rows are compared with each other
_MAX_ROWS = 5  # of one table that a question names
_COMPARED_PARTS = 3  # of a balance that are shown with the day before
_SAME_TABLE = 0.72  # least score of a further row of the table
_EACH = frozenset({"each_share"})
_IN_LABEL = frozenset(
    {"each_share", "excluding", "other_measure", "forecast"}
)  # kinds that a row must have in its label
_COMPARING = frozenset({"change", "compare", "relation"})
_OF_ALL = frozenset({"superlative", "each_of"})  # kinds that a whole breakdown answers
_USUAL = "revenue"  # of what segments are compared where a question does not say it


class Answer(msgspec.Struct, frozen=True):
    """Cells for a thing that is asked about. `then` is the one that each is compared with; `whole` what they are a
    share of; with `parts` they add up to what is asked for; with `worked_from` they are the lines of these names that
    it is worked out from by `formula` (`formulas.py`), as the measure `title`."""

    name: str
    found: list[Found]
    then: list[Found | None]
    whole: Found | None = None
    parts: bool = False
    worked_from: tuple[str, ...] = ()
    formula: str = ""
    title: str = ""

    @property
    def score(self) -> float:
        return self.found[0].score


def answers(asked: Asked, document: Opened, chosen: Chosen, beside: Sequence[Chosen] = ()) -> list[Answer]:
    """Returns what the document's tables say to the question, in the order of the question.

    `beside` are all documents that are read for it: the name of one is not looked for in another.
    """
    found = [one for one in _answers(asked, document, chosen, beside) if _is_of_value(asked, one)]
    return [*found, *(made for one in found if (made := _made_up_of(asked, document, one)))]


def _made_up_of(asked: Asked, document: Opened, answer: Answer) -> Answer | None:
    """The rows that make up a balance, where its change or what it has to do with something else is asked for."""
    is_line = bool(answer.name) and len(answer.found) == 1 and not answer.whole
    if not is_line or not asked.kinds & _COMPARING or concept(answer.name)["kind"] != "point":
        return None
    parts = balances.parts(document, answer.name, answer.found[0])
    before = [cells.before(one) if len(parts) <= _COMPARED_PARTS else None for one in parts]
    return Answer(answer.name, parts, before) if parts else None


def _is_of_value(asked: Asked, answer: Answer) -> bool:
    """Whether the cells, or the labels of their rows, look like what is asked for: a tax rate has a "%"."""
    texts = [f"{one.row.label} {one.text}" for one in answer.found]
    return all(pattern.search(text) for pattern in asked.values for text in texts)


def _answers(asked: Asked, document: Opened, chosen: Chosen, beside: Sequence[Chosen]) -> list[Answer]:
    want = _want(asked, chosen)
    items = things_of(asked, document, chosen, beside)
    if schedules.is_ahead(asked.period, chosen.profile.end):
        ahead = schedules.find(asked, document, [*(one for one in asked.groups if one.concept), *items])
        if ahead or not schedules.is_own_year(asked.period, document):
            return [Answer("", ahead, [None])] if ahead else []  # of such a time there are plans, and no results
    names = _names(asked)
    if "meaning" in asked.kinds:
        return []  # what a word means is said in sentences
    if asked.kinds & _OF_ALL and (of_all := _of_all(asked, names, document, items, want)):
        return [of_all]
    if "share" in asked.kinds and "change" not in asked.kinds and (share := _share(names, items, document, want)):
        return [share]
    compares = _compares(asked, beside)
    if asked.formula and (computed := _by_formula(asked, document, want)):
        then = _worked_out_before(computed, _earlier_end(asked)) if compares else None
        return [computed, then] if then is not None else [computed]
    if not names:
        found = _without_name(asked, document, chosen, items, want)
        return [_answer("", found, items, want.said, compares=compares)] if found else []
    kept = _of_names(asked, names, document, chosen, items, want, compares=compares)
    compared = [more for one in kept if asked.kinds & _COMPARING and (more := _completed(one, document, want))]
    longer = [more for one in kept if "relation" in asked.kinds and (more := _over_longer_time(one))]
    return [*kept, *compared, *longer]


def _earlier_end(asked: Asked) -> date | None:
    return asked.others[0].end if asked.others else None


def _without_name(asked: Asked, document: Opened, chosen: Chosen, items: Sequence[Group], want: Want) -> list[Found]:
    """Returns the rows that have all that is asked, where the question names no line; empty if none is good enough."""
    in_text = [group for group in asked.groups if group.concept]  # that no row is known for, but one may have all
    found = _find(document, "", [*in_text, *items], want) if items else []
    # Of all other tables `lookup` knows more.
    found = [one for one in found if one.table.is_over_periods or terms(one.row.label) <= LIGHT]
    found = [one for one in found if covers(one.table, one.row, items) and _has_all(one.row, in_text)]
    found = [one for one in found if chosen.profile.months or _is_of_asked_year(asked, one)]
    return found if found and found[0].score >= ENOUGH else []


def _of_names(
    asked: Asked,
    names: Sequence[str],
    document: Opened,
    chosen: Chosen,
    items: Sequence[Group],
    want: Want,
    *,
    compares: bool,
) -> list[Answer]:
    """Returns what the document says of each named line, and with `compares` what it was before."""
    earlier = _earlier_end(asked)

    def of(some: Iterable[str]) -> list[Answer]:
        made = (_of_name(name, items, document, want, compares=compares, earlier=earlier) for name in some)
        return [one for one in made if one is not None]

    made = of(names)
    others = dict.fromkeys(one for name in names for one in concept(name).get("otherwise", ()))
    if items and others:  # what somebody earned with phones is not what they earned in all
        things = whole_names(items)
        made = [one for one in made if has_item(one.found[0], things)]
        made = made or [one for one in of(others) if has_item(one.found[0], things)]
    if "superlative" in asked.kinds and len(names) > 1:  # "which of operating, investing and financing brought in most"
        made.sort(key=lambda one: one.found[0].value or 0.0, reverse=True)
    if compares:
        made += [before for one in made if (before := _worked_out_before(one, earlier))]
    # Of documents that report on no period `lookup` knows more: there, a row answers only if it has all that is asked.
    if not chosen.profile.months:
        made = [one for one in made if _covers(one, items)]
        made = [one for one in made if all(_is_of_asked_year(asked, found) for found in one.found)]
    added = _added(made) if "sum" in asked.kinds and len(made) > 1 else None
    return [added] if added else made


def _of_all(asked: Asked, names: Sequence[str], document: Opened, items: Sequence[Group], want: Want) -> Answer | None:
    """What each segment, region or product has of the first concept, of their sales where the question names none: in
    the order of the table, or ranked by the amount or, where the question is about growth, by the relative change."""
    changes = "change" in asked.kinds
    is_breakdown = any(cells.broken_down_by(item.text.lower()) for item in items)
    name = names[0] if names else _USUAL if changes and is_breakdown else ""
    found = cells.breakdown(document, name, items, want) if name else []
    if not found and not names and "superlative" in asked.kinds:
        name, found = "", balances.side(document, items, want.end)
    pairs = [(one, cells.before(one) if changes else None) for one in found]
    if "superlative" in asked.kinds:
        pairs.sort(key=lambda pair: _rank(*pair), reverse=not asked.asks_least)
    pairs = pairs[:_MOST_ROWS]
    return Answer(name, [one for one, _ in pairs], [then for _, then in pairs]) if pairs else None


def _rank(found: Found, then: Found | None) -> float:
    """The amount; with an earlier one the growth."""
    now = found.value or 0.0
    return now if then is None or not then.value else (now - then.value) / abs(then.value)


def _added(answers: Sequence[Answer]) -> Answer | None:
    """Lines of one column as parts of one amount, with rows of the same label in other sections: term debt is current
    and non-current. None where the lines do not go together."""
    first = answers[0].found[0]
    is_plain = all(len(answer.found) == 1 and not answer.formula and not answer.whole for answer in answers)
    if not is_plain or any((one.found[0].table, one.found[0].column) != (first.table, first.column) for one in answers):
        return None
    labels = {one.found[0].row.label for one in answers}
    same = [msgspec.structs.replace(first, row=row) for row in first.table.rows if row.label in labels]
    found = [one for one in same if one.row.cells[one.column] is not None]
    return Answer(answers[0].name, found, [None] * len(found), parts=True)


def _completed(answer: Answer, document: Opened, want: Want) -> Answer | None:
    """The parts of a sum with the line that some reports count with them: costs of sales with operating expenses."""
    known = concept(answer.name) if answer.parts else {}
    if "completed_by" not in known:
        return None
    best = next(iter(_good(_find(document, known["completed_by"], [], want))), None)
    if best is None or not comparable(best, answer.found[0]):
        return None
    return Answer(known["completed"], [best, *answer.found], [None] * (len(answer.found) + 1), parts=True)


def _over_longer_time(answer: Answer) -> Answer | None:
    """The same line from the beginning of the year, where a report has it beside its own period."""
    if not answer.name or len(answer.found) != 1 or concept(answer.name)["kind"] == "point":
        return None
    longer = cells.longer(answer.found[0])
    return Answer(answer.name, [longer], [None]) if longer else None


def _covers(answer: Answer, items: Sequence[Group]) -> bool:
    return any(one.table.is_over_periods or covers(one.table, one.row, items) for one in answer.found)


def _is_of_asked_year(asked: Asked, found: Found) -> bool:
    """Whether a cell is of a year that the question names, if both have one."""
    named = [period for period in (asked.period, *asked.others) if period is not None]
    years = {year for period in named if (year := period.end.year if period.end else period.year)}
    own = found.period.end.year if found.period.end else found.period.year
    return not years or own is None or own in years


def _has_all(row: Row, things: Sequence[Group]) -> bool:
    own = terms(f"{row.label} {row.section}")
    return all(any(words <= own for words in thing.alternatives) for thing in things)


def _of_name(
    name: str, items: Sequence[Group], document: Opened, want: Want, *, compares: bool, earlier: date | None
) -> Answer | None:
    """Returns what the tables say of one concept."""
    found = [one for one in _find(document, name, items, want) if one.score >= ENOUGH]
    if found:
        lacks = lacks_name(found[0], items)
        return None if lacks else _answer(name, found, items, want.said, compares=compares, earlier=earlier)
    if parts := _parts(name, document, want):
        return Answer(name, parts, [None] * len(parts), parts=True)
    return _worked_out(name, formulas.of_concept(name), document, want)


def _by_formula(asked: Asked, document: Opened, want: Want) -> Answer | None:
    """Returns the measure whose formula the question states; None where a line of it is missing."""
    measure = next((name for name in asked.concepts if concept(name).get("of") and name not in asked.formula), "")
    formula = asked.formula
    if "percent" in asked.kinds and "/" in formula and not formula.endswith("* 100"):
        formula = f"{formula} * 100" if formulas.is_product(formula) else f"({formula}) * 100"
    made = _worked_out(measure, formula, document, want)
    if made is None:
        made = _worked_out(measure, formulas.with_parts(formula), document, want)
    return msgspec.structs.replace(made, title=asked.measure) if made is not None and made.formula else None


def _worked_out(name: str, formula: str, document: Opened, want: Want) -> Answer | None:
    """Returns the cells that a measure is worked out from, and the formula; None where one is missing that it needs.

    Where the cells are not all of one period and unit, they are an answer, but nothing is worked out from them.
    """
    want = msgspec.structs.replace(want, count=False, percent=False)  # the lines are amounts, whatever is asked for
    needed = formulas.names(formula)
    now = list(dict.fromkeys(formulas.line_of(part)[0] for part in needed))
    wanted = dict.fromkeys([*(concept(name).get("of", ()) if name else ()), *now])
    found = {part: _good(_find(document, part, [], want)) for part in wanted}
    best = {part: candidates[0] for part, candidates in found.items() if candidates}
    if not best or any(part not in best for part in now):
        return None
    chosen = choose_comparable(found, now)
    earlier = {part: cell for part in needed if part not in now and (cell := _earlier(chosen, part)) is not None}
    is_complete = bool(chosen) and all(part in chosen or part in earlier for part in needed)
    lines = best | chosen | earlier
    return Answer(
        name,
        list(lines.values()),
        [None] * len(lines),
        worked_from=tuple(lines) if is_complete else (),
        formula=formula if is_complete else "",
    )


def _earlier(chosen: Mapping[str, Found], part: str) -> Found | None:
    """Returns the cell of a line some periods earlier; None if its row does not go back so far."""
    line, periods = formulas.line_of(part)
    cell = chosen.get(line)
    for _ in range(periods):
        cell = cells.before(cell) if cell is not None else None
    return cell


def _worked_out_before(answer: Answer, earlier: date | None) -> Answer | None:
    """Returns the same measure for the time before; None if the answer is none, or if a line lacks it."""
    found = [cells.before(one, earlier) for one in answer.found] if answer.formula else []
    there = [one for one in found if one is not None]
    return msgspec.structs.replace(answer, found=there) if there and len(there) == len(found) else None


def _good(found: Sequence[Found]) -> list[Found]:
    return [one for one in found if one.score >= ENOUGH]


def _names(asked: Asked) -> list[str]:
    """The concepts to look for: those of the question and what belongs to them, and where it asks for the reasons of a
    result the lines that drive it, for a comparison those beside it. Where it asks for a percentage, a result is meant
    as a share of sales."""
    known = [name for name in asked.concepts if concept(name)["rows"]]
    if "percent" in asked.kinds and "change" not in asked.kinds:
        shares = {name: concept(name)["in_percent"] for name in known if "in_percent" in concept(name)}
        worked_from = {part for share in shares.values() for part in concept(share)["of"]}
        known = [shares.get(name, name) for name in known if name in shares or name not in worked_from]
    further = {"reason": "drivers", "compare": "beside"}
    kinds = ["also", *(more for kind, more in further.items() if kind in asked.kinds)]
    return list(
        dict.fromkeys(
            one for name in known for one in (name, *(more for kind in kinds for more in concept(name).get(kind, ())))
        )
    )


def _want(asked: Asked, chosen: Chosen) -> Want:
    period = asked.period
    months = period.months if period and period.months not in (None, 3) else None
    return Want(
        end=chosen.end,
        months=months,
        strict=chosen.asked and chosen.end is not None,
        usual=(period.months if period and period.months else None) or chosen.profile.months,
        percent="percent" in asked.kinds and "share" not in asked.kinds,
        price="price" in asked.kinds,
        statements=asked.statements,
        said=_words_of_question(asked),
        only=asked.kinds & _IN_LABEL - (_EACH if "count" in asked.kinds else frozenset()),
        count="count" in asked.kinds and "how_much" not in asked.kinds,
    )


def _words_of_question(asked: Asked) -> frozenset[str]:
    """The words of the question, in all their forms; of the vocabulary's concepts those by which it names them."""
    named = (group.alternatives[:1] if group.concept else group.alternatives for group in asked.groups)
    return terms(asked.text).union(*(words for alternatives in named for words in alternatives))


def _find(document: Opened, name: str, items: Sequence[Group], want: Want) -> list[Found]:
    """The cells, best first; no money where things are counted or a percentage is meant: sales of phones are not the
    number of phones sold."""
    found = cells.find(document, name, items, want)
    found = [one for one in found if all(says(kind, one.row) for kind in want.only)]
    is_share = bool(name) and formulas.of_concept(name).endswith("* 100")
    no_money = want.count or is_share
    return [one for one in found if not no_money or "%" in one.text or not shown.currency(one)]


def _compares(asked: Asked, documents: Sequence[Chosen]) -> bool:
    """Whether an earlier year belongs to the answer: if the question names it ("the prior year") or asks for a change.
    Two things, two named organisations or two reports of one that are compared need none."""
    if not asked.kinds & _COMPARING:
        return False
    if asked.relative is not None and asked.relative.years < 0:
        return True
    if len({one.profile.names for one in documents}) == 1 and len({one.end for one in documents}) > 1:
        return False
    listed = [name for name in asked.concepts if concept(name)["rows"]]
    named = {one.profile.names for one in documents if one.asked}
    return "change" in asked.kinds or (len(listed) < 2 and len(named) < 2)


def _answer(
    name: str,
    found: Sequence[Found],
    items: Sequence[Group],
    said: frozenset[str],
    *,
    compares: bool,
    earlier: date | None = None,
) -> Answer:
    best = found[0]
    chosen = [best]
    items = [item for item in items if not any(words <= terms(best.row.label) for words in item.alternatives)]
    if items:
        for one in found[1:]:
            known = one.table is not best.table or any(one.row is row.row for row in chosen)
            if (
                not known
                and one.score >= max(_SAME_TABLE, best.score - 0.4)
                and is_by_item(one, items)
                and (not name or is_said(one.row, said))
            ):
                chosen.append(one)
    chosen = sorted(chosen[:_MAX_ROWS], key=lambda one: one.row.start)
    return Answer(name, chosen, [cells.before(one, earlier) if compares else None for one in chosen])


def _share(names: Sequence[str], items: Sequence[Group], document: Opened, want: Want) -> Answer | None:
    """The part and the whole of its period, in one table where that has both."""
    if items and names:
        part, whole = _find(document, names[0], items, want), _find(document, names[0], [], want)
        part = [one for one in part if is_by_item(one, items)]
    elif len(names) > 1:
        part, whole = _find(document, names[0], [], want), _find(document, names[1], [], want)
    else:
        return None
    part, whole = _good(part), _good(whole)
    if not part:
        return None
    whole.sort(key=lambda one: one.table is not part[0].table or one.column != part[0].column)
    on_a_day = is_on_a_day(*names[:2])
    over = next((one for one in whole if comparable(one, part[0], on_a_day=on_a_day)), None)
    if over is None:
        return None
    if not items and (part[0].value or 0) > abs(over.value or 0) > 0:
        return Answer(names[1], [over], [None], whole=part[0])  # "what share of sales was spent on research?"
    return Answer(names[0], [part[0]], [None], whole=over)


def _parts(name: str, document: Opened, want: Want) -> list[Found]:
    """The rows of one table that add up to what is not reported itself, all of one period."""
    found: list[Found] = []
    for part in concept(name).get("parts", []):
        best = next(iter(_find(document, part, [], want)), None)
        if best is None or best.score < ENOUGH:
            continue
        if not found or (best.table is found[0].table and comparable(best, found[0])):
            found.append(best)
    return found if len(found) > 1 else []
