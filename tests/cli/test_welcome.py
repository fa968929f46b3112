"""What the greeting of a start makes."""

from uuid import UUID

from citewell.cli.welcome import demo_conversation
from citewell.process import Process
from citewell.users.repository.users import find_user
from tests.conftest import client_of


async def test_starts_leave_one_empty_conversation(process: Process, server: str) -> None:
    async with client_of(process, server, "starting@example.org") as client:
        made = await client.http.post("/api/v1/projects/", json={"name": "Demo", "business_brief": "Tests"})
        client.project = made.json()["id"]
        async with process.database.read() as session:
            owner = await find_user(session, "starting@example.org")
        assert owner is not None
        first = await demo_conversation(process, UUID(client.project), owner.id)
        second = await demo_conversation(process, UUID(client.project), owner.id)
        assert second == first
        url = f"/playground-conversations/{first}/send_message_stream/"
        (await client.post(url, json={"message": "How long?"})).raise_for_status()
        third = await demo_conversation(process, UUID(client.project), owner.id)
        assert third != first, "the first has a question by now"
