"""The documentation that the server serves: complete, true to the API, and readable without a network."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from jsonschema import Draft202012Validator

from citewell.manual.examples import EXAMPLES
from citewell.manual.pages import pages
from citewell.manual.reference import curl
from citewell.manual.shapes import describe, resolved, type_of

DOCS = Path(__file__).parents[2] / "docs"


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()]


async def test_the_openapi_document_needs_no_token(server: str, document: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        answer = await nobody.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == document


def test_the_openapi_document_is_true(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["BearerAuth"] | {"description": ""} == {"type": "http", "scheme": "bearer", "description": ""}
    assert (schemes["TokenAuth"]["in"], schemes["TokenAuth"]["name"]) == ("header", "Authorization")
    assert {name for entry in document["security"] for name in entry} == set(schemes) - {"OrganizationKey"}
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    assert len(by_id) == len(operations(document)), "an id names one operation"
    assert {name for name, each in by_id.items() if each.get("security") == []} == {
        "signIn",
        "register",
        "setUp",
        "getSignInWays",
        "getTokenPage",
    }
    assert by_id["provisionUser"]["security"] == [{"OrganizationKey": []}]
    assert by_id["bulkUploadDocuments"]["x-permission"] == "CAN_RUN_TASKS"
    assert by_id["sendMessageStream"]["x-permission"] == "CAN_VIEW_DATA"
    assert by_id["deleteProject"]["x-permission"] == "CAN_PERFORM_ADMIN_ACTIONS"
    assert "x-permission" not in by_id["getCurrentUser"]
    for path, _, operation in operations(document):
        assert ("{project_id}" in path) == ("x-permission" in operation), path
        assert {"422", "default"}.isdisjoint(operation["responses"]), "a wrong field is 400"
        assert operation["tags"]
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))):
        assert resolved(document, {"$ref": reference})


def test_examples_keep_to_the_schemas(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    assert set(EXAMPLES) <= set(by_id)
    for identity, example in EXAMPLES.items():
        media = by_id[identity]["requestBody"]["content"]["application/json"]
        assert media["example"] == example
        schema = media["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(example)
        properties = _properties(document, media["schema"])
        assert set(example) <= set(properties), identity


def _properties(document: dict[str, Any], schema: Any) -> dict[str, Any]:
    schema = resolved(document, schema)
    for option in schema.get("anyOf", ()):
        return _properties(document, option)
    return dict(schema["properties"])


def test_each_curl_is_a_command(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        words = shlex.split(curl(document, path, method, operation).replace("\\\n", ""))
        assert words[:1] == ["curl"]
        assert method.upper() in words
        assert "{" not in next(word for word in words if "CITEWELL_URL" in word)
        if "-d" in words:
            json.loads(words[words.index("-d") + 1])
        needs_token = operation.get("security") != []
        assert any("Bearer" in word for word in words) == needs_token


async def test_the_reference_page(server: str, document: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        answer = await nobody.get("/docs")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "<script" not in answer.text
    assert not re.findall(r'(?:src|href)="(?![/#])', answer.text), "nothing from elsewhere"
    for path, method, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in answer.text
        assert f'<span class="method">{method.upper()}</span> {path}' in answer.text
    assert f"export CITEWELL_URL={server}" in answer.text
    assert "Needs <code>CAN_RUN_TASKS</code>" in answer.text
    for anchor in re.findall(r'href="#([^"]+)"', answer.text):
        assert f'id="{anchor}"' in answer.text
    for target in set(re.findall(r'href="(/docs/[^"]+)"', answer.text)):
        async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
            assert (await nobody.get(target)).status_code == 200, target


async def test_every_page_is_listed_and_served(server: str) -> None:
    files = {path.relative_to(DOCS).as_posix(): path for path in DOCS.rglob("*.md")}
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        listing = await nobody.get("/llms.txt")
        assert listing.headers["content-type"].startswith("text/plain")
        links = re.findall(rf"\({server}(/docs/([^)]+\.md))\)", listing.text)
        assert {name for _, name in links} == set(files)
        seen: set[str] = set()
        for address, name in links:
            served = await nobody.get(address)
            assert served.headers["content-type"].startswith("text/markdown")
            assert served.text == files[name].read_text()
            shown = await nobody.get(address.removesuffix(".md"))
            assert shown.headers["content-type"].startswith("text/html")
            assert "<h1>" in shown.text
            for target in {str(shown.url.join(one)) for one in re.findall(r'href="([^":]+)"', shown.text)} - seen:
                assert (await nobody.get(target)).status_code == 200, (name, target)
                seen.add(target)


@pytest.mark.parametrize("name", ["nothing", "..%2FREADME", "../pyproject.toml", "decisions", ".md", "%00"])
async def test_no_other_file_is_served(server: str, name: str) -> None:
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        answer = await nobody.get(f"/docs/{name}")
        seen = await nobody.get(f"/docs/{name}", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, seen.status_code) == (404, 404)
    assert answer.json()["code"] == "not_found"
    if not name.endswith(".md") and not name.startswith("../"):  # the client itself resolves these
        assert '<a href="/docs/install">' in seen.text, "a reader sees which pages there are"


def test_titles_and_summaries() -> None:
    for each in pages().values():
        assert each.title
        assert "\n" not in each.title + each.summary
        assert len(each.summary) < 210


def test_types_as_people_read_them() -> None:
    document = {"components": {"schemas": {"Tag": {"type": "object"}, "Mode": {"enum": ["a", "b"]}}}}
    tag, mode = {"$ref": "#/components/schemas/Tag"}, {"$ref": "#/components/schemas/Mode"}
    assert type_of(document, {"anyOf": [{"type": "array", "items": tag}, {"type": "null"}]}) == "list of Tag or null"
    assert type_of(document, mode) == '"a" | "b"'
    assert type_of(document, {"type": "string", "format": "uuid"}) == "string (uuid)"
    assert describe({"description": "Rows.", "minimum": 1, "default": 100}) == "Rows; at least 1; default 100"
