"""The public client, unchanged, for what concerns people: conversations, feedback, members, settings; and retrieval."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from crf_api_client.client import CRFAPIClient
from crf_api_client.exception import CRFAPIError
from crf_api_client.warehouse import Warehouse

from citewell.process import Process
from tests.conftest import Api, token_for
from tests.ingestion.files import new_pdf, pdf_bytes
from tests.samples import SAMPLES

_SETTINGS: dict[str, Any] = {
    "business_brief": "How we travel",
    "default_llm_model": "extractive",
    "reducto_parsing_options": {"ocr": "standard"},
    "push_to_graph_options": {"batch": 5},
    "default_chunking_maximum_chunk_size": 2000,
    "default_chunking_minimum_chunk_size": 100,
    "default_chunking_page_as_separator": True,
    "default_chunking_title_section_separator_mode": "title",
    "default_chunking_excluded_block_types": ["footer"],
    "max_fetchable_objects": 50,
    "all_queries": ["What does a room cost?"],
    "reasoning_workflows": ["Look at the rules first."],
    "ontology": {"classes": ["Trip"]},
}
_QUERY = "How much may a hotel room cost in Oslo?"


@pytest.fixture
async def client(process: Process, server: str) -> CRFAPIClient:
    return CRFAPIClient(server, await token_for(process, "person@example.org"))


@pytest.fixture
async def warehouse(client: CRFAPIClient) -> Warehouse:
    return await blocking(client.create_warehouse, "People", brief="Travel")


async def blocking(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """The client blocks, and the server runs on this loop."""
    return await asyncio.to_thread(call, *arguments, **named)


async def test_settings_are_read_back_as_attributes(client: CRFAPIClient, warehouse: Warehouse) -> None:
    await blocking(warehouse.update_settings, **_SETTINGS)
    found = await blocking(client.get_warehouse, warehouse.id)
    assert {name: getattr(found, name) for name in _SETTINGS} == _SETTINGS


async def test_members_and_invites(client: CRFAPIClient, warehouse: Warehouse, process: Process) -> None:
    await token_for(process, "known@example.org")

    def people() -> None:
        assert warehouse.invite_user("known@example.org", ["CAN_VIEW_DATA"])["type"] == "existing_user"
        assert warehouse.invite_user("unknown@example.org")["type"] == "new_user"
        with pytest.raises(CRFAPIError):
            warehouse.invite_user("unknown@example.org")
        [pending] = warehouse.list_invites()
        assert pending["email"] == "unknown@example.org"
        warehouse.delete_invite(pending["id"])
        assert warehouse.list_invites() == []
        members = {row["user"]["email"]: row["id"] for row in warehouse.list_users()}
        assert set(members) == {"person@example.org", "known@example.org"}
        warehouse.remove_user(members["known@example.org"])
        with pytest.raises(CRFAPIError):
            warehouse.remove_user(members["person@example.org"])
        assert len(warehouse.list_users()) == 1

    await blocking(people)


class _Judge:
    """Stands for the OpenAI client that users of the reference client bring along."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.responses = self

    def parse(self, *, model: str, input: list[dict[str, str]], text_format: Any) -> Any:
        self.asked.append(input[-1]["content"])
        known = {"question": "Who pays?", "groundtruth": "The tenant.", "additional_notes": ""}
        values = {name: known.get(name) for name in text_format.model_fields}
        return SimpleNamespace(output_parsed=text_format.model_construct(**values))


async def test_conversations_and_feedback(client: CRFAPIClient, warehouse: Warehouse) -> None:
    def talk() -> None:
        [settings] = warehouse.list_agent_settings()
        agent = warehouse.get_playground_agent(settings["id"])
        made = agent.create_conversation("Answer in one sentence.")
        assert agent.get_conversation_instructions(made["id"]) == "Answer in one sentence."
        agent.send_message(made["id"], "Who pays?")
        original, again = agent.replay_conversation(made["id"])
        assert warehouse.get_conversation(made["id"]) == original
        asked = [
            [entry["content"] for entry in one["chat_history"] if entry["role"] == "user"] for one in (original, again)
        ]
        assert asked == [["Who pays?"], ["Who pays?"]]
        assert again["conversation_instructions"] == "Answer in one sentence."
        judge = _Judge()
        template = "{user_query} | {original_response} | {new_response}"
        [drift] = agent.compare_conversation(original, again, judge, prompt_template=template, system_prompt="Compare.")
        assert (drift.original_conversation_id, drift.new_conversation_id) == (made["id"], again["id"])
        assert drift.original_response == drift.new_response != ""
        assert drift.new_response in judge.asked[0]

        given = {"conversation_id": made["id"], "query_id": 0, "source": "PlaygroundConversation"}
        address = f"{client.base_url}/api/v1/projects/{warehouse.id}/feedbacks/"
        answer = requests.post(
            address,
            json={"context": given, "feedback": "Too short"},
            headers={"Authorization": f"Token {client.token}"},
        )
        assert answer.status_code == 201, answer.text
        [feedback] = warehouse.list_feedbacks()
        assert (feedback.feedback, feedback.user_message) == ("Too short", "Who pays?")
        assert warehouse.update_feedback(feedback.id, "reviewed")["status"] == "reviewed"
        assert warehouse.list_feedbacks() == []
        assert [found.id for found in warehouse.list_feedbacks("reviewed")] == [feedback.id]
        [truth] = warehouse.create_ground_truths_from_feedbacks([SimpleNamespace(feedback=feedback)], judge, "Extract.")
        assert "Too short" in judge.asked[1]
        kept = warehouse.create_ground_truth(**truth.model_dump())
        assert (kept["answer"], kept["source_feedback_id"]) == ("The tenant.", feedback.id)

        assert {found["id"] for found in warehouse.list_conversations()} == {made["id"], again["id"]}
        warehouse.delete_conversation(made["id"])
        assert [found["id"] for found in warehouse.list_conversations()] == [again["id"]]

    await blocking(talk)


async def test_large_uploads_and_runs(warehouse: Warehouse, tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    pdf.multi_cell(0, 12, "Employees travel by train.")
    path = tmp_path / "rules.pdf"
    path.write_bytes(pdf_bytes(pdf))

    def upload() -> None:
        done = warehouse.upload_document_large(str(path))
        task = warehouse.get_task(done["pipeline_run_id"])
        assert task.wait_for_completion()["status"] == "completed"
        assert task.abort()["status"] == "completed", "a run that has ended stays as it is"
        changed = warehouse.update_document_computed_pdf(done["document"]["id"], str(path))
        assert changed["computed_pdf_file"]

    await blocking(upload)


async def test_the_reference_client_searches_in_each_way(client: CRFAPIClient, handbook: Api, process: Process) -> None:
    reader = CRFAPIClient(handbook.server, handbook.token)
    warehouse = await blocking(reader.get_warehouse, handbook.project)

    def search() -> None:
        ids = {row["name"]: row["id"] for row in warehouse.list_documents_without_file()}
        assert set(SAMPLES) <= set(ids)
        for retrieve in (
            warehouse.retrieve_with_semantic_search,
            warehouse.retrieve_with_full_text_search,
            warehouse.retrieve_with_hybrid_search,
        ):
            assert "handbook.md" in [found["name"] for found in retrieve(_QUERY)], retrieve
            # As the client's own documentation has it: documents are objects with an id.
            chosen = [{"id": ids["prices.html"]}]
            assert {found["name"] for found in retrieve("cost", selected_documents=chosen)} <= {"prices.html"}, retrieve
        for generate in (
            warehouse.generate_answer_with_semantic_search,
            warehouse.generate_answer_with_full_text_search,
            warehouse.generate_answer_with_hybrid_search,
        ):
            assert "210 EUR" in str(generate(_QUERY, None)), generate

    await blocking(search)
