"""The public client, unchanged, over a real socket; and the seed request, word for word."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from crf_api_client.client import CRFAPIClient
from crf_api_client.exception import CRFAPIError

from citewell.process import Process
from tests.conftest import Api, token_for
from tests.samples import SAMPLES
from tests.sse import new_conversation


@pytest.fixture
async def client(process: Process, server: str) -> CRFAPIClient:
    return CRFAPIClient(server, await token_for(process, "client@example.org"))


async def test_the_reference_client_does_the_main_job(client: CRFAPIClient, tmp_path: Path) -> None:
    # It blocks, and the server runs on this loop.
    await asyncio.to_thread(_main_job, client, tmp_path)


def _main_job(client: CRFAPIClient, folder: Path) -> None:
    warehouse = client.create_warehouse("Handbook", brief="How we travel")
    assert warehouse.business_brief == "How we travel"
    assert warehouse.default_chunking_maximum_chunk_size == 10_000
    assert warehouse.id in [found.id for found in client.list_warehouses()]

    paths = []
    for name, content in SAMPLES.items():
        (folder / name).write_bytes(content)
        paths.append(str(folder / name))
    [uploaded] = warehouse.upload_documents(paths)
    assert sorted(document["name"] for document in uploaded) == sorted(SAMPLES)
    [task] = warehouse.list_tasks()
    assert _within(240, task.wait_for_completion)["status"] == "completed"
    assert len(warehouse.list_documents()) == len(warehouse.list_documents_without_file()) == len(SAMPLES)

    [settings] = warehouse.list_agent_settings()
    agent = warehouse.get_playground_agent(settings["id"])
    talk = agent.create_conversation_and_send_message("How much may a hotel room cost in Oslo?")
    assert "210 EUR" in talk["answer"]
    answer = agent.send_message(talk["conversation_id"], "What does the Falcon Pro cost?")
    assert "420 EUR" in answer
    history = agent.get_conversation_history(talk["conversation_id"])
    spoken = [message["role"] for message in history if message["type"] == "message"]
    assert spoken == ["user", "assistant", "user", "assistant"]
    assert len(agent.list_conversations()) == 1

    assert warehouse.delete_documents([uploaded[0]["id"]]) == ["Success"]
    assert len(warehouse.list_documents()) == len(SAMPLES) - 1
    assert client.delete_warehouse(warehouse.id) == {"warehouse_deleted": True}
    with pytest.raises(CRFAPIError):
        client.delete_warehouse(warehouse.id)


def _within(seconds: float, wait: Any) -> Any:
    start = time.monotonic()
    result = wait()
    assert time.monotonic() - start < seconds
    return result


async def test_the_seed_request(handbook: Api) -> None:
    conversation = await new_conversation(handbook)
    url = f"{handbook.server}{handbook.base}/playground-conversations/{conversation}/send_message_stream/"
    token = handbook.token

    def send() -> requests.Response:
        return requests.post(
            url,
            json={"message": "What information do you have about product pricing?"},
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )

    response = await asyncio.to_thread(send)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert '"streaming_completed"' in response.text.splitlines()[-2]
    assert "prices.html" in response.text
