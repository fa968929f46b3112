"""Our own OpenAPI document beside the contract."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.checking import Operation, operation_at, operations

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_every_operation_is_there_under_its_name(document: dict[str, Any], operation: Operation) -> None:
    path = document["paths"].get(f"/api/v1{_own_names(document, operation.path)}")
    assert path is not None, f"no path {operation.path}"
    found = path.get(operation.method.lower())
    assert found is not None, f"no {operation.method} at {operation.path}"
    assert found["operationId"] == operation.name
    parameters = {parameter["name"].lower() for parameter in found.get("parameters", ())}
    assert ("x-impersonate-email" in parameters) == operation.impersonation
    assert set(operation.query) <= parameters
    successes = {str(status) for status in operation.answers if status < 300}
    assert successes <= set(found["responses"])


# What turns documents into tables, objects, tags and a graph. All of it has a shape, and a line in the manual.
STRUCTURED = {"Tables", "Extractors", "Extraction Flows", "Datasets", "Graph", "Retrieval", "Interviews"}


def test_structured_knowledge_has_shapes_and_pages(document: dict[str, Any]) -> None:
    pages = "\n".join(page.read_text() for page in DOCS.glob("*.md"))
    unchecked, unwritten = [], []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if STRUCTURED.isdisjoint(operation["tags"]):
                continue
            if operation_at(method.upper(), path) is None:
                unchecked.append(operation["operationId"])
            if not any(re.search(wanted, pages) for wanted in _as_written(path)):
                unwritten.append(path)
    assert unchecked == []
    assert unwritten == []


def _as_written(path: str) -> list[str]:
    """How the manual writes a path: without the project, ids as <id> or {id}; a family by its name or as <family>."""
    short = path.removeprefix("/api/v1/projects/{project_id}/")
    parts = [r"[<{$][\w ]+[>}]?" if part.startswith("{") else re.escape(part) for part in short.split("/")]
    family = [r"<family>-extractors" if part.endswith(r"\-extractors") else part for part in parts]
    return ["/".join(parts), "/".join(family)]


def _own_names(document: dict[str, Any], path: str) -> str:
    """The path as our document writes it: names of ids may differ, nothing else may."""
    wanted = re.sub(r"\{\w+\}", "{}", path)
    paths = [known.removeprefix("/api/v1") for known in document["paths"]]
    return next((known for known in paths if re.sub(r"\{\w+\}", "{}", known) == wanted), path)
