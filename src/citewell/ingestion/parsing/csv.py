"""Parses CSV and TSV to tables of at most ROWS_PER_BLOCK rows, each with the header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.text import read_text

ROWS_PER_BLOCK = 40
_SAMPLE = 16_384  # characters
_STATED = re.compile(r"\ufeff?\"?sep=([^\w\s\"]|\t)\"?[ \t;,]*\n", re.IGNORECASE)
# The first of equals is taken: commas also stand in words and in numbers, where the others do not.
_DELIMITERS = ("\t", ";", "|", ",")


def parse_csv(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    builder = Builder()
    add_rows(builder, _rows(text, limits))
    return builder.document()


def _rows(text: str, limits: ParseLimits) -> list[list[str]]:
    csv.field_size_limit(limits.max_cell_chars)
    rows: list[list[str]] = []
    stated = _STATED.match(text)  # Excel's own first line "sep=;"
    text = text[stated.end() :] if stated else text
    delimiter = stated.group(1) if stated else _delimiter(text[:_SAMPLE])
    try:
        for row in _reader(text, delimiter):
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
            if len(rows) > limits.max_rows:
                raise too_large(f"more than {limits.max_rows:,} rows")
    except csv.Error as error:
        what = f"a cell of more than {limits.max_cell_chars:,} characters (a missing quotation mark may be the reason)"
        raise too_large(what) from error
    return rows


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows. A quoted cell may begin behind a space."""
    return csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=delimiter != " ")


def _delimiter(sample: str) -> str:
    """Returns the delimiter that splits most lines of the sample into the same number of cells."""
    return max(_DELIMITERS, key=lambda sign: _agreement(sample, sign))


def _agreement(sample: str, sign: str) -> int:
    """Returns the number of rows that have the most frequent number of cells; rows of one cell do not count."""
    try:
        rows = list(_reader(sample, sign))
    except csv.Error:
        return 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(widths.values(), default=0)


def add_rows(builder: Builder, rows: list[list[str]], page: int | None = None) -> None:
    """Adds tables of at most ROWS_PER_BLOCK rows. Each repeats the header, so that it can be read on its own."""
    for _, group in header_repeated(rows):
        builder.add("table", table_text(group), rows=group, page=page)


def header_repeated(rows: list[list[str]], headers: int = 1) -> Iterator[tuple[int, list[list[str]]]]:
    """Yields (index of the first row, rows) of groups of at most ROWS_PER_BLOCK rows, each after the header rows.

    The first `headers` rows are the header. A header without rows is a group, with its own index.
    """
    header, body = rows[:headers], rows[headers:]
    if header and not body:
        yield 0, header
    for start in range(0, len(body), ROWS_PER_BLOCK):
        yield headers + start, [*header, *body[start : start + ROWS_PER_BLOCK]]
