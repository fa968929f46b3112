"""Every operation as every kind of caller, against a matrix that a person can read. A route without a row fails."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select, update

from citewell.auth.tokens import digest
from citewell.kit.ids import new_id
from citewell.main import create_app
from citewell.models import ProjectPermission, Token, User
from citewell.runtime import Runtime
from tests.conftest import Api, client_of, token_for

# Callers, in the order of the columns below.
CALLERS = ("nobody", "revoked", "stranger", "viewer", "runner", "admin", "superuser")

# Route: the status for each caller. Bodies are left empty where a valid one would change the outcome of other rows:
# 400 then says that access was granted and the body was looked at.
# Objects in the paths exist nowhere, so 404 says the same for reading and deleting them.
MATRIX = """
route                                                             nobody revoked stranger viewer runner admin superuser
GET    /projects/                                                 401    401     200      200    200    200   200
POST   /projects/                                                 401    401     400      400    400    400   400
GET    /projects/{project_id}/                                    401    401     403      200    200    200   200
PATCH  /projects/{project_id}/                                    401    401     403      403    403    200   200
GET    /users/me/                                                 401    401     200      200    200    200   200
POST   /auth/login/                                               400    400     400      400    400    400   400
POST   /auth/register/                                            400    400     400      400    400    400   400
POST   /auth/logout/                                              401    401     204      204    204    204   204
GET    /auth/session/                                             401    401     200      200    200    200   200
POST   /auth/password/                                            401    401     400      400    400    400   400
GET    /tokens/                                                   401    401     200      200    200    200   200
POST   /tokens/                                                   401    401     400      400    400    400   400
DELETE /tokens/{token_id}/                                        401    401     404      404    404    404   404
GET    /get-token/                                                401    401     200      200    200    200   200
POST   /projects/{project_id}/documents/bulk-upload/              401    401     403      403    400    400   400
GET    /projects/{project_id}/documents/                          401    401     403      200    200    200   200
GET    /projects/{project_id}/documents/get-without-file/         401    401     403      200    200    200   200
GET    /projects/{project_id}/documents/indexing-status/          401    401     403      200    200    200   200
DELETE /projects/{project_id}/documents/{document_id}/            401    401     403      403    404    404   404
GET    /projects/{project_id}/documents/{document_id}/file/       401    401     403      404    404    404   404
GET    /projects/{project_id}/documents/{document_id}/            401    401     403      404    404    404   404
PATCH  /projects/{project_id}/documents/{document_id}/            401    401     403      403    400    400   400
POST   /projects/{project_id}/documents/{document_id}/versions/   401    401     403      403    400    400   400
GET    /projects/{project_id}/documents/{document_id}/computed-pdf-file/ 401 401 403      404    404    404   404
POST   /projects/{project_id}/documents/{document_id}/retry/      401    401     403      403    404    404   404
GET    /projects/{project_id}/documents/{document_id}/diagnosis/  401    401     403      404    404    404   404
POST   /projects/{project_id}/documents/reprocess/                401    401     403      403    200    200   200
POST   /projects/{project_id}/run-parsing/                        401    401     403      403    200    200   200
POST   /projects/{project_id}/documents/{document_id}/metadata-add/ 401  401     403      403    400    400   400
POST   /projects/{project_id}/documents/{document_id}/metadata-remove-pair/ 401 401 403   403    400    400   400
POST   /projects/{project_id}/documents/{document_id}/metadata-remove-key/ 401 401 403    403    400    400   400
GET    /projects/{project_id}/documents/{document_id}/metadata-values/ 401 401   403      400    400    400   400
POST   /projects/{project_id}/documents/filter-by-tag/            401    401     403      400    400    400   400
POST   /projects/{project_id}/documents/filter-by-metadata/       401    401     403      400    400    400   400
GET    /projects/{project_id}/available-document-tags/            401    401     403      200    200    200   200
GET    /projects/{project_id}/available-document-metadata/        401    401     403      200    200    200   200
GET    /projects/{project_id}/document-tags-by-document/          401    401     403      200    200    200   200
GET    /projects/{project_id}/document-collections/               401    401     403      200    200    200   200
POST   /projects/{project_id}/document-collections/               401    401     403      403    400    400   400
PATCH  /projects/{project_id}/document-collections/{slug}/        401    401     403      403    400    400   400
DELETE /projects/{project_id}/document-collections/{slug}/        401    401     403      403    404    404   404
POST   /projects/{project_id}/document-collections/{slug}/move-documents/ 401 401 403     403    400    400   400
POST   /projects/{project_id}/documents/generate-presigned-upload-url/ 401 401   403      403    400    400   400
POST   /projects/{project_id}/documents/confirm-upload/           401    401     403      403    400    400   400
HEAD   /storage/uploads/{project_id}/{upload_id}                  403    403     403      403    403    403   403
PUT    /storage/uploads/{project_id}/{upload_id}                  403    403     403      403    403    403   403
POST   /projects/{project_id}/retrieve-with-naive/                401    401     403      400    400    400   400
POST   /projects/{project_id}/retrieve-with-full-text-search/     401    401     403      400    400    400   400
POST   /projects/{project_id}/retrieve-with-hybrid-search/        401    401     403      400    400    400   400
GET    /projects/{project_id}/pipeline-runs/                      401    401     403      200    200    200   200
GET    /projects/{project_id}/pipeline-runs/{pipeline_run_id}/    401    401     403      404    404    404   404
POST   /projects/{project_id}/pipeline-runs/{pipeline_run_id}/abort/ 401 401 403 403 404 404 404
GET    /projects/{project_id}/agent-settings/                     401    401     403      200    200    200   200
GET    /projects/{project_id}/agent-settings/{agent_settings_id}/ 401    401     403      404    404    404   404
POST   /projects/{project_id}/agent-settings/                     401    401     403      403    403    400   400
PUT    /projects/{project_id}/agent-settings/{agent_settings_id}/ 401    401     403      403    403    400   400
DELETE /projects/{project_id}/agent-settings/{agent_settings_id}/ 401    401     403      403    403    404   404
GET    /projects/{project_id}/tools/                              401    401     403      200    200    200   200
POST   /projects/{project_id}/tools/                              401    401     403      403    403    400   400
GET    /projects/{project_id}/tools/{tool_id}/                    401    401     403      404    404    404   404
PUT    /projects/{project_id}/tools/{tool_id}/                    401    401     403      403    403    400   400
DELETE /projects/{project_id}/tools/{tool_id}/                    401    401     403      403    403    404   404
GET    /projects/{project_id}/tools/{tool_id}/parameters/         401    401     403      404    404    404   404
POST   /projects/{project_id}/tools/{tool_id}/run/                401    401     403      404    404    404   404
GET    /projects/{project_id}/playground-conversations/           401    401     403      200    200    200   200
POST   /projects/{project_id}/playground-conversations/           401    401     403      400    400    400   400
GET    /projects/{project_id}/playground-conversations/{conversation_id}/ 401 401 403     404    404    404   404
DELETE /projects/{project_id}/playground-conversations/{conversation_id}/ 401 401 403     404    404    404   404
POST   /projects/{project_id}/playground-conversations/{conversation_id}/send_message_stream/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/playground-conversations/{conversation_id}/turns/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/playground-conversations/{conversation_id}/turns/{query_id}/events/ 401 401 403 404 404 404 404
POST   /projects/{project_id}/playground-conversations/{conversation_id}/turns/{query_id}/cancel/ 401 401 403 404 404 404 404
GET    /register                                                  200    200     200      200    200    200   200
GET    /docs                                                      200    200     200      200    200    200   200
GET    /docs/{name:path}                                          404    404     404      404    404    404   404
GET    /llms.txt                                                  200    200     200      200    200    200   200
GET    /projects/{project_id}/playground-conversations/all-tags/ 401 401 403 200 200 200 200
POST   /projects/{project_id}/playground-conversations/{conversation_id}/unarchive/ 401 401 403 404 404 404 404
POST   /projects/{project_id}/playground-conversations/{conversation_id}/permanent_delete/ 401 401 403 404 404 404 404
POST   /projects/{project_id}/playground-conversations/{conversation_id}/share/ 401 401 403 404 404 404 404
POST   /projects/{project_id}/playground-conversations/{conversation_id}/unshare/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/feedbacks/ 401 401 403 200 200 200 200
POST   /projects/{project_id}/feedbacks/ 401 401 403 400 400 400 400
GET    /projects/{project_id}/feedbacks/grouped_by_conversation/ 401 401 403 200 200 200 200
GET    /projects/{project_id}/feedbacks/counts/ 401 401 403 200 200 200 200
POST   /projects/{project_id}/feedbacks/mark_conversation_reviewed/ 401 401 403 400 400 400 400
PATCH  /projects/{project_id}/feedbacks/{feedback_id}/ 401 401 403 404 404 404 404
DELETE /projects/{project_id}/feedbacks/{feedback_id}/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/signals/ 401 401 403 200 200 200 200
POST   /projects/{project_id}/signals/ 401 401 403 400 400 400 400
PATCH  /projects/{project_id}/signals/{signal_id}/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/notifications/ 401 401 403 200 200 200 200
POST   /projects/{project_id}/notifications/mark-all-as-read/ 401 401 403 200 200 200 200
POST   /projects/{project_id}/notifications/delete-read/ 401 401 403 200 200 200 200
GET    /projects/{project_id}/notifications/{notification_id}/ 401 401 403 404 404 404 404
DELETE /projects/{project_id}/notifications/{notification_id}/ 401 401 403 404 404 404 404
POST   /projects/{project_id}/notifications/{notification_id}/mark-as-read/ 401 401 403 404 404 404 404
POST   /projects/{project_id}/notifications/{notification_id}/mark-as-unread/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/users/ 401 401 403 403 403 200 200
POST   /projects/{project_id}/users/remove-by-email/ 401 401 403 403 403 400 400
PATCH  /projects/{project_id}/users/{permission_id}/ 401 401 403 403 403 404 404
DELETE /projects/{project_id}/users/{permission_id}/ 401 401 403 403 403 404 404
GET    /projects/{project_id}/invites/ 401 401 403 403 403 200 200
POST   /projects/{project_id}/invites/invite/ 401 401 403 403 403 400 400
DELETE /projects/{project_id}/invites/{invite_id}/ 401 401 403 403 403 404 404
GET    /projects/{project_id}/audit-log/ 401 401 403 403 403 200 200
GET    /audit-log/ 401 401 403 403 403 403 200
GET    /projects/{project_id}/local-documents/                    401    401     403      200    200    200   200
POST   /projects/{project_id}/local-documents/bulk-upload/        401    401     403      400    400    400   400
POST   /projects/{project_id}/agent-settings/{agent_settings_id}/local-documents/bulk-upload/ 401 401 403 403 403 404 404
GET    /projects/{project_id}/agent-settings/{agent_settings_id}/local-documents/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/agent-settings/{agent_settings_id}/local-documents/{document_id}/file/ 401 401 403 404 404 404 404
DELETE /projects/{project_id}/agent-settings/{agent_settings_id}/local-documents/{document_id}/ 401 401 403 403 403 404 404
POST   /projects/{project_id}/playground-conversations/{conversation_id}/local-documents/bulk-upload/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/playground-conversations/{conversation_id}/local-documents/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/playground-conversations/{conversation_id}/local-documents/{document_id}/file/ 401 401 403 404 404 404 404
DELETE /projects/{project_id}/playground-conversations/{conversation_id}/local-documents/{document_id}/ 401 401 403 404 404 404 404
GET    /projects/{project_id}/ground-truths/                      401    401     403      200    200    200   200
POST   /projects/{project_id}/ground-truths/                      401    401     403      403    400    400   400
GET    /projects/{project_id}/ground-truths/{ground_truth_id}/    401    401     403      404    404    404   404
PATCH  /projects/{project_id}/ground-truths/{ground_truth_id}/    401    401     403      403    404    404   404
DELETE /projects/{project_id}/ground-truths/{ground_truth_id}/    401    401     403      403    404    404   404
GET    /projects/{project_id}/usage/                              401    401     403      200    200    200   200
GET    /{project_id}/reference/{chunk_id}                         401    401     403      404    404    404   404
GET    /{project_id}/reference/{chunk_id}/page/{number}           401    401     403      404    404    404   404
GET    /{project_id}/reference/{chunk_id}/file                    401    401     403      404    404    404   404
POST   /{project_id}/reference/{chunk_id}                         401    401     401      401    401    401   401
DELETE /projects/{project_id}/                                    401    401     403      403    403    204   404
"""

VALID_BODIES = {"/send_message_stream/": {"message": "What does a hotel room cost?"}}


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    statuses: tuple[int, ...]


def rows() -> list[Row]:
    lines = [line.split() for line in MATRIX.strip().splitlines()[1:]]
    return [Row(method, path, tuple(int(status) for status in statuses)) for method, path, *statuses in lines]


def test_every_route_has_a_row(runtime: Runtime, server: str) -> None:
    routes = {
        (method, route.path.removeprefix("/api/v1"))
        for route in iter_route_contexts(create_app(runtime).routes)
        for method in route.methods or ()
        if not route.path.endswith("/openapi.json")
    }
    assert routes == {(row.method, row.path) for row in rows()}


@pytest.fixture
async def tokens(runtime: Runtime, api: Api) -> dict[str, str | None]:
    """A token for each kind of caller, towards the project of `api`."""
    made: dict[str, str | None] = {"nobody": None}
    for caller in CALLERS[1:]:
        made[caller] = await token_for(runtime, f"{caller}-{new_id().hex}@example.org", superuser=caller == "superuser")
    await _revoke(runtime, made["revoked"])
    await _grant(runtime, api, made["viewer"], ["CAN_VIEW_DATA"])
    await _grant(runtime, api, made["runner"], ["CAN_VIEW_DATA", "CAN_RUN_TASKS"])
    await _grant(runtime, api, made["admin"], ["CAN_PERFORM_ADMIN_ACTIONS"])
    return made


async def test_matrix(api: Api, tokens: dict[str, str | None]) -> None:
    wrong = []
    for row in rows():
        for caller, expected in zip(CALLERS, row.statuses, strict=True):
            status = await _call(api, row, tokens[caller])
            if status != expected:
                wrong.append(f"{row.method} {row.path} as {caller}: {status}, expected {expected}")
    assert not wrong, "\n".join(wrong)


async def test_an_unknown_project_is_401_without_a_token_and_404_with_one(api: Api) -> None:
    path = f"/api/v1/projects/{uuid4()}/documents/"
    async with httpx.AsyncClient(base_url=api.server) as nobody:
        assert (await nobody.get(path)).status_code == 401
    assert (await api.http.get(path)).status_code == 404


async def test_objects_of_another_project_are_404(runtime: Runtime, server: str, handbook: Api, api: Api) -> None:
    """With the id of an object that exists elsewhere, as somebody who may see both projects."""
    async with client_of(runtime, server, f"{new_id().hex}@example.org", superuser=True) as both:
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


async def test_conversations_of_others_are_hidden_unless_shared(runtime: Runtime, server: str, api: Api) -> None:
    agent = (await api.get("/agent-settings/")).json()["results"][0]["id"]
    talk = (await api.post("/playground-conversations/", json={"agent_settings": agent})).json()["id"]
    async with client_of(runtime, server, f"{new_id().hex}@example.org") as other:
        other.project = api.project
        await _grant(runtime, api, other.token, ["CAN_VIEW_DATA"])
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
    async with httpx.AsyncClient(base_url=server, headers=headers) as http:
        answer = await http.get("/api/v1/projects/")
    assert answer.status_code == 401
    assert reason in answer.json()["error"]


async def test_both_header_forms(api: Api) -> None:
    for scheme in ("Bearer", "Token", "bearer"):
        answer = await api.http.get("/api/v1/users/me/", headers={"Authorization": f"{scheme} {api.token}"})
        assert answer.status_code == 200


async def test_an_expired_token(runtime: Runtime, api: Api) -> None:
    async with runtime.database.begin() as session:
        user = (await api.http.get("/api/v1/users/me/")).json()["id"]
        yesterday = func.now() - func.make_interval(0, 0, 0, 1)
        await session.execute(update(Token).where(Token.user_id == UUID(user)).values(expires_at=yesterday))
    answer = await api.http.get("/api/v1/users/me/")
    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]


async def test_only_a_hash_of_the_token_is_stored(runtime: Runtime, api: Api) -> None:
    async with runtime.database.sessions() as session:
        stored = [bytes(value) for value in await session.scalars(select(Token.hash))]
    assert stored
    assert all(len(value) == 32 and api.token.encode() not in value for value in stored)


async def _call(api: Api, row: Row, token: str | None) -> int:
    path = row.path.replace("{project_id}", api.project).replace("{query_id}", "0").replace("{number}", "1")
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + str(uuid4()) + path[end + 1 :]
    prefix = (
        "" if "reference" in path or path.startswith(("/storage/", "/docs", "/llms.txt", "/register")) else "/api/v1"
    )
    body: Any = next((body for ending, body in VALID_BODIES.items() if path.endswith(ending)), {})
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    more = {} if row.method in ("GET", "DELETE") or "bulk-upload" in path or not prefix else {"json": body}
    async with httpx.AsyncClient(base_url=api.server, headers=headers) as http:
        return (await http.request(row.method, f"{prefix}{path}", **more)).status_code


async def _revoke(runtime: Runtime, token: str | None) -> None:
    async with runtime.database.begin() as session:
        values = {"revoked_at": func.now()}
        await session.execute(update(Token).where(Token.hash == digest(token or "")).values(**values))


async def _grant(runtime: Runtime, api: Api, token: str | None, permissions: list[str]) -> None:
    async with runtime.database.begin() as session:
        query = select(User.id).join(Token, Token.user_id == User.id).where(Token.hash == digest(token or ""))
        user_id = (await session.scalars(query)).one()
        session.add(ProjectPermission(project_id=UUID(api.project), user_id=user_id, permissions=permissions))
