"""Every operation as every kind of caller, against a matrix that a person can read. A route without a row fails."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select, update

from citewell.auth.tokens import digest
from citewell.kit.ids import new_id
from citewell.models import Token
from citewell.process import Process
from tests.conftest import Api, client_of, grant, token_for

MATRIX = Path(__file__).with_name("routes.txt")
# Who calls. `removed` was a member once; `pretender` names a viewer in X-Impersonate-Email without being allowed to;
# `impersonator` may, and has no more than a viewer's permissions of their own.
CALLERS = MATRIX.read_text().splitlines()[0].split()[2:]

VALID_BODIES = {"/send_message_stream/": {"message": "What does a hotel room cost?"}}


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    statuses: tuple[int, ...]


def rows() -> list[Row]:
    """Bodies are left empty where a valid one would change the outcome of other rows: 400 then says that access was
    granted and the body was looked at. Objects in the paths exist nowhere, so 404 says the same of them; those that do
    exist have a table of their own, `objects.txt`."""
    lines = [line.split() for line in MATRIX.read_text().splitlines()[1:]]
    return [Row(method, path, tuple(int(status) for status in statuses)) for method, path, *statuses in lines]


def addresses(application: FastAPI) -> set[tuple[str, str]]:
    """Method and path of every route; a route that takes any method counts as the three that it tells apart."""
    return {
        (method, route.path)
        for route in iter_route_contexts(application.routes)
        for method in route.methods or ("GET", "POST", "DELETE")
        if not route.path.endswith("/openapi.json")
    }


def test_every_route_has_a_row(application: FastAPI) -> None:
    routes = {(method, path.removeprefix("/api/v1")) for method, path in addresses(application)}
    assert routes == {(row.method, row.path) for row in rows()}


@pytest.fixture
async def tokens(process: Process, api: Api) -> dict[str, str | None]:
    """A token for each kind of caller, towards the project of `api`."""
    made: dict[str, str | None] = {"nobody": None}
    for caller in CALLERS[1:]:
        made[caller] = await token_for(process, f"{caller}-{new_id().hex}@example.org", superuser=caller == "superuser")
    await _revoke(process, made["revoked"])
    await grant(process, api, made["viewer"], ["CAN_VIEW_DATA"])
    await grant(process, api, made["runner"], ["CAN_VIEW_DATA", "CAN_RUN_TASKS"])
    await grant(process, api, made["admin"], ["CAN_PERFORM_ADMIN_ACTIONS"])
    await grant(process, api, made["pretender"], ["CAN_VIEW_DATA"])
    await grant(process, api, made["impersonator"], ["CAN_VIEW_DATA", "CAN_IMPERSONATE_OTHER_USERS"])
    await grant(process, api, made["removed"], ["CAN_VIEW_DATA"])
    removed = {"email": (await _me(api, made["removed"]))["email"]}
    assert (await api.post("/users/remove-by-email/", json=removed)).status_code == 204
    return made


async def _me(api: Api, token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return (await api.http.get("/api/v1/users/me/", headers=headers)).json()


@pytest.mark.parametrize("caller", CALLERS)
async def test_each_route_answers_a_caller_as_the_table_says(
    application: FastAPI, api: Api, tokens: dict[str, str | None], caller: str
) -> None:
    """Every route as one caller."""
    headers = {"Authorization": f"Bearer {tokens[caller]}"} if tokens[caller] else {}
    if caller in ("pretender", "impersonator"):
        headers["X-Impersonate-Email"] = (await _me(api, tokens["viewer"]))["email"]
    known = addresses(application)
    wrong = []
    async with httpx.AsyncClient(base_url=api.server, headers=headers, timeout=60) as http:
        # The project goes last: without it, every address of it is 404.
        for row in sorted(rows(), key=lambda row: (row.method, row.path) == ("DELETE", "/projects/{project_id}/")):
            expected = row.statuses[CALLERS.index(caller)]
            path = f"/api/v1{row.path}" if (row.method, f"/api/v1{row.path}") in known else row.path
            status = await _call(http, row.method, path, api.project)
            if status != expected:
                wrong.append(f"{row.method} {row.path}: {status}, expected {expected}")
    assert not wrong, "\n".join(wrong)


async def test_an_unknown_project_is_401_without_a_token_and_404_with_one(api: Api) -> None:
    path = f"/api/v1/projects/{uuid4()}/documents/"
    async with httpx.AsyncClient(base_url=api.server, timeout=60) as nobody:
        assert (await nobody.get(path)).status_code == 401
    assert (await api.http.get(path)).status_code == 404


async def test_objects_of_another_project_are_404(process: Process, server: str, handbook: Api, api: Api) -> None:
    """With the id of an object that exists elsewhere, as somebody who may see both projects."""
    async with client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as both:
        both.project = handbook.project
        document = (await both.get("/documents/")).json()["results"][0]["id"]
        run = (await both.get("/pipeline-runs/")).json()["results"][0]["id"]
        agent = (await both.get("/agent-settings/")).json()["results"][0]["id"]
        talk = (await both.post("/playground-conversations/", json={"agent_settings": agent})).json()["id"]
        both.project = api.project
        for path in (
            f"/documents/{document}/file/",
            f"/documents/{document}/",
            f"/documents/{document}/diagnosis/",
            f"/documents/{document}/metadata-values/?key=a",
            f"/pipeline-runs/{run}/",
            f"/agent-settings/{agent}/",
            f"/playground-conversations/{talk}/",
        ):
            assert (await both.get(path)).status_code == 404, path
        sent = await both.post(f"/playground-conversations/{talk}/send_message_stream/", json={"message": "Hello?"})
        assert sent.status_code == 404
        created = await both.post("/playground-conversations/", json={"agent_settings": agent})
        assert created.status_code == 400
        assert "agent_settings" in created.json()
        assert (await both.delete(f"/documents/{document}/")).status_code == 404


async def test_conversations_of_others_are_hidden_unless_shared(process: Process, server: str, api: Api) -> None:
    agent = (await api.get("/agent-settings/")).json()["results"][0]["id"]
    talk = (await api.post("/playground-conversations/", json={"agent_settings": agent})).json()["id"]
    async with client_of(process, server, f"{new_id().hex}@example.org") as other:
        other.project = api.project
        await grant(process, api, other.token, ["CAN_VIEW_DATA"])
        assert (await other.get("/playground-conversations/")).json()["count"] == 0
        assert (await other.get(f"/playground-conversations/{talk}/")).status_code == 404


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "not provided"),
        ("Bearer", "malformed"),
        ("Basic abc", "malformed"),
        ("Bearer a b", "malformed"),
        ("Bearer cw_wrong", "not valid"),
        ("Token cw_wrong", "not valid"),
    ],
)
async def test_wrong_credentials(server: str, header: str | None, reason: str) -> None:
    headers = {"Authorization": header} if header else {}
    async with httpx.AsyncClient(base_url=server, headers=headers, timeout=60) as http:
        answer = await http.get("/api/v1/projects/")
    assert answer.status_code == 401
    assert reason in answer.json()["error"]


async def test_both_header_forms(api: Api) -> None:
    for scheme in ("Bearer", "Token", "bearer"):
        answer = await api.http.get("/api/v1/users/me/", headers={"Authorization": f"{scheme} {api.token}"})
        assert answer.status_code == 200


async def test_an_expired_token(process: Process, api: Api) -> None:
    async with process.database.write() as session:
        user = (await api.http.get("/api/v1/users/me/")).json()["id"]
        yesterday = func.now() - func.make_interval(0, 0, 0, 1)
        await session.execute(update(Token).where(Token.user_id == UUID(user)).values(expires_at=yesterday))
    answer = await api.http.get("/api/v1/users/me/")
    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]


async def test_only_a_hash_of_the_token_is_stored(process: Process, api: Api) -> None:
    async with process.database.read() as session:
        stored = [bytes(value) for value in await session.scalars(select(Token.hash))]
    assert stored
    assert all(len(value) == 32 and api.token.encode() not in value for value in stored)


async def _call(http: httpx.AsyncClient, method: str, path: str, project: str) -> int:
    path = (
        path.replace("{project_id}", project)
        .replace("{query_id}", "0")
        .replace("{number}", "1")
        .replace("{kind}", "document")
    )
    path = re.sub(r"\{\w+(:path)?\}", lambda _: str(uuid4()), path)
    more: Any = {}
    takes_json = path.startswith(("/api/", "/v1/", "/mcp")) and "bulk-upload" not in path
    if method in ("POST", "PUT", "PATCH") and takes_json:
        more["json"] = next((body for ending, body in VALID_BODIES.items() if path.endswith(ending)), {})
    async with http.stream(method, path, **more) as answer:
        http.cookies.clear()
        return answer.status_code


async def _revoke(process: Process, token: str | None) -> None:
    async with process.database.write() as session:
        values = {"revoked_at": func.now()}
        await session.execute(update(Token).where(Token.hash == digest(token or "")).values(**values))
