"""CSV and TSV: the header, then rows in groups, each row a line."""

import csv
import io
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.text import read_text

ROWS_PER_BLOCK = 40
_SNIFF = 16_384


def parse_csv(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    csv.field_size_limit(limits.max_line_chars)
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text), _dialect(text[:_SNIFF])):
        if any(cell.strip() for cell in row):
            rows.append([cell.strip() for cell in row])
        if len(rows) > limits.max_rows:
            raise too_large(f"more than {limits.max_rows:,} rows")
    builder = Builder()
    add_rows(builder, rows)
    return builder.document()


def _dialect(sample: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        return csv.excel


def add_rows(builder: Builder, rows: list[list[str]], page: int | None = None) -> None:
    """Tables of at most ROWS_PER_BLOCK rows, each under the header, so that any of them can be read alone."""
    if not rows:
        return
    header, body = rows[0], rows[1:]
    if not body:
        builder.add("table", table_text([header]), cells=[header], page=page)
    for start in range(0, len(body), ROWS_PER_BLOCK):
        group = [header, *body[start : start + ROWS_PER_BLOCK]]
        builder.add("table", table_text(group), cells=group, page=page)
