"""Our own OpenAPI document beside the contract."""

import re
from typing import Any

import pytest

from citewell.main import create_app
from citewell.process import Process
from tests.contract.checking import Operation, operations


@pytest.fixture(scope="module")
def document(process: Process) -> dict[str, Any]:
    return create_app(process).openapi()


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


def _own_names(document: dict[str, Any], path: str) -> str:
    """The path as our document writes it: names of ids may differ, nothing else may."""
    wanted = re.sub(r"\{\w+\}", "{}", path)
    paths = [known.removeprefix("/api/v1") for known in document["paths"]]
    return next((known for known in paths if re.sub(r"\{\w+\}", "{}", known) == wanted), path)
