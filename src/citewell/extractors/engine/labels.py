"""Labelled values: "Invoice no.: 4711", two cells of a row, a label under its value as on forms, or a line above it."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from citewell.extractors.engine import organisations
from citewell.extractors.engine.evidence import Found
from citewell.extractors.engine.figures import scale_at
from citewell.extractors.engine.pages import FRONT_CHARS, Cell, Document, Line
from citewell.extractors.engine.values import Typed, clean, is_percent, pattern_of, typed, wanted_unit
from citewell.extractors.engine.words import Named, likeness, words

ENOUGH = 0.6  # the least likeness of a label
_MAX_LABEL = 80  # characters
_MAX_VALUE = 500
_MAX_ROLES = 5000  # of a clause that names parties
_SHARES = frozenset({"%", "rate", "percent", "percentag", "prozent", "pct", "satz"})
_OF_SHARE = re.compile(r"\d[\d.,]*\s?%")
_COLON = re.compile(r"(?P<label>[^\W\d_][^:|\n]{0,78}?)\s*[:：=]\s*(?P<value>[^\s:][^|\n]*)")
_BELOW = re.compile(r"\((?P<label>[^()]{3,90})\)?")
# "FACTURE N° F-2024-889" and "Agreement No. MSA-3310", where no colon stands between.
_NUMBERED = re.compile(
    r"(?P<label>(?:[^\W\d_][\w.-]*\s+){1,3}(?:no\.?|n°|nº|n\.|nr\.?|#|number|nummer|numéro|número))\s*"
    r"(?P<value>[^\W_][\w/.-]*\d[\w/.-]*|\d)\s*(?:\s(?:du|vom|dated|of|del?|di)\s.*)?",
    re.IGNORECASE,
)
# "MwSt. 19 %": the share stands in the label of the amount.
_SHARE = re.compile(r"(?P<label>[^\d%|:]{2,60}?)\s*[:(]?\s*(?P<value>\d{1,3}(?:[.,]\d{1,4})?\s?%)\s*\)?\s*:?")
# "plus 19 % VAT: 159.60"
_SHARE_FIRST = re.compile(
    r"(?:zzgl\.?|inkl\.?|plus|incl\.?|including|dont|más|incluido|di cui)?\s*(?P<value>\d{1,3}(?:[.,]\d{1,4})?\s?%)\s*"
    r"(?P<label>[^\d%|:()]{2,60}?)\s*:",
    re.IGNORECASE,
)
# "... Cedar Analytics Inc. ("Supplier")": the role stands behind the name.
_ROLE = re.compile(
    r"\((?:(?:hereinafter|the|as|nachfolgend|nachstehend|im folgenden|der|die|das|ci-après|"
    r"le|la|en adelante|el|di seguito|il|lo),?\s+)*"
    r"[\"'“„”«‘]?\s?(?:(?:the|der|die|das|le|la|el|il|lo)\s+|l['’])?(?P<label>[^\W\d_][\w -]{2,30}?)\s?[\"'“”»’]?\)",
    re.IGNORECASE,
)
# "... Atelier Bellecour SAS, ci-après dénommée « le Prestataire »": the same without brackets.
_ROLE_QUOTED = re.compile(
    r"\s*,?\s(?:hereinafter|ci-après|nachfolgend|nachstehend|im folgenden|en adelante|di seguito|in appresso)"
    r"(?:\s+[^\W\d_]+){0,3}?\s*[\"“„«‘]\s?(?:(?:the|der|die|das|le|la|el|il|lo)\s+|l['’])?"
    r"(?P<label>[^\W\d_][\w -]{2,30}?)\s?[\"“”»’]",
    re.IGNORECASE,
)
# "President and Chief Executive Officer of NVIDIA Corporation": whose officer somebody is.
_TITLE = re.compile(
    r".*\b(?:Officer|President|Director|Secretary|Treasurer|Chairman|Chair|Manager|CEO|CFO)\b.*?\b(?:of|der|von)\s+"
)
_GENERIC = frozenset({"company", "party", "parti", "group"})
_NAME_BEFORE = re.compile(r"[A-ZÀ-Ý][\w&’'.-]*(?:\s+(?:of|de|du|des|del|der|&|[A-ZÀ-Ý][\w&’'.-]*))*(?=,?\s*$)")


class Pair(msgspec.Struct, frozen=True):
    """A label and what it labels. `sure` is how clearly the form says that they belong together."""

    label: Cell
    value: Cell
    sure: float
    words: frozenset[str]


def pairs(document: Document) -> list[Pair]:
    """Returns all labelled values of the document, in its order."""
    lines = document.lines
    found: list[Pair] = []
    offset = 0
    for index, line in enumerate(lines):
        found += _in_line(line)
        if offset < FRONT_CHARS:
            found += [pair for cell in line.cells for pair in _roles(cell)]
        offset += len(line.text) + 1
        if index:
            found += _below(lines[index - 1], line)
        if index + 1 < len(lines):
            found += _above(line, lines[index + 1])
    return found


def _in_line(line: Line) -> Iterator[Pair]:
    cells = [cell for cell in line.cells if cell.text]
    for cell in cells:
        for match in _COLON.finditer(cell.text[: _MAX_LABEL + _MAX_VALUE]):
            yield from _pair(_part(cell, match, "label"), _part(cell, match, "value"), 1.0)
        text = cell.text[:_MAX_LABEL]
        if (whole := _NUMBERED.fullmatch(text)) is not None:
            yield from _pair(_part(cell, whole, "label"), _part(cell, whole, "value"), 0.95)
        for share in filter(None, (_SHARE.match(text), _SHARE_FIRST.match(text))):
            yield from _pair(_part(cell, share, "label"), _part(cell, share, "value"), 0.9)
    if len(cells) == 2 and len(cells[0].text) <= _MAX_LABEL:
        yield from _pair(cells[0], cells[1], 0.97)
    elif len(cells) in (4, 6):  # two or three pairs side by side, the labels with a colon
        for label, value in zip(cells[::2], cells[1::2], strict=True):
            if label.text.endswith(":"):
                yield from _pair(label, value, 0.97)


def _roles(cell: Cell) -> Iterator[Pair]:
    """Parties of a contract, each before the role in brackets: the organisation that stands last, or a name. "Company"
    alone says less than the first page does."""
    begin = 0
    stated = cell.text[:_MAX_ROLES]
    roles = (*_ROLE.finditer(stated), *_ROLE_QUOTED.finditer(stated))
    for match in sorted(roles, key=lambda match: match.start()):
        before = cell.text[begin : match.start()]
        names = organisations.mentions(before)
        name = names[-1] if names else next(iter(_NAME_BEFORE.finditer(before)), None)
        if name is not None:
            title = _TITLE.match(name[0])
            start, end = begin + name.start() + (title.end() if title else 0), begin + name.end()
            value = Cell(cell.chunk, cell.start + start, cell.start + end, cell.text[start:end])
            label = _part(cell, match, "label")
            yield from _pair(label, value, 0.75 if words(label.text) <= _GENERIC else 0.9)
        begin = match.end()


def _below(above: Line, line: Line) -> Iterator[Pair]:
    """ "Apple Inc." over "(Exact name of registrant as specified in its charter)", cell by cell."""
    if not line.text.lstrip("| ").startswith("(") or above.text.lstrip().startswith("("):
        return
    for label, value in zip(line.cells, above.cells, strict=False):
        match = _BELOW.match(label.text)
        if match and value.text and len(value.text) <= _MAX_LABEL * 2:
            yield from _pair(_part(label, match, "label"), value, 0.95)


def _above(line: Line, below: Line) -> Iterator[Pair]:
    """Yields a short line that ends with a colon, or is a heading of its own, over a short value."""
    if line.is_row or below.is_row or len(line.text) > _MAX_LABEL or len(below.text) > _MAX_VALUE:
        return
    text = line.text.strip()
    if text.endswith((":", "：")):
        yield from _pair(line.cells[0], below.cells[0], 0.95)
    elif not re.search(r"[.;,!?]$", text) and len(text) <= 40:
        yield from _pair(line.cells[0], below.cells[0], 0.8)


def _part(cell: Cell, match: re.Match[str], name: str) -> Cell:
    start, end = match.span(name)
    return Cell(cell.chunk, cell.start + start, cell.start + end, match[name])


def _pair(label: Cell, value: Cell, sure: float) -> Iterator[Pair]:
    known = words(label.text.rstrip(":："))
    if known and len(known) <= 10 and value.text:
        yield Pair(label, value, sure, known)


def find(document: Document, field: Named, known: Sequence[Pair]) -> list[Found]:
    """Returns the labelled values of the field, the surest first, then in the order of the document."""
    found = []
    for pair in known:
        score = likeness(pair.words, field) * pair.sure
        if score < ENOUGH:
            continue
        value = _value(document, field, pair)
        if value is not None:
            found.append(msgspec.structs.replace(value, score=score))
    return sorted(found, key=lambda one: -one.score)


def _value(document: Document, field: Named, pair: Pair) -> Found | None:
    text = pair.value.text[:_MAX_VALUE]
    made = next(typed(field, text, document.style), None)
    if made is None or not _is_whole(field, text, made):
        return None
    if is_percent(field) and made.unit != "percent" and not words(_OF_SHARE.sub("", pair.label.text)) & _SHARES:
        return None  # "VAT: 70.74" is the amount, not the rate
    value = made.value
    start, unit = pair.value.start + made.start, made.unit
    if field.spec.kind in ("int", "number") and unit != "percent":
        factor, over = (1.0, "") if made.scaled else scale_at(document, pair.value.chunk, start)
        value, unit = clean(value * factor / wanted_unit(field)), unit or over
    return Found(
        value,
        (
            document.source(pair.value.chunk, start, pair.value.start + made.end),
            document.source(pair.label.chunk, pair.label.start, pair.label.end, "label"),
        ),
        1.0,
        unit,
        made.currency,
    )


def _is_whole(field: Named, text: str, made: Typed) -> bool:
    """Whether the value begins what is labelled, or at least stands near its beginning."""
    if field.spec.kind == "text":
        return pattern_of(field) is not None or len(made.value) <= 300
    return made.start <= 40
