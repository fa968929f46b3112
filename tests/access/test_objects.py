"""Operations on objects that exist, as everybody whom they concern: `objects.txt`.

`owner` is a viewer of the project who made the object, or whom it is for; `elsewhere` is the admin of another project,
who names the object under their own.
"""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from citewell.kit.ids import new_id
from citewell.notifications.service import Note, notify
from citewell.process import Process
from tests.conftest import Api, client_of, grant
from tests.sse import ask, new_conversation

TABLE = Path(__file__).with_name("objects.txt")
CALLERS = TABLE.read_text().splitlines()[0].split()[3:]
VIEW, RUN, ADMIN = "CAN_VIEW_DATA", "CAN_RUN_TASKS", "CAN_PERFORM_ADMIN_ACTIONS"
BODIES: dict[str, dict[str, Any]] = {
    "/send_message_stream/": {"json": {"message": "Who pays?"}},
    "/bulk-upload/": {"files": [("files", ("note.txt", b"Some text."))]},
    "/metadata-add/": {"json": {"key": "year", "value": "2023"}},
    "/data-operations/": {"json": {"operation": "read"}},
    "PATCH /extraction-flows/{id}/": {"json": {"name": "Reports"}},
    "POST /interviews/{id}/messages/": {"json": {}},
    "PATCH /object-extractors/{id}/": {"json": {"name": "Another"}},
    "/set-default-version/": {"json": {"version_id": "01a00000-0000-7000-8000-000000000000"}},
    "PATCH /playground-conversations/{id}/": {"json": {"name": "Another"}},
    "/run/": {"json": {"query": "1 + 1"}},
    "PATCH /feedbacks/{id}/": {"json": {"feedback": "better"}},
    "PATCH /signals/{id}/": {"json": {"feedback": "better"}},
    "PATCH /users/{id}/": {"json": {"profile": "user"}},
    "PUT /agent-settings/{id}/": {"json": {"name": "Another", "tools": []}},
    "PUT /tools/{id}/": {"json": {"name": "sums", "tool_type": "math"}},
    "PATCH /document-sources/{id}/": {"json": {"name": "Another"}},
    "PATCH /webhooks/{id}/": {"json": {"description": "Another"}},
    "PATCH /widgets/{id}/": {"json": {"name": "Another"}},
    "PATCH /ground-truths/{id}/": {"json": {"answer": "43"}},
    "POST /feedbacks/{id}/ground-truth/": {"json": {"answer": "The tenant."}},
}


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    kind: str
    statuses: dict[str, int]


def rows() -> list[Row]:
    found = []
    for line in TABLE.read_text().splitlines()[1:]:
        method, path, kind, *statuses = line.split()
        found.append(Row(method, path, kind, dict(zip(CALLERS, map(int, statuses), strict=True))))
    return found


@dataclass
class Cast:
    """The clients of those who call, and makers of objects by kind."""

    process: Process
    admin: Api
    callers: dict[str, Api]

    @property
    def owner(self) -> Api:
        return self.callers["owner"]

    async def talk(self) -> str:
        return await new_conversation(self.owner)

    async def shared_talk(self) -> str:
        talk = await self.talk()
        assert (await self.owner.post(f"/playground-conversations/{talk}/share/")).status_code == 200
        return talk

    async def archived_talk(self) -> str:
        talk = await self.talk()
        assert (await self.owner.delete(f"/playground-conversations/{talk}/")).status_code == 204
        return talk

    async def asked_talk(self) -> str:
        talk = await self.talk()
        await ask(self.owner, "Who pays?", talk)
        return talk

    async def feedback(self) -> str:
        context = {"conversation_id": await self.asked_talk(), "query_id": 0, "source": "PlaygroundConversation"}
        return await made(self.owner, "/feedbacks/", context=context)

    async def signal(self) -> str:
        return await made(self.owner, "/signals/", context={})

    async def notification(self) -> str:
        me = (await self.owner.http.get("/api/v1/users/me/")).json()["id"]
        async with self.process.database.write() as session:
            await notify(
                session,
                UUID(self.owner.project),
                UUID(me),
                Note("project_invite", "Title", "", "project_invite", {}, "", ""),
            )
        return str((await self.owner.get("/notifications/")).json()["results"][0]["id"])

    async def member(self) -> str:
        email = f"{new_id().hex}@example.org"
        async with client_of(self.process, self.admin.server, email) as member:
            await grant(self.process, self.admin, member.token, [VIEW])
        return str((await self.admin.get("/users/", params={"search": email})).json()["results"][0]["id"])

    async def invite(self) -> str:
        return await made(self.admin, "/invites/invite/", email=f"{new_id().hex}@example.org", permissions=[VIEW])

    async def agent(self) -> str:
        return await made(self.admin, "/agent-settings/", name=new_id().hex, tools=[])

    async def tool(self) -> str:
        return await made(self.admin, "/tools/", name=new_id().hex, tool_type="math")

    async def ground_truth(self) -> str:
        return await made(self.admin, "/ground-truths/", query="6 * 7?", answer="42")

    async def evaluation(self) -> str:
        truth = await self.ground_truth()
        run = await made(self.admin, "/evaluation-runs/", ground_truths=[truth], name=new_id().hex)
        assert (await self.admin.post(f"/evaluation-runs/{run}/stop/")).status_code == 200
        return run

    async def webhook(self) -> str:
        return await made(self.admin, "/webhooks/", url="https://hooks.example.org/", events=["feedback.given"])

    async def widget(self) -> str:
        origins = ["https://www.example.org"]
        return await made(self.admin, "/widgets/", name="Help", agent_settings=await self.agent(), origins=origins)

    async def source(self) -> str:
        config = {"url": "https://nowhere.invalid/feed"}
        return await made(self.admin, "/document-sources/", kind="rss", name="News", config=config)

    async def document(self) -> str:
        files = [("files", ("a.txt", new_id().hex.encode()))]
        answer = await self.admin.post("/documents/bulk-upload/", files=files, data={"skip_parsing": "true"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["id"])

    async def table(self) -> str:
        return str((await self.admin.get("/tables/")).json()["results"][0]["id"])

    async def flow(self, mode: str = "auto_publish") -> str:
        flow = (await self.admin.get("/extraction-flows/")).json()[-1]
        changed = await self.admin.patch(f"/extraction-flows/{flow['id']}/", json={"publish_mode": mode})
        assert changed.status_code == 200, changed.text
        return str(flow["id"])

    async def manual_flow(self) -> str:
        return await self.flow("manual_publish")

    async def other_flow(self) -> str:
        return await made(self.admin, "/extraction-flows/", name="Contracts")

    async def extractor(self) -> str:
        return await made(self.admin, "/object-extractors/", name="Contract")

    async def dataset(self) -> str:
        path = "/temp-datasets/generate-presigned-upload-url/"
        return str((await self.admin.post(path, json={"filename": "a.json"})).json()["temp_dataset_id"])

    async def moving(self) -> str:
        table = await made(self.admin, "/tables/", name=new_id().hex)
        version = await made(self.admin, f"/tables/{table}/versions/")
        return await made(self.admin, "/import-export-operations/", job_type="export", table_version=version)

    async def interview(self) -> str:
        me = (await self.owner.http.get("/api/v1/users/me/")).json()["id"]
        answer = await self.admin.post("/interviews/assign/", json={"assignee_ids": [me]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["id"])

    async def run(self) -> str:
        files = [("files", ("a.txt", new_id().hex.encode()))]
        assert (await self.admin.post("/documents/bulk-upload/", files=files)).status_code == 201
        return str((await self.admin.get("/pipeline-runs/")).json()["results"][0]["id"])


async def made(api: Api, path: str, **body: Any) -> str:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
async def cast(process: Process, server: str, api: Api) -> Any:
    async with contextlib.AsyncExitStack() as stack:
        callers = {}
        permissions = {"viewer": [VIEW], "owner": [VIEW], "runner": [VIEW, RUN], "admin": [ADMIN]}
        for name in CALLERS:
            email = f"{name}-{new_id().hex}@example.org"
            opened = client_of(process, server, email, superuser=name == "superuser")
            client = callers[name] = await stack.enter_async_context(opened)
            client.project = api.project
            if name in permissions:
                await grant(process, api, client.token, permissions[name])
        own = await callers["elsewhere"].http.post("/api/v1/projects/", json={"name": "Another"})
        callers["elsewhere"].project = own.json()["id"]
        yield Cast(process, api, callers)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.method} {row.path} {row.kind}")
async def test_each_caller_gets_the_status_that_the_table_names(cast: Cast, row: Row) -> None:
    make: Callable[[], Awaitable[str]] = getattr(cast, row.kind)
    found = {}
    for name, client in cast.callers.items():
        found[name] = (await call(client, row, await make())).status_code
    assert found == row.statuses


async def call(client: Api, row: Row, object_id: str) -> httpx.Response:
    wanted = f"{row.method} {row.path}"
    more = next((body for key, body in BODIES.items() if key == wanted or row.path.endswith(key)), {})
    url = f"{client.base}{row.path.replace('{id}', object_id)}"
    return await client.http.request(row.method, url, **more)
