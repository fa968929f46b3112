"""Ground truths: made, read, changed and deleted, by the reference client and with what is wrong."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from crf_api_client.client import CRFAPIClient

from tests.conftest import Api

PATH = "/ground-truths/"


async def make(api: Api, **more: Any) -> dict[str, Any]:
    answer = await api.post(PATH, json={"query": "What does a room cost?", "answer": "140 EUR", **more})
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def test_the_reference_client_makes_ground_truths(api: Api) -> None:
    await asyncio.to_thread(_by_client, api)


def _by_client(api: Api) -> None:
    [warehouse] = [found for found in CRFAPIClient(api.server, api.token).list_warehouses() if found.id == api.project]
    feedback = str(uuid4())
    made = warehouse.create_ground_truth("What does a room cost?", "140 EUR", "in 2026", feedback)
    assert (made["additional_notes"], made["source_feedback_id"]) == ("in 2026", feedback)
    assert warehouse.get_ground_truth(made["id"]) == made
    changed = warehouse.update_ground_truth(made["id"], answer="150 EUR")
    assert changed["answer"] == "150 EUR"
    assert changed["additional_notes"] == "in 2026"
    plain = warehouse.create_ground_truth("And in Oslo?", "210 EUR")
    assert [row["id"] for row in warehouse.list_ground_truths()] == [plain["id"], made["id"]]
    warehouse.delete_ground_truth(made["id"])
    assert [row["id"] for row in warehouse.list_ground_truths()] == [plain["id"]]


async def test_null_takes_away_what_may_be_empty(api: Api) -> None:
    path = f"{api.base}{PATH}{(await make(api, additional_notes='x', source_feedback_id=str(uuid4())))['id']}/"
    answer = await api.http.patch(path, json={"additional_notes": None, "source_feedback_id": None})
    assert (answer.json()["additional_notes"], answer.json()["source_feedback_id"]) == ("", None)
    refused = await api.http.patch(path, json={"query": None})
    assert refused.status_code == 400
    assert list(refused.json()) == ["query"]


@pytest.mark.parametrize(
    ("field", "value"), [("query", " "), ("answer", ""), ("query", "a\0b"), ("source_feedback_id", "x"), ("answer", 5)]
)
async def test_what_is_wrong_is_named(api: Api, field: str, value: Any) -> None:
    answer = await api.post(PATH, json={"query": "Q", "answer": "A", field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


async def test_those_of_another_project_do_not_exist(api: Api, handbook: Api) -> None:
    made = await make(handbook)
    for answer in (
        await api.get(f"{PATH}{made['id']}/"),
        await api.http.patch(f"{api.base}{PATH}{made['id']}/", json={"answer": "x"}),
        await api.delete(f"{PATH}{made['id']}/"),
    ):
        assert answer.status_code in (403, 404)
    assert made["id"] not in [row["id"] for row in (await api.get(PATH)).json()["results"]]
