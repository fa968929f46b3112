"""Parses JSON and JSON Lines: objects become lines `name: value` under headings, lists of similar objects tables."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.csv import add_rows
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.text import add_paragraphs, read_text
from citewell.ingestion.reading_warnings import warning

_HEADING_LEVELS = 4  # objects deeper than this become lines with the whole path of their names
_MAX_COLUMNS = 50
_ITEMS_PER_BLOCK = 40


def parse_json(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    builder = Builder()
    warnings: list[str] = []
    try:
        value = _value(text)
    except ValueError:
        # Its words can be found nevertheless.
        warnings.append(warning("invalid_json"))
        add_paragraphs(builder, text)
    else:
        ValueWriter(builder, limits).add(value, 1)
    title = value.get("title") if not warnings and isinstance(value, dict) else None
    return builder.document(title=title if isinstance(title, str) else None, warnings=warnings)


def _value(text: str) -> Any:
    """Parses one value, or a list of the values on the lines. Numbers keep their spelling."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    try:
        return decoder.decode(text)
    except json.JSONDecodeError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
        return [decoder.decode(line) for line in lines]


class ValueWriter:
    """Adds the values of a file to a document."""

    def __init__(self, builder: Builder, limits: ParseLimits) -> None:
        self._builder = builder
        self._limits = limits
        self._characters = 0

    def add(self, value: Any, level: int) -> None:
        if isinstance(value, dict):
            self._add_object(value, level)
        elif isinstance(value, list):
            self._add_list(value, level)
        else:
            self._builder.add("text", _shown(value))

    def _lines(self, value: Any, path: str = "") -> list[str]:
        """Returns the lines of a value.

        Raises ParseFailed once they are too many, because each repeats the names above it.
        """
        lines = []
        for line in _lines(value, path):
            self._characters += len(line)
            if self._characters > self._limits.max_text_chars:
                raise too_large(f"more than {self._limits.max_text_chars:,} characters of text")
            lines.append(line)
        return lines

    def _add_object(self, value: dict[str, Any], level: int) -> None:
        """Adds simple values first, as lines; then each object or list in it under its name."""
        if level > _HEADING_LEVELS:
            self._builder.add("text", "\n".join(self._lines(value)))
            return
        simple = [line for name, item in value.items() if _is_simple(item) for line in self._lines(item, name)]
        self._builder.add("text", "\n".join(simple))
        for name, item in value.items():
            if not _is_simple(item):
                self._builder.add("section_heading", name, level=level)
                self.add(item, level + 1)

    def _add_list(self, values: list[Any], level: int) -> None:
        if len(values) > self._limits.max_rows:
            raise too_large(f"more than {self._limits.max_rows:,} entries in a list")
        columns = _columns(values)
        if columns:
            add_rows(self._builder, [columns, *([_shown(item.get(name)) for name in columns] for item in values)])
        elif all(not isinstance(item, dict | list) for item in values):
            for start in range(0, len(values), _ITEMS_PER_BLOCK):
                group = values[start : start + _ITEMS_PER_BLOCK]
                self._builder.add("list", "\n".join(f"- {_shown(item)}" for item in group))
        else:
            for item in values:
                self._builder.add("text", "\n".join(self._lines(item)))


def _is_simple(value: Any) -> bool:
    """True for values that fit on one line: no objects, and no lists but short ones without objects."""
    if isinstance(value, list):
        return len(value) <= 10 and all(not isinstance(item, dict | list) for item in value)
    return not isinstance(value, dict)


def _columns(values: list[Any]) -> list[str]:
    """Names of the columns, if the values are objects of about the same names and without objects in them."""
    names: dict[str, None] = {}
    entries = 0
    for item in values:
        if not isinstance(item, dict) or not all(_is_simple(part) for part in item.values()):
            return []
        names.update(dict.fromkeys(item))
        entries += len(item)
        if len(names) > _MAX_COLUMNS:
            return []
    alike = names and entries >= 0.5 * len(names) * len(values)
    return list(names) if alike else []


def _lines(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _lines(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and not _is_simple(value):
        for number, item in enumerate(value, 1):
            yield from _lines(item, f"{path} {number}".strip())
    else:
        yield f"{path}: {_shown(value)}" if path else _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return str(value)
