"""Contacts (VCF): each one's name as a heading, with lines that people read. Source: RFC 6350, vCard 2.1 and 3.0."""

import quopri
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import add_paragraphs, read_text

_SHOWN = {
    "ORG": "Organisation", "TITLE": "Title", "ROLE": "Role", "TEL": "Telephone", "EMAIL": "Mail", "ADR": "Address",
    "URL": "Web", "BDAY": "Birthday", "NICKNAME": "Nickname", "CATEGORIES": "Categories", "NOTE": "Note",
}  # fmt: skip
_KINDS = {"WORK": "work", "HOME": "home", "CELL": "mobile", "FAX": "fax", "PAGER": "pager"}
_BOUNDS = ("BEGIN", "END")
_ESCAPED = re.compile(r"\\([nN,;:\\])")
_PARTS = re.compile(r"(?<!\\);")


class Property(NamedTuple):
    name: str
    parameters: list[str]
    value: str


def parse_vcard(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    builder = Builder()
    card: list[Property] = []
    for entry in _properties(text):
        if entry.name not in _BOUNDS:
            card.append(entry)
        elif card:
            _add_card(builder, card)
            card = []
    if card:  # it has no end
        _add_card(builder, card)
    if not builder.blocks:
        add_paragraphs(builder, text)
    return builder.document()


def _properties(text: str) -> Iterator[Property]:
    """Yields the properties of all cards. A blank at the start of a line continues the one before."""
    text = re.sub(r"\n[ \t]", "", text)
    lines = iter(text.split("\n"))
    for line in lines:
        head, colon, value = line.partition(":")
        name, *parameters = head.upper().split(";")
        if not colon:
            continue
        if any("QUOTED-PRINTABLE" in parameter for parameter in parameters):
            parts = [value]
            while parts[-1].endswith("="):
                parts[-1] = parts[-1][:-1]
                parts.append(next(lines, ""))
            value = "".join(parts)
            value = quopri.decodestring(value.encode("latin-1", "ignore")).decode("utf-8", "replace")
        yield Property(name.rpartition(".")[2].strip(), parameters, value.strip())


def _add_card(builder: Builder, card: Sequence[Property]) -> None:
    values = {name: value for name, _, value in reversed(card)}
    family, given, *_ = [*_PARTS.split(values.get("N", "")), "", ""]
    called = values.get("FN") or f"{given} {family}".strip() or values.get("ORG") or "Contact"
    builder.add("section_heading" if builder.blocks else "title", _plain(called, ", "), level=1)
    lines = []
    for name, parameters, value in card:
        if name in _SHOWN and value.strip("; "):
            kinds = [_KINDS[kind] for kind in _KINDS if any(kind in parameter for parameter in parameters)]
            label = f"{_SHOWN[name]} ({', '.join(kinds)})" if kinds else _SHOWN[name]
            lines.append(f"{label}: {_plain(value, ', ' if name in ('ADR', 'ORG') else ';')}")
    builder.add("text", "\n".join(lines))


def _plain(value: str, between: str) -> str:
    parts = [
        _ESCAPED.sub(lambda found: "\n" if found.group(1) in "nN" else found.group(1), part)
        for part in _PARTS.split(value)
    ]
    return between.join(part.strip() for part in parts if part.strip()).removeprefix("mailto:").removeprefix("tel:")
