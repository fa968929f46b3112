"""Every JSON answer that a test gets is held against the contract (`wire.yaml`, `structured.yaml`)."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2 as httpx
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

_FILES = [Path(__file__).with_name(name) for name in ("wire.yaml", "structured.yaml")]
_API = "/api/v1"
FAMILIES = (
    "parsing",
    "chunks",
    "object",
    "tag",
    "document-tag",
    "document-filter",
    "chunk-tag-filter",
    "object-alerts",
    "tag-alerts",
    "imported-object",
)
# Which conversation, document or run is meant stands in the path; literal addresses go first.
_ID = re.compile(r"\\{\w+\\}")


@dataclass(frozen=True)
class Operation:
    """An operation of the contract; `answers` says by status what it answers with."""

    name: str
    method: str
    path: str
    impersonation: bool
    query: tuple[str, ...]
    answers: dict[int, Any]
    pattern: re.Pattern[str]

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and self.pattern.fullmatch(path) is not None


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = {"operations": {}, "schemas": {}}
    for file in _FILES:
        for part, entries in yaml.safe_load(file.read_text()).items():
            found[part] |= _of_each_family(entries) if part == "operations" else entries
    return found


def _of_each_family(operations: dict[str, Any]) -> dict[str, Any]:
    """The operations, those with {Family} in their name once for each family of extractors."""
    made = {}
    for name, facts in operations.items():
        for family in FAMILIES if "{Family}" in name else ("",):
            title = "".join(part.capitalize() for part in family.split("-"))
            path = facts["at"].replace("{family}", family)
            made[name.replace("{Family}", title)] = {**facts, "at": path}
    return made


@cache
def operations() -> tuple[Operation, ...]:
    """Those with fewer ids in their path first: `/users/remove-by-email/` before `/users/{permission_id}/`."""
    made = []
    for name, facts in contract()["operations"].items():
        method, path = facts["at"].split()
        more = facts.get("impersonation", False), tuple(facts.get("query", ()))
        pattern = re.compile(_ID.sub("[^/]+", re.escape(path)))
        made.append(Operation(name, method, path, *more, facts["answers"], pattern))
    return tuple(sorted(made, key=lambda operation: operation.path.count("{")))


def operation_at(method: str, path: str) -> Operation | None:
    return next((one for one in operations() if one.matches(method, path.removeprefix(_API))), None)


async def check_answer(response: httpx.Response) -> None:
    """Raises AssertionError if an answer of an operation of the contract is not what the contract says."""
    operation = operation_at(response.request.method, response.request.url.path)
    if operation is None:
        return
    expected = operation.answers.get(response.status_code)
    name = f"{operation.name} {response.status_code}"
    if expected == "stream":
        assert response.headers["content-type"].startswith("text/event-stream"), name
        return
    if expected == "file":
        return
    body = await response.aread()
    if expected == "empty":
        assert body == b"", name
        return
    problems = list(_validator(operation.name, response.status_code).iter_errors(response.json()))
    assert not problems, f"{name}: " + "; ".join(f"{list(e.absolute_path)}: {e.message}" for e in problems[:3])
    if expected is None:
        assert response.status_code >= 400, f"{name}: the contract knows no such answer"


def _schema(expected: Any) -> dict[str, Any]:
    if expected in (None, "error", "invalid"):
        # Wrong fields are named wherever fields can be wrong.
        return {"oneOf": [{**_ref("Error"), "required": ["error"]}, _ref("ValidationError")]}
    if expected == "any":
        return {}
    if isinstance(expected, dict) and "page" in expected:
        results = {"type": "object", "properties": {"results": {"type": "array", "items": expected["page"]}}}
        return {"allOf": [_ref("PaginatedResponse"), results]}
    assert isinstance(expected, dict)
    return expected


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/schemas/{name}"}


@cache
def _validator(name: str, status: int) -> OAS30Validator:
    """Of the answers of an operation with a status; kept, because each reads the whole contract."""
    operation = next(one for one in operations() if one.name == name)
    whole = {**_schema(operation.answers.get(status)), "schemas": contract()["schemas"]}
    return OAS30Validator(whole, format_checker=oas30_format_checker)
