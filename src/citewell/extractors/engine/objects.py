"""Objects without a model: every field by the way of finding that its type allows, each value with its evidence."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.extractors.classes import ClassSpec, FieldSpec
from citewell.extractors.engine import figures, labels, organisations, sentences, tables
from citewell.extractors.engine.evidence import MISSING, Found, distinct
from citewell.extractors.engine.labels import Pair
from citewell.extractors.engine.pages import Document
from citewell.extractors.engine.values import Typed, dates, enum_values, pattern_of, typed
from citewell.extractors.engine.words import Named, named, words

_CONFLICTING = 0.04  # of the scores of two labels that say the same as surely
_MAX_ITEMS = 1000


class Extracted(msgspec.Struct, frozen=True):
    """An object. `values` follows the class, null where nothing was found; `found` has what was, by JSON pointer."""

    values: dict[str, Any]
    found: dict[str, Found]
    pointers: tuple[str, ...] = ()

    def evidence(self, version_id: UUID | None) -> dict[str, Any]:
        """Returns the evidence of every field, by JSON pointer."""
        return {
            pointer: {"value": self.found[pointer].value, **self.found[pointer].to_wire(version_id)}
            if pointer in self.found
            else MISSING
            for pointer in dict.fromkeys([*self.pointers, *self.found])
        }


def read_objects(chunks: Sequence[ChunkText], spec: ClassSpec) -> list[Extracted]:
    """Returns the objects of a document: one for each row of a table whose columns are the fields, else one for the
    document.

    Empty where no value was found.
    """
    if not chunks or not spec.fields:
        return []
    document = Document(chunks)
    fields = [named(one) for one in spec.fields]
    scalars = [one for one in fields if one.spec.kind not in ("object", "list")]
    rows = tables.rows(document, scalars) if len(scalars) == len(fields) and len(fields) > 1 else []
    if len(rows) > 1 or (rows and len(rows[0]) == len(fields)):
        return [_of_row(row, spec) for row in rows[:_MAX_ITEMS]]
    reading = _Reading(document)
    values = reading.fill(spec, "", frozenset())
    return [Extracted(values, reading.found, tuple(reading.pointers))] if reading.found else []


def _of_row(row: Mapping[str, Found], spec: ClassSpec) -> Extracted:
    values = {one.name: row[one.name].value if one.name in row else None for one in spec.fields}
    pointers = tuple(pointer_to("", one.name) for one in spec.fields)
    return Extracted(values, {pointer_to("", name): found for name, found in row.items()}, pointers)


def pointer_to(above: str, name: str | int) -> str:
    """RFC 6901."""
    return f"{above}/{str(name).replace('~', '~0').replace('/', '~1')}"


class _Reading:
    """Fills one object, and keeps what was found."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.pairs: list[Pair] = labels.pairs(document)
        self.found: dict[str, Found] = {}
        self.pointers: list[str] = []

    def fill(self, spec: ClassSpec, above: str, over: frozenset[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in spec.fields:
            pointer = pointer_to(above, field.name)
            values[field.name] = self._value(field, pointer, over)
        return values

    def _value(self, field: FieldSpec, pointer: str, over: frozenset[str]) -> Any:
        if field.kind == "object":
            if not isinstance(field.of, ClassSpec):
                self.pointers.append(pointer)
                return None
            made = self.fill(field.of, pointer, over | words(field.name.replace("_", " ")))
            return made if any(known.startswith(f"{pointer}/") for known in self.found) else None
        if field.kind == "list":
            return self._list(field, pointer, over)
        self.pointers.append(pointer)
        found = find_field(self.document, named(field, over), self.pairs)
        if found is None:
            return None
        self.found[pointer] = found
        return found.value

    def _list(self, field: FieldSpec, pointer: str, over: frozenset[str]) -> list[Any]:
        inner = field.of
        if isinstance(inner, FieldSpec) and isinstance(inner.of, ClassSpec):
            inner = inner.of
        if isinstance(inner, ClassSpec):
            rows = tables.rows(self.document, [named(one) for one in inner.fields])[:_MAX_ITEMS]
            return [self._row(row, inner, pointer_to(pointer, index)) for index, row in enumerate(rows)]
        if not isinstance(inner, FieldSpec):
            return []
        parts = _parts(self.document, named(FieldSpec(field.name, "text", field.description), over), inner, self.pairs)
        for index, part in enumerate(parts):
            self.found[pointer_to(pointer, index)] = part
        return [part.value for part in parts]

    def _row(self, row: Mapping[str, Found], spec: ClassSpec, pointer: str) -> dict[str, Any]:
        for one in spec.fields:
            self.pointers.append(pointer_to(pointer, one.name))
            if one.name in row:
                self.found[pointer_to(pointer, one.name)] = row[one.name]
        return {one.name: row[one.name].value if one.name in row else None for one in spec.fields}


def find_field(document: Document, field: Named, pairs: Sequence[Pair]) -> Found | None:
    """Returns the surest value of the field; others that are as sure, and say something else, are its conflicts."""
    kind = field.spec.kind
    labelled = _labelled(document, field, pairs)
    candidates = [labelled]
    if kind in ("int", "number"):
        candidates += [figures.find(document, field), sentences.find(document, field)]
    elif kind == "date":
        candidates += [sentences.find(document, field), _only_date(document, field)]
    elif kind == "enum":
        candidates.append(_only_choice(document, field))
    elif pattern_of(field) is not None:
        candidates.append(_only_match(document, field))
    elif organisations.is_organisation(field):
        candidates += [organisations.find(document, field), organisations.letterhead(document, field)]
    known = [one for one in candidates if one is not None]
    return max(known, key=lambda one: one.score) if known else None


def _labelled(document: Document, field: Named, pairs: Sequence[Pair]) -> Found | None:
    found = labels.find(document, field, pairs)
    if not found:
        return None
    near = [one for one in found if one.score >= found[0].score - _CONFLICTING]
    return msgspec.structs.replace(found[0], conflicts=distinct(found[0], near))


def _only_date(document: Document, field: Named) -> Found | None:
    """Returns the date of a document whose beginning has one date alone, for a field that asks for no other."""
    if not field.name <= {"date", "document", "letter", "issu", "publish", "sign"}:
        return None
    return _only(document, lambda text: list(dates(text, day_first=document.style.day_first)), 0.65)


def _only_choice(document: Document, field: Named) -> Found | None:
    """Returns the one value of an enum that the beginning of the document names."""
    return _only(document, lambda text: list(enum_values(text, field.spec.values)), 0.65)


def _only_match(document: Document, field: Named) -> Found | None:
    """Returns the one e-mail address, IBAN or the like of the whole document."""
    return _only(document, lambda text: list(typed(field, text, document.style)), 0.8, chars=10_000_000)


def _only(document: Document, read: Any, score: float, chars: int = 3000) -> Found | None:
    made: list[tuple[int, Typed]] = []
    left = chars
    for index, chunk in enumerate(document.chunks):
        made += [(index, one) for one in read(chunk.content[:left])]
        left -= len(chunk.content)
        if left <= 0:
            break
    if len({one.value for _, one in made}) != 1:
        return None
    index, first = made[0]
    return Found(first.value, (document.source(index, first.start, first.end),), score)


def _parts(document: Document, field: Named, inner: FieldSpec, pairs: Sequence[Pair]) -> list[Found]:
    """Returns the items of a labelled list, between commas or semicolons."""
    found = labels.find(document, field, pairs)
    if not found:
        return []
    source = found[0].sources[0]
    separator = ";" if ";" in source.verbatim else ","
    item = named(FieldSpec(field.spec.name, inner.kind, field.spec.description, inner.values))
    made, place = [], source.start
    for part in source.verbatim.split(separator):
        one = next(typed(item, part, document.style), None)
        if one is not None:
            span = msgspec.structs.replace(source, start=place + one.start, end=place + one.end)
            made.append(
                msgspec.structs.replace(found[0], value=one.value, sources=(span, *found[0].sources[1:]), conflicts=())
            )
        place += len(part) + 1
    return made[:_MAX_ITEMS]
