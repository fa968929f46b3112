"""Usage: what a project holds, and searches that are counted without a write for each."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from crf_api_client.client import CRFAPIClient
from sqlalchemy import select

from citewell.kit.loops import Supervisor
from citewell.metering.counter import UsageCounter
from citewell.models import RetrievalCount
from citewell.process import Process
from citewell.settings import ModelPrice
from tests.conftest import Api, until_ended
from tests.documents.test_upload import upload
from tests.samples import HANDBOOK
from tests.sse import ask, in_progress


async def stored(process: Process, project: str) -> int:
    async with process.database.read() as session:
        query = select(RetrievalCount.count).where(RetrievalCount.project_id == UUID(project))
        return sum(await session.scalars(query))


async def test_what_is_held_and_done(api: Api) -> None:
    [document] = await upload(api, {"handbook.md": HANDBOOK})
    await until_ended(api, [document["id"]])
    for kind in ("naive", "full-text-search", "hybrid-search"):
        await api.post(f"/retrieve-with-{kind}/", json={"query": "hotel"})
    searches = len(in_progress(await ask(api, "What does a hotel room cost?"), "tool_call"))
    month = f"{datetime.now(UTC):%Y-%m}"
    now = (await api.get("/usage/", params={"month": month})).json()
    ever = (await api.get("/usage/")).json()
    for usage in (now, ever):
        assert usage["total_documents_size_bytes"] == len(HANDBOOK)
        assert usage["total_documents_count"] == 1
        assert usage["retrieval_operations_count"] == 3 + searches > 3
        assert usage["playground_conversations_count"] == 1
    assert (now["month"], ever["month"], ever["month_start"], ever["month_end"]) == (month, None, None, None)
    past = (await api.get("/usage/", params={"month": "2024-12"})).json()
    assert (past["month_start"], past["month_end"]) == ("2024-12-01T00:00:00Z", "2025-01-01T00:00:00Z")
    assert past["retrieval_operations_count"] == past["total_documents_count"] == 0


async def test_the_reference_client_reads_the_usage(api: Api) -> None:
    def by_client() -> None:
        warehouses = CRFAPIClient(api.server, api.token).list_warehouses()
        [warehouse] = [found for found in warehouses if found.id == api.project]
        assert warehouse.get_usage()["total_documents_count"] == 0
        assert warehouse.get_usage("2026-01")["month"] == "2026-01"

    await asyncio.to_thread(by_client)


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "0000-01", "9999-12", "01-2026", "2026-1", "x"])
async def test_a_wrong_month_says_what_a_right_one_is(api: Api, month: str) -> None:
    answer = await api.get("/usage/", params={"month": month})
    assert answer.status_code == 400
    assert "YYYY-MM" in answer.json()["month"][0]


async def test_counts_of_many_processes_add_up(api: Api, process: Process) -> None:
    counters = [UsageCounter(process.database) for _ in range(4)]
    for counter in counters:
        for _ in range(100):
            counter.count(UUID(api.project))
    counters[0].count(uuid4())  # a project that is gone
    await asyncio.gather(*(counter.flush() for counter in counters))
    assert await stored(process, api.project) == 400


async def test_nothing_is_lost_at_shutdown(api: Api, process: Process) -> None:
    counter = UsageCounter(process.database)
    async with counter.running(Supervisor()):
        counter.count(UUID(api.project))
        assert await stored(process, api.project) == 0
    assert await stored(process, api.project) == 1


async def test_tokens_and_their_cost(process: Process, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each model by itself; the sum is known where all prices are."""
    await ask(api, "What does a hotel room cost?")
    tokens = (await api.get("/playground-conversations/")).json()["results"][0]["tokens"]
    free = (await api.get("/usage/")).json()
    [built_in] = free["models"]
    assert built_in == {
        "model": "extractive",
        "tokens_input": tokens["input"],
        "tokens_output": tokens["output"],
        "cost": 0.0,
    }
    assert tokens["total"] > 0
    assert (free["cost"], free["currency"]) == (0.0, "USD")
    process.usage.count_tokens(UUID(api.project), "openai/large", 1_000_000, 500_000)
    unknown = (await api.get("/usage/")).json()
    assert (unknown["cost"], unknown["models"][1]["cost"]) == (None, None)
    assert unknown["tokens_input"] == tokens["input"] + 1_000_000
    monkeypatch.setitem(process.settings.model_prices, "openai/large", ModelPrice(input=2, output=8))
    priced = (await api.get("/usage/", params={"month": f"{datetime.now(UTC):%Y-%m}"})).json()
    assert (priced["cost"], priced["models"][1]["cost"]) == (6.0, 6.0)
    assert (await api.get("/usage/", params={"month": "2024-12"})).json()["models"] == []


async def test_tokens_are_kept_while_the_database_is_away(
    process: Process, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = UsageCounter(process.database)
    counter.count_tokens(UUID(api.project), "openai/large", 3, 2)
    with monkeypatch.context() as away:
        away.setattr(process.database, "autocommit", _away)
        with pytest.raises(OSError, match="away"):
            await counter.flush()
    counter.count_tokens(UUID(api.project), "openai/large", 4, 5)
    await counter.flush()
    await counter.flush()
    [counted] = (await api.get("/usage/")).json()["models"]
    assert (counted["tokens_input"], counted["tokens_output"]) == (7, 7)


def _away() -> None:
    raise OSError("away")
