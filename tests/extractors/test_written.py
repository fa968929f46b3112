"""Values of documents in several languages without a model: the right ones, at their place, and no others."""

from itertools import groupby
from typing import Any
from uuid import uuid4

import pytest

from citewell.agent.knowledge import ChunkText
from citewell.extractors.class_source import read_class
from citewell.extractors.engine.objects import read_objects
from tests.extractors.written import CASES


def content_of(text: str) -> str:
    """The text of a chunk: paragraphs and tables with a blank line between them."""
    parts = []
    for is_row, lines in groupby((line for line in text.splitlines() if line.strip()), lambda line: "|" in line):
        separator = "\n" if is_row else "\n\n"
        parts.append(
            separator.join(
                line.strip("| ") if is_row and line.startswith("| ") and line.endswith(" |") else line for line in lines
            )
        )
    return "\n\n".join(parts)


@pytest.mark.parametrize(("name", "source", "text", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_values_without_a_model(name: str, source: str, text: str, wanted: dict[str, Any]) -> None:
    chunk = ChunkText(
        chunk_id=uuid4(),
        document_id=uuid4(),
        document_name=name,
        content=content_of(text),
        min_page=1,
        max_page=1,
        heading_path=(),
        reference_url="",
        blocks="[]",
    )
    found = read_objects([chunk], read_class(source))
    values = found[0].values if found else {}
    evidence = found[0].evidence(None) if found else {}
    assert {
        field: len(values.get("lines") or []) if field == "nlines" else values.get(field) for field in wanted
    } == wanted
    for entry in evidence.values():
        if entry["status"] != "missing":
            assert chunk.content[entry["start"] : entry["end"]] == entry["verbatim"]
