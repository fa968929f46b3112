"""Jupyter notebooks: the text of Markdown cells, code, and what it printed. Source: nbformat 4 (and 3)."""

import json
from pathlib import Path
from typing import Any

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.html import add_html
from citewell.ingestion.parsing.json import parse_json
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.markdown import add_markdown
from citewell.ingestion.parsing.text import read_text
from citewell.ingestion.reading_warnings import warning

_LEVELS = {str(level): level for level in range(1, 7)}
_MOST_PRINTED = 20_000  # characters of one output: more is a log


def parse_notebook(path: Path, limits: ParseLimits) -> ParsedDocument:
    try:
        notebook = json.loads(read_text(path, limits))
        sheets = notebook.get("worksheets") or [notebook]
        cells = [cell for sheet in sheets for cell in _objects(sheet["cells"])]
    except (ValueError, TypeError, KeyError, AttributeError):
        return parse_json(path, limits)
    builder = Builder()
    is_nested = False
    for cell in cells:
        kind, source = cell.get("cell_type"), _joined(cell.get("source", cell.get("input", "")))
        if kind == "markdown":
            is_nested |= not add_markdown(builder, source, limits)
        elif kind == "heading":
            builder.add("section_heading", source, level=_LEVELS.get(str(cell.get("level")), 1))
        else:
            builder.add("code" if kind == "code" else "text", source)
        for output in _objects(cell.get("outputs")):
            _add_output(builder, output, limits)
    return builder.document(warnings=[warning("nested_too_deeply")] if is_nested else [])


def _objects(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _add_output(builder: Builder, output: dict[str, Any], limits: ParseLimits) -> None:
    """Adds a table as a table, and other outputs as text. Pictures are left out."""
    shown = output.get("data", output)
    if not isinstance(shown, dict):
        return
    page = _joined(shown.get("text/html", ""))
    if "<table" in page:
        add_html(builder, page, limits)
    elif "traceback" in output:
        builder.add("text", f"{output.get('ename', '')}: {output.get('evalue', '')}")
    elif not any(str(kind).startswith("image/") for kind in shown):
        builder.add("text", _joined(shown.get("text/plain", shown.get("text", "")))[:_MOST_PRINTED])


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
