"""Acting as another user, and the audit log that tells of it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from citewell.process import Process
from tests.conftest import Api, client_of
from tests.contract.checking import Operation, operations
from tests.people.conftest import ADMIN, IMPERSONATE, RUN, VIEW, Join, address
from tests.people.test_feedback import give
from tests.sse import ask, new_conversation

TALKS = "/playground-conversations/"


async def audit(api: Api, **params: str) -> list[dict[str, Any]]:
    answer = await api.get("/audit-log/", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def owner_of_a_new_talk(api: Api, headers: dict[str, str]) -> UUID:
    agent = (await api.get("/agent-settings/")).json()["results"][0]["id"]
    made = await api.post(TALKS, json={"agent_settings": agent}, headers=headers)
    assert made.status_code == 201, made.text
    return UUID(made.json()["created_by"])


async def user_id(client: Api) -> UUID:
    return UUID((await client.http.get("/api/v1/users/me/")).json()["id"])


async def test_with_the_permission_one_acts_as_the_target(api: Api, join: Join) -> None:
    support, target = await join(VIEW, IMPERSONATE), await join(VIEW)
    assert await owner_of_a_new_talk(support, target.impersonation) == await user_id(target)
    listed = (await support.get(TALKS, headers=target.impersonation)).json()["results"]
    assert len(listed) == 1
    assert (await support.get(TALKS)).json()["results"] == []
    [listed_entry, created] = await audit(api, action="impersonate")
    assert (created["actor_email"], created["acting_email"]) == (support.email, target.email)
    assert created["detail"]["method"] == "POST"
    assert listed_entry["detail"]["method"] == "GET"


async def test_the_targets_permissions_hold(api: Api, join: Join) -> None:
    """An admin who acts as a viewer sees what that one sees."""
    support, target = await join(ADMIN, IMPERSONATE), await join(VIEW)
    await new_conversation(api)
    assert (await support.get(TALKS)).json()["count"] == 1
    assert (await support.get(TALKS, headers=target.impersonation)).json()["count"] == 0


@pytest.mark.parametrize("who", ["unknown", "without access", "not an address"])
async def test_a_target_that_is_none_changes_nothing(api: Api, join: Join, who: str) -> None:
    support = await join(VIEW, IMPERSONATE)
    email = {"unknown": address(), "not an address": "x" * 5000}.get(who) or (await join()).email
    assert await owner_of_a_new_talk(support, {"X-Impersonate-Email": email}) == await user_id(support)
    assert await audit(api, action="impersonate") == []


async def test_without_the_permission_the_header_is_ignored(api: Api, join: Join) -> None:
    target = await join(VIEW)
    for caller in (await join(VIEW), await join(ADMIN)):
        assert await owner_of_a_new_talk(caller, target.impersonation) == await user_id(caller)
    assert await audit(api, action="impersonate") == []


async def test_superusers_may_impersonate_and_have_the_rights_of_the_target(api: Api, join: Join) -> None:
    superuser, target = await join(superuser=True), await join(VIEW)
    await new_conversation(api)
    in_capitals = {name: email.upper() for name, email in target.impersonation.items()}
    assert await owner_of_a_new_talk(superuser, in_capitals) == await user_id(target)
    assert (await superuser.get(TALKS)).json()["count"] == 2
    assert (await superuser.get(TALKS, headers=target.impersonation)).json()["count"] == 1


async def test_operations_without_the_header_act_as_the_caller(api: Api, join: Join) -> None:
    support, target = await join(VIEW, IMPERSONATE), await join(ADMIN)
    assert (await support.get("/users/", headers=target.impersonation)).status_code == 403
    talk = await new_conversation(target)
    assert (await support.post(f"{TALKS}{talk}/share/", headers=target.impersonation)).status_code == 404


@pytest.mark.parametrize(
    "operation", [one for one in operations() if one.impersonation], ids=lambda operation: operation.name
)
async def test_every_operation_with_the_header_is_audited(api: Api, join: Join, operation: Operation) -> None:
    support, target = await join(VIEW, IMPERSONATE), await join(VIEW)
    path = operation.path.removeprefix("/projects/{project_id}")
    for name in ("conversation_id", "feedback_id", "notification_id"):
        path = path.replace("{" + name + "}", str(UUID(int=1)))
    more: dict[str, Any] = {} if operation.method in ("GET", "DELETE") else {"json": {}}
    url = f"{support.base}{path}"
    answer = await support.http.request(operation.method, url, headers=target.impersonation, **more)
    assert answer.status_code in (200, 400, 404)
    if answer.status_code != 400:  # what cannot be read is not done as anybody
        [entry] = await audit(api, action="impersonate")
        assert (entry["actor_email"], entry["acting_email"]) == (support.email, target.email)


async def test_the_audit_log_tells_what_admins_do(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    row = next(r for r in (await api.get("/users/")).json()["results"] if r["user"]["email"] == viewer.email)
    await api.patch(f"/users/{row['id']}/", json={"permissions": [ADMIN]})
    await api.post("/users/remove-by-email/", json={"email": viewer.email})
    entries = await audit(api)
    assert [entry["action"] for entry in entries[:2]] == ["user_removed", "permissions_changed"]
    assert entries[1]["detail"]["permissions"] == [ADMIN]
    assert [entry["action"] for entry in await audit(api, actor="nobody@example.org")] == []
    assert await audit(api, since="2100-01-01T00:00:00Z") == []


async def test_every_deletion_is_in_the_audit_log(api: Api, process: Process, server: str) -> None:
    files = {"files": ("x.md", b"# X")}
    [document] = (await api.post("/documents/bulk-upload/", files=files, data={"skip_parsing": "true"})).json()
    talk = await new_conversation(api)
    [local] = (await api.post(f"/playground-conversations/{talk}/local-documents/bulk-upload/", files=files)).json()
    collection = (await api.post("/document-collections/", json={"name": "Old"})).json()["slug"]
    tool = (await api.post("/tools/", json={"name": "sums", "tool_type": "math"})).json()["id"]
    agent = (await api.post("/agent-settings/", json={"name": "Old", "model": "extractive"})).json()["id"]
    truth = (await api.post("/ground-truths/", json={"query": "Who?", "answer": "Nobody."})).json()["id"]
    await ask(api, "Who pays?", talk)
    feedback = await give(api, talk, "Too short")
    deletions = {
        f"/documents/{document['id']}/": "document_deleted",
        f"/playground-conversations/{talk}/local-documents/{local['id']}/": "document_deleted",
        f"/document-collections/{collection}/": "collection_deleted",
        f"/tools/{tool}/": "tool_deleted",
        f"/agent-settings/{agent}/": "agent_deleted",
        f"/ground-truths/{truth}/": "ground_truth_deleted",
        f"/feedbacks/{feedback}/": "feedback_deleted",
        f"/playground-conversations/{talk}/": "conversation_archived",
    }
    for path, action in deletions.items():
        answer = await api.delete(path)
        assert answer.status_code == 204, (path, answer.text)
        [entry, *_] = await audit(api, action=action)
        assert entry["object_id"] == path.rstrip("/").rsplit("/", 1)[-1], path
        assert entry["actor_email"] == (await api.http.get("/api/v1/users/me/")).json()["email"]
    assert (await api.post(f"/playground-conversations/{talk}/permanent_delete/")).status_code == 204
    [entry] = await audit(api, action="conversation_deleted")
    assert entry["object_id"] == talk
    assert (await api.delete("/")).status_code == 204
    async with client_of(process, server, "root@example.org", superuser=True) as superuser:
        everything = await superuser.http.get("/api/v1/audit-log/", params={"action": "project_deleted"})
    assert api.project in [entry["object_id"] for entry in everything.json()["results"]]


async def test_the_audit_log_cannot_be_changed(process: Process, api: Api, join: Join) -> None:
    await api.post("/invites/invite/", json={"email": address(), "permissions": [VIEW]})
    for statement in ("UPDATE audit_log SET action = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(DBAPIError, match="never changed or deleted"):
            async with process.database.write() as session:
                await session.execute(text(statement))
    assert await audit(api, action="user_invited")


async def test_the_whole_audit_log_is_for_superusers(api: Api, join: Join) -> None:
    superuser = await join(superuser=True)
    assert (await api.http.get("/api/v1/audit-log/")).status_code == 403
    everything = await superuser.http.get("/api/v1/audit-log/", params={"limit": 5})
    assert len(everything.json()["results"]) <= 5


async def test_nobody_gains_rights(api: Api, join: Join) -> None:
    """A reader does not act as an admin, nor an admin as a superuser."""
    reader, support = await join(VIEW, IMPERSONATE), await join(ADMIN, IMPERSONATE)
    runner, admin, superuser = await join(VIEW, RUN), await join(ADMIN), await join(VIEW, superuser=True)
    for caller, target in ((reader, runner), (reader, admin), (reader, superuser), (support, superuser)):
        refused = await caller.get(TALKS, headers=target.impersonation)
        assert refused.status_code == 403, (caller.email, target.email)
    assert await audit(api, action="impersonate") == []
    for caller, target in ((support, runner), (support, admin), (superuser, admin)):
        assert (await caller.get(TALKS, headers=target.impersonation)).status_code == 200
