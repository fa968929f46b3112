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

_MOST_PRINTED = 20_000  # characters of one output: more is a log


def parse_notebook(path: Path, limits: ParseLimits) -> ParsedDocument:
    try:
        notebook = json.loads(read_text(path, limits))
        sheets = notebook.get("worksheets") or [notebook]
        cells = [cell for sheet in sheets for cell in sheet["cells"] if isinstance(cell, dict)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return parse_json(path, limits)
    builder = Builder()
    for cell in cells:
        source = _joined(cell.get("source", cell.get("input", "")))
        if cell.get("cell_type") == "markdown":
            add_markdown(builder, source, limits)
        elif cell.get("cell_type") == "heading":
            builder.add("section_heading", source, level=int(cell.get("level", 1)))
        else:
            builder.add("code" if cell.get("cell_type") == "code" else "text", source)
        for output in cell.get("outputs") or []:
            if isinstance(output, dict):
                _add_output(builder, output, limits)
    return builder.document()


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
