"""Figures of reports: the cell that the reader finds for a field, in the column of the document's own period."""

import re
from collections.abc import Sequence

import msgspec

from citewell.agent.reading import cells
from citewell.agent.reading.cells import ENOUGH, Want
from citewell.agent.reading.cells import Found as CellFound
from citewell.agent.reading.choosing import Chosen
from citewell.agent.reading.question import understand
from citewell.agent.reading.tables import Row, Table, number
from citewell.agent.reading.targets import Answer, answers
from citewell.agent.reading.vocabulary import load
from citewell.extractors.engine.evidence import Found, Source, distinct
from citewell.extractors.engine.pages import Document
from citewell.extractors.engine.values import SCALES, clean, wanted_unit
from citewell.extractors.engine.words import Named
from citewell.search.concepts import plain_label

CONCEPT, ITEMS = 0.97, 0.7  # how sure a cell is that the vocabulary knows, and one that only has the words
_PER_SHARE = re.compile(r"per[\s-]+(?:\w+[\s-]+)?share|je aktie|par action|por acción|per azione", re.IGNORECASE)
_OF_SHARES = re.compile(r"shares?\b[^.;)]{0,60}?\bin (thousands|millions|billions)", re.IGNORECASE)
_OF_INCOME = re.compile(r"operations|income|earnings|gewinn|résultat|resultado|economico", re.IGNORECASE)
_AS_GOOD = 0.16  # less than the best
_ABOVE = 1500  # characters over a table in which its unit stands


def find(document: Document, field: Named) -> Found | None:
    """Returns the figure of a number field; a sum of several cells where the document does not report it itself."""
    for text in dict.fromkeys([field.spec.description, field.written]):
        asked = understand(text) if text else None
        if asked is None or not asked.groups:
            continue
        chosen = Chosen(document.profile, document.profile.end, asked=False)
        for answer in answers(asked, document.opened, chosen):
            if answer.worked_from:  # lines of a measure, and not the measure
                continue
            made = _sum(document, field, answer) if answer.parts else _of_answer(document, field, answer)
            if made is not None:
                return made
    return None


def _of_answer(document: Document, field: Named, answer: Answer) -> Found | None:
    """Returns the best cell, in the statement of income where several tables repeat it; conflicts are cells of other
    values whose row has the same name and period.
    """
    best = answer.found[0]
    others = _same_rows(document, answer.name, best) if answer.name and len(answer.found) == 1 else []
    same = [best, *(one for one in others if one.value == best.value)]
    chosen = next((one for one in same if _OF_INCOME.search(f"{one.table.caption} {one.table.heading}")), best)
    made = _cell(document, field, chosen, CONCEPT if answer.name else ITEMS)
    if made is None:
        return None
    differing = [_cell(document, field, one, CONCEPT) for one in others if one.value != best.value]
    return msgspec.structs.replace(made, conflicts=distinct(made, [one for one in differing if one is not None]))


def _same_rows(document: Document, name: str, best: CellFound) -> list[CellFound]:
    """Returns the cells of other tables with the same label, period and unit that stand as high as the best."""
    want = Want(end=best.period.end, strict=best.period.end is not None, usual=best.period.months)
    return [
        one
        for one in cells.find(document.opened, name, [], want)
        if one.score >= max(ENOUGH, best.score - _AS_GOOD)
        and one.table is not best.table
        and one.period == best.period
        and plain_label(one.row.label) == plain_label(best.row.label)
        and (one.value == best.value or one.row.section == best.row.section)
    ]


def _cell(document: Document, field: Named, found: CellFound, sure: float) -> Found | None:
    cell = found.row.cells[found.column]
    value = number(cell.text) if cell else None
    if cell is None or value is None:
        return None
    unit = unit_of(document, found.table, found.row)
    scaled = clean(value * SCALES.get(unit, 1.0) / wanted_unit(field))
    if field.spec.kind == "int" and scaled != int(scaled):
        return None
    start, end = _digits(cell.text)
    sources = [document.source(found.table.chunk, cell.start + start, cell.start + end)]
    if found.row.label:
        label_end = found.row.start + len(found.row.label)
        sources.append(document.source(found.table.chunk, found.row.start, label_end, "label"))
    head = found.table.columns[found.column].head
    if head is not None:
        sources.append(document.source(head.chunk, head.start, head.end, "head"))
    if unit and (where := _unit_source(document, found.table, found.row)) is not None:
        sources.append(where)
    score = sure if found.score >= ENOUGH else 0.0
    return Found(scaled, tuple(sources), score, unit, _currency(found.row, found.table))


def _digits(text: str) -> tuple[int, int]:
    """Returns the number in a cell without its currency."""
    match = re.search(r"(?:[(−–-]\s*)?\d[\d,.'’\u00a0 ]*\d\s*\)?|\d", text)
    if match is None:
        return 0, len(text)
    found = match[0]
    closed = found.rstrip() if found.startswith("(") else found.rstrip(" )")
    return match.start(), match.start() + len(closed)


def _sum(document: Document, field: Named, answer: Answer) -> Found | None:
    """Returns the sum of the parts: derived, with every part as an input."""
    parts = [_cell(document, field, one, ITEMS) for one in answer.found]
    known = [one for one in parts if one is not None]
    if len(known) < len(parts) or not known:
        return None
    inputs = tuple(Source(one.sources[0].chunk, one.sources[0].start, one.sources[0].end, "input") for one in known)
    return Found(clean(sum(one.value for one in known)), inputs, ITEMS, known[0].unit, known[0].currency)


def unit_of(document: Document, table: Table, row: Row) -> str:
    """Returns the magnitude of the row's figures: none for amounts per share, that of shares for numbers of shares."""
    over = f"{row.section} {row.label}"
    if _PER_SHARE.search(over):
        return ""
    if re.search(r"\bshares?\b|\baktien\b", over, re.IGNORECASE):
        content = document.chunks[table.chunk].content
        stated = _OF_SHARES.findall(content[max(table.rows[0].start - _ABOVE, 0) : table.rows[0].start])
        if stated:
            return str(stated[-1]).lower().removesuffix("s")
    return table.unit


def row_at(document: Document, chunk: int, start: int) -> tuple[Table, Row] | None:
    """Returns the row of a table that the place stands in."""
    for table in document.opened.tables:
        if table.chunk == chunk and table.rows and table.rows[0].start <= start <= table.rows[-1].end:
            for row in table.rows:
                if row.start <= start < row.end:
                    return table, row
    return None


def _unit_source(document: Document, table: Table, row: Row) -> Source | None:
    """Returns where the unit is written: above the row, in its chunk or the one before."""
    phrases: Sequence[str] = load("concepts")["units"].get(table.unit, ())
    for chunk, until in ((table.chunk, row.start), (table.chunk - 1, None)):
        if chunk < 0:
            break
        content = document.chunks[chunk].content[:until].lower()
        places = [(content.rfind(phrase), phrase) for phrase in phrases]
        place, phrase = max(places, default=(-1, ""))
        if place >= 0:
            return document.source(chunk, place, place + len(phrase), "unit")
    return None


def _currency(row: Row, table: Table) -> str:
    texts = [cell.text for cell in row.cells if cell] + [table.caption]
    texts += [cell.text for other in table.rows[:3] for cell in other.cells if cell]
    for text in texts:
        for sign, name in (("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("EUR", "EUR"), ("USD", "USD"), ("CHF", "CHF")):
            if sign in text:
                return name
    return ""


def scale_at(document: Document, chunk: int, start: int) -> tuple[float, str]:
    """Returns the factor and name of the unit that stands over the row of a table at that place; 1 elsewhere."""
    at = row_at(document, chunk, start)
    unit = unit_of(document, *at) if at else ""
    return SCALES.get(unit, 1.0), unit
