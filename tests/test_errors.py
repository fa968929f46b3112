"""Errors that tell the truth: what was wrong, what would be right, and whether trying again helps."""

import errno
from collections.abc import Iterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from citewell.db import direct
from citewell.db.engine import Database
from citewell.errors import error_codes
from citewell.kit import outages
from citewell.kit.bodies import models_in
from citewell.kit.loops import Supervisor
from citewell.main import create_app
from tests.conftest import Api, make_settings
from tests.sse import new_conversation

_NOTHING = UUID(int=1)  # the id of nothing, the same in each process of a run


@pytest.mark.parametrize(
    ("path", "body", "field", "nearest"),
    [
        (
            "/retrieve-with-naive/",
            {"query": "x", "included_attribute": []},
            "included_attribute",
            "included_attributes",
        ),
        ("/retrieve-with-hybrid-search/", {"query": "x", "top_k": 3}, "top_k", None),
        (
            "/retrieve-with-naive/",
            {"query": "x", "included_tags": [{"tagname": "x"}]},
            "included_tags.0.tagname",
            "tag_name",
        ),
        ("/documents/reprocess/", {"document_id": []}, "document_id", "document_ids"),
        ("/document-collections/", {"name": "x", "nam": "y"}, "nam", "name"),
        # Without their filter these would read, run or delete everything.
        ("/run-parsing/", {"mode": "recreate-all", "document_idz": []}, "document_idz", "document_ids"),
        ("/clear-table/", {"table_name": "x", "versionid": None}, "versionid", "version_id"),
        (f"/tables/{_NOTHING}/data-operations/", {"operation": "read", "filter": {}}, "filter", "filters"),
        (f"/extraction-flows/{_NOTHING}/run-sync/", {"documents_ids": []}, "documents_ids", "document_ids"),
        ("/run-neo4j-query/", {"cypher_query": "RETURN 1", "parameter": {}}, "parameter", "parameters"),
    ],
)
async def test_unknown_fields_are_refused(api: Api, path: str, body: Any, field: str, nearest: str | None) -> None:
    answer = await api.post(path, json=body)
    assert answer.status_code == 400
    [message] = answer.json()[field]
    assert message.startswith("Unknown field.")
    if nearest:
        assert f"Did you mean {nearest}?" in message


async def test_a_message_with_an_unknown_field_is_not_asked(api: Api) -> None:
    conversation = await new_conversation(api)
    path = f"/playground-conversations/{conversation}/send_message_stream/"
    answer = await api.post(path, json={"message": "Anything?", "stream_mode": "delta"})
    assert answer.status_code == 400
    assert "stream_mode" in answer.json()


async def test_unknown_fields_of_a_form_are_refused(api: Api) -> None:
    files = [("files", ("a.md", b"# A"))]
    answer = await api.post("/documents/bulk-upload/", files=files, data={"skip_parsin": "true"})
    assert answer.status_code == 400
    assert "Did you mean skip_parsing?" in answer.json()["skip_parsin"][0]


async def test_what_lists_give_may_be_sent_back(api: Api) -> None:
    """Clients copy tools and agents from one project into another with the fields that only the server writes."""
    for path in ("/tools/", "/agent-settings/"):
        [listed, *_] = (await api.get(path)).json()["results"]
        copied = {**listed, "name": "A copy", "project": api.project}
        del copied["id"]
        answer = await api.post(path, json=copied)
        assert answer.status_code == 201, answer.text


def _body_models(application: FastAPI) -> Iterator[type[BaseModel]]:
    for route in iter_route_contexts(application.routes):
        field = getattr(route, "body_field", None)
        if field is not None:
            yield from models_in(field.field_info.annotation)


def test_every_body_says_what_happens_to_unknown_fields(application: FastAPI) -> None:
    models = set(_body_models(application))
    assert len(models) > 20
    assert {model.__name__ for model in models if model.model_config.get("extra") is None} == set()


async def test_bodies_of_another_type(api: Api) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, content, headers in (
        ("/retrieve-with-naive/", b"query=x", form),
        ("/retrieve-with-naive/", b'{"query": "x"}', {"Content-Type": "text/plain"}),
        ("/documents/bulk-upload/", b"{}", {"Content-Type": "application/json"}),
        ("/extracted-figures/", b"{}", {"Content-Type": "application/json"}),
    ):
        answer = await api.post(path, content=content, headers=headers)
        assert answer.status_code == 415, path
        assert answer.json()["code"] == "unsupported_media_type"
    json = {"Content-Type": "application/json; charset=utf-8"}
    is_json = await api.post("/retrieve-with-naive/", content=b'{"query": "x"}', headers=json)
    assert is_json.status_code == 200


async def test_a_number_in_the_address_is_not_called_a_uuid(api: Api) -> None:
    conversation = await new_conversation(api)
    answer = await api.get(f"/playground-conversations/{conversation}/turns/abc/events/")
    assert answer.status_code == 404
    assert "whole number" in answer.json()["error"]
    assert "UUID" not in answer.json()["error"]


def test_codes_stand_in_the_openapi_document(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["ErrorCode"]["enum"] == error_codes()
    assert {"not_found", "database_unavailable", "storage_full"} <= set(error_codes())
    upload = document["paths"]["/api/v1/projects/{project_id}/documents/bulk-upload/"]["post"]["responses"]
    assert {"400", "401", "403", "413", "415", "429", "503", "507"} <= set(upload)


_TOKEN, _KEY, _COOKIE = {"Authorization": "Bearer x"}, {"Authorization": "Bearer cwk_x"}, {"Cookie": "citewell_token=x"}
_PLACE = f"{uuid4()}/{uuid4()}"
_DOORS: list[tuple[str, str, dict[str, str], Any]] = [
    ("GET", "/api/v1/projects/", _TOKEN, None),
    ("GET", "/v1/models", _TOKEN, None),
    ("GET", "/api/tags", _TOKEN, None),
    ("POST", "/mcp", _TOKEN, {}),
    ("GET", "/scim/v2/Users", _KEY, None),
    ("POST", "/api/v1/organizations/provision-user/", _KEY, {"email": "ada@example.org"}),
    ("GET", f"/{uuid4()}/reference/{uuid4()}", _COOKIE, None),
    ("PUT", f"/storage/uploads/{_PLACE}?signature=x", {}, None),
    ("POST", f"/widget/{_PLACE}/token/", {"Origin": "https://example.org"}, {}),
    ("POST", "/api/v1/auth/login/", {}, {"email": "ada@example.org", "password": "a long password"}),
    ("POST", "/o/register/", {}, {"client_name": "x", "redirect_uris": ["http://127.0.0.1/x"]}),
]


@pytest.mark.usefixtures("quick")
async def test_without_the_database_nobody_is_told_that_the_server_is_broken(
    tmp_path: Any, unused_tcp_port: int
) -> None:
    """Authentication asks the database first: 503, and when to try again."""
    url = f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/nothing"
    database = Database(url)
    settings, closing = make_settings(url, tmp_path), AsyncExitStack()
    turns = SimpleNamespace(is_closing=False)
    held = SimpleNamespace(
        settings=settings, database=database, turns=turns, closing=closing, loops=Supervisor(), placement=None
    )
    app = create_app(held)  # type: ignore[arg-type]
    async with closing, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        for method, path, headers, body in _DOORS:
            answer = await http.request(method, path, headers=headers, json=body)
            assert (answer.status_code, path) == (503, path)
            told = answer.json()
            error = told["error"] if path.startswith("/v1/") else told  # there in OpenAI's shape
            assert error["code"] == "database_unavailable", path
            assert answer.headers["retry-after"], path
    await database.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "_AWAY_SECONDS", 0.2)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "full"), "storage_full"),
        (OSError(errno.EMFILE, "too many"), "overloaded"),
        (PermissionError(errno.EACCES, "no"), "storage_denied"),
        (TimeoutError(), "timeout"),
        (psycopg.OperationalError("gone"), "database_unavailable"),
        (psycopg.errors.QueryCanceled("slow"), "timeout"),
        (outages.StandbyAway("away"), "database_unavailable"),
        (outages.UnconfirmedCommit("not confirmed"), "commit_unconfirmed"),
    ],
)
def test_each_cause_has_words_of_its_own(error: Exception, code: str) -> None:
    found = outages.explain(error)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("error", [psycopg.errors.DeadlockDetected("d"), psycopg.errors.SerializationFailure("s")])
def test_a_transaction_that_gave_way_to_another_is_run_again(error: psycopg.Error) -> None:
    assert outages.outage(error) == "database_contended"
    told = outages.explain(error)
    assert told is not None
    assert told.code == "timeout"


def test_other_system_errors_are_not_blamed_on_the_database() -> None:
    assert outages.explain(IsADirectoryError(errno.EISDIR, "a folder")) is None
    assert outages.explain(BrokenPipeError(errno.EPIPE, "pipe")) is None
