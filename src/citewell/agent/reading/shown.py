"""Writes evidence: cells with label, period and unit; sentences as quotes; computed values as such."""

import re
from collections.abc import Callable

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading import schedules
from citewell.agent.reading.cells import Found, counts
from citewell.agent.reading.document import Opened
from citewell.agent.reading.fields import Field
from citewell.agent.reading.head_words import is_temporal
from citewell.agent.reading.periods import Period
from citewell.agent.reading.rows import terms
from citewell.agent.reading.sentences import Sentence
from citewell.agent.reading.tables import is_value, unit
from citewell.agent.reading.vocabulary import load
from citewell.agent.spans import find_span
from citewell.search.concepts import plain_label

_CURRENCY = re.compile(r"US\$|[$€£¥₹]|\b(?:EUR|USD|CHF|GBP)\b")
_NOT_MONEY = re.compile(
    r"shares|employees|number of|years|%|percent|prozent|rate\b|nombre|anzahl|stück|quantity|menge", re.IGNORECASE
)
_EACH = re.compile(r"per (?:\w+ ){0,2}share|per unit|je aktie|par action|por acción|^basic$|^diluted$", re.IGNORECASE)
_SHARES = re.compile(r"\bshares (?:used|outstanding)|average (?:[\w-]+ ){0,3}shares|number of shares", re.IGNORECASE)
_ENDED = re.compile(r"\w+ (?:Months?|Weeks?|Quarters?|Years?) Ended", re.IGNORECASE)
_MAX_HEAD = 60
_LEAST_MARKED = 2  # amounts of a column that has a sign of a currency at each
MAX_QUOTE = 600
_LINES_BEFORE = 6
Label = Callable[[ChunkText], str]


def marker(label: str, quote: str) -> str:
    """A citation as models write it."""
    return f"[[{label}|{quote}]]"


def quoted(content: str, start: int, end: int) -> str | None:
    """Words that stand first where they are meant: those from `start` to `end`, with as much before them as it takes.

    "2024" alone would be the first 2024 of the chunk, which may stand on another page. None if nothing does.
    """
    begin = start
    for _ in range(_LINES_BEFORE):
        place = find_span(content, content[begin:end])
        if place is not None and place.end == end:
            return content[begin:end]
        line = content.rfind("\n", 0, max(begin - 1, 0)) + 1
        if line == begin or end - line > MAX_QUOTE:
            return None
        begin = line
    return None


def cell(found: Found, document: Opened, label: Label) -> str:
    """A cell with its row, period and unit, and the marks of the row and of the head that dates it."""
    chunk = document.chunks[found.table.chunk]
    place = f", {when(found)}" if when(found) else ""
    marks = cell_marks(found, document, label)
    return f"- **{row_name(found)}**{place}: **{amount(found)}** {marks} ({chunk.document_name})"


def cell_marks(found: Found, document: Opened, label: Label) -> str:
    """The marks of the row up to the cell, and of the head that dates it."""
    head = found.table.columns[found.column].head
    if head is None:
        return row_mark(found, document, label)
    chunk = document.chunks[head.chunk]
    words = quoted(chunk.content, head.start, head.end)
    # No mark is better than one of another place.
    return f"{row_mark(found, document, label)} {marker(label(chunk), words) if words else ''}".rstrip()


def row_mark(found: Found, document: Opened, label: Label) -> str:
    chunk = document.chunks[found.table.chunk]
    held = found.row.cells[found.column]
    assert held is not None
    words = quoted(chunk.content, found.row.start, held.end)
    return marker(label(chunk), words or chunk.content[found.row.start : held.end])


def row_name(found: Found) -> str:
    """The row's label; under its section where it says little alone, or other sections have it too."""
    row = found.row
    if of_schedule := schedules.name(found):
        return of_schedule
    label = re.sub(r"\s*(?:[®™*]|\(\d\))+", "", row.label).rstrip(":")
    if label and is_temporal(row.section):  # a period, which is said anyway: what stands over the cell says more
        column = found.table.columns[found.column]
        return f"{column.text}: {label}" if column.text and not column.period.is_known else label
    again = any(one.label == row.label and one.section != row.section for one in found.table.rows)
    if row.section and label and again:
        return f"{row.section}: {label}"
    if row.section and (not label or len(terms(label)) <= 1 or plain_label(label) in ("basic", "diluted", "total")):
        own = terms(row.section) - terms(label)
        return f"{row.section}: {label}".rstrip(": ") if own and label else label or row.section
    return label


def when(found: Found) -> str:
    """The period of a cell in the document's words."""
    head = found.table.columns[found.column].text
    if found.table.columns[found.column].period.end and len(head) <= _MAX_HEAD:
        return _ENDED.sub(lambda words: words[0].lower(), head)
    if found.period.end or found.period.year:
        return period_text(found.period)
    return head if len(head) <= _MAX_HEAD else ""


def period_text(period: Period) -> str:
    """A period as the documents may write it."""
    months = f"{period.months} months " if period.months and period.months != 1 else ""
    if period.end is not None:
        ended = "ended " if months else ""
        return f"{months}{ended}{period.end:%B} {period.end.day}, {period.end.year}"
    if period.quarter is not None:
        return f"Q{period.quarter} {period.year}" if period.year else f"Q{period.quarter}"
    return str(period.year) if period.year else months.strip()


def amount(found: Found) -> str:
    """The cell's number with its currency and unit."""
    text = re.sub(r"(?<=\d)\s(?=\d{3})", "\u00a0", found.text.replace("−", "-"))
    text = re.sub(r"[^\S\u00a0]+", "", text)
    value = re.sub(r"^[($€£¥-]*\$?", "", text).rstrip(")") if "%" not in text else text
    if found.value is None:
        return found.text
    sign = "-" if found.value < 0 else ""
    number = re.sub(r"[^\d.,'’%\u00a0]", "", value).strip("\u00a0")
    if "%" in found.text:
        return f"{sign}{number.rstrip('%')} %"
    money, unit = currency(found), unit_of(found)
    shown = f"{sign}{money}{number}" if len(money) <= 1 or money == "US$" else f"{sign}{number} {money}"
    return f"{shown} {unit}".strip()


def currency(found: Found) -> str:
    """The sign in the cell, else the one that stands in the table, for rows that are money."""
    own = _CURRENCY.search(found.text)
    if own:
        return own[0]
    if counts(found.table.columns[found.column].text) or _is_only_beside_money(found):
        return ""
    name = f"{found.row.section} {found.row.label}"
    if _SHARES.search(name) or (_NOT_MONEY.search(name) and not _EACH.search(found.row.label)):
        return ""
    texts = (held.text for row in found.table.rows for held in row.cells if held)
    seen = next((sign[0] for text in texts if (sign := _CURRENCY.search(text))), None)
    return seen or next((sign[0] for sign in [_CURRENCY.search(found.table.caption)] if sign), "")


def _is_only_beside_money(found: Found) -> bool:
    """Whether other columns mark each of their amounts, and this one none of its numbers: it counts things, whether or
    not its head was read."""
    signs: dict[int, list[bool]] = {}
    for row in found.table.rows:
        for index, held in enumerate(row.cells):
            if held is not None and is_value(held.text):
                signs.setdefault(index, []).append(_CURRENCY.search(held.text) is not None)
    own = signs.pop(found.column, [])
    return not any(own) and any(len(marked) >= _LEAST_MARKED and all(marked) for marked in signs.values())


def unit_of(found: Found) -> str:
    heads = [column.text for column in found.table.columns]
    if any(unit(head) for head in heads):  # where one column has its own ("Amount (in millions)"), others have none
        return unit(heads[found.column])
    name = f"{found.row.section} {found.row.label}"
    if _EACH.search(heads[found.column]):
        return ""
    if _NOT_MONEY.search(name) or _EACH.search(name) or _EACH.search(found.row.label):
        return ""
    return found.table.unit


def quote(sentence: Sentence, document: Opened, label: Label) -> str:
    text = _shortened(sentence.text)
    flat = " ".join(text.split()).lstrip("•◦▪●· ")
    return f"- “{flat}” {quote_mark(sentence, document, label)} ({document.chunks[sentence.chunk].document_name})"


def quote_mark(sentence: Sentence, document: Opened, label: Label) -> str:
    chunk, text = document.chunks[sentence.chunk], _shortened(sentence.text)
    # A sentence over two pages is longer where it stands than what is shown of it.
    end = sentence.end if len(text) == len(sentence.text) else sentence.start + len(text)
    return marker(label(chunk), quoted(chunk.content, sentence.start, end) or text)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_QUOTE else text[:MAX_QUOTE].rsplit(" ", 1)[0]


def name(chunk: int, start: int, end: int, document: Opened, label: Label) -> str:
    """The name of a thing that stands in a chunk from `start` to `end`."""
    held = document.chunks[chunk]
    text = held.content[start:end]
    words = quoted(held.content, start, end) or text
    return f"- **{text.rstrip(':')}** {marker(label(held), words)} ({held.document_name})"


def field(found: Field, document: Opened, label: Label) -> str:
    """A field with its label, the head of its column and its value; of a row all cells."""
    chunk = document.chunks[found.chunk]
    name = " ".join(found.label.split())
    if found.parts:
        values = "; ".join(f"{head}: **{value}**" if head else f"**{value}**" for head, value in found.parts)
    else:
        value = " ".join(found.value.split())
        values = f"{found.head}: **{value}**" if found.head else f"**{value}**"
    joint = ", " if found.head or (found.parts and found.parts[0][0]) else ": "
    marks = field_mark(found, document, label)
    if found.head_at:
        start, end = found.head_at
        marks += f" {marker(label(chunk), quoted(chunk.content, start, end) or chunk.content[start:end])}"
    return f"- **{name}**{joint}{values} {marks} ({chunk.document_name})"


def field_mark(found: Field, document: Opened, label: Label) -> str:
    """The mark of a field's row, up to its value."""
    chunk = document.chunks[found.chunk]
    words = quoted(chunk.content, found.start, found.end) or chunk.content[found.start : found.end]
    return marker(label(chunk), words)


def link(chunk: ChunkText) -> str:
    """The chunk as a link that is no citation: what was found, where the question is not answered."""
    name = re.sub(r"([\[\]\\])", r"\\\1", chunk.document_name)
    return f"[{name}]({chunk.reference_url})"


def units(language: str) -> dict[str, str]:
    return dict(load("concepts")["unit_names"].get(language, {}))
