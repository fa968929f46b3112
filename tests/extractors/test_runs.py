"""Runs of extractors: nothing is made twice, corrections stay, and a model's word is checked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from citewell import devmodel
from citewell.devmodel import Recorder
from citewell.extractors.corrections import with_corrections
from citewell.kit.ids import new_id
from citewell.process import open_process
from citewell.tables.corrections import at_pointer
from tests.conftest import Api, client_of, make_settings, serving
from tests.documents.test_processing import active
from tests.extractors.test_extractors import ended

CLASS = "class Contract(BaseModel):\n    contract_number: str\n    party: str\n    value: Optional[float] = None\n"
TEXT = b"Contract number: C-%d\n\nParty: Acme Ltd\n\nSome words about it.\n"


@pytest.fixture(scope="session")
async def modelled(clone: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Api, Recorder]]:
    folder: Path = tmp_path_factory.mktemp("extract")
    async with devmodel.serving() as (url, recorder):
        settings = make_settings(
            url=clone(), folder=folder, model="openai/extract", model_base_url=url, embedding="none"
        )
        async with (
            open_process(settings, worker=True) as process,
            serving(process) as address,
            client_of(process, address, f"{new_id().hex}@example.org") as api,
        ):
            made = await api.http.post("/api/v1/projects/", json={"name": "Contracts", "business_brief": "Tests"})
            api.project = made.json()["id"]
            yield api, recorder


async def make(api: Api, **more: Any) -> str:
    sent = {"name": "Contract", "extractable_pydantic_class": CLASS, **more}
    made = await api.post("/object-extractors/", json=sent)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def run(api: Api, extractor: str, **wanted: Any) -> dict[str, Any]:
    started = await api.post(f"/object-extractors/{extractor}/run/", json=wanted)
    return await ended(api, started.json()["pipeline_run_id"])


async def table_of(api: Api, extractor: str) -> str:
    return str((await api.get(f"/object-extractors/{extractor}/")).json()["extracted_objects_table"])


async def rows(api: Api, table: str) -> list[dict[str, Any]]:
    read = await api.post(f"/tables/{table}/data-operations/", json={"operation": "read"})
    found: list[dict[str, Any]] = read.json()["result"]["results"]
    return found


async def test_corrections_survive_a_new_run(api: Api) -> None:
    await active(api, "contract.txt", TEXT % 1)
    extractor = await make(api)
    await run(api, extractor)
    table = await table_of(api, extractor)
    [row] = await rows(api, table)
    assert row["json_object"] == {"contract_number": "C-1", "party": "Acme Ltd", "value": None}
    assert row["evidence"]["/party"]["document_version_id"]
    change = {"id": row["id"], "json_object": row["json_object"] | {"party": "Acme Limited"}}
    await api.post(f"/tables/{table}/data-operations/", json={"operation": "update", "data": [change]})
    [corrected] = await rows(api, table)
    assert corrected["evidence"]["/party"]["status"] == "missing"
    assert corrected["evidence"]["/party"]["extracted"]["verbatim"] == "Acme Ltd"
    await api.patch(f"/object-extractors/{extractor}/", json={"extraction_prompt": "Look again"})
    await run(api, extractor)
    [again] = await rows(api, table)
    assert again["json_object"]["party"] == "Acme Limited"
    assert again["evidence"]["/party"]["corrected"] is True
    assert again["evidence"]["/contract_number"]["status"] == "exact"


async def test_corrections_become_test_cases(api: Api) -> None:
    await active(api, "contract.txt", TEXT % 7 + b"\nPartner: Beta GmbH\n")
    extractor = await make(api)
    await run(api, extractor)
    cases = f"/object-extractors/{extractor}/test-cases/"
    assert (await api.post(cases)).json()["cases"] == 0
    table = await table_of(api, extractor)
    [row] = await rows(api, table)
    change = {"id": row["id"], "json_object": row["json_object"] | {"party": "Beta GmbH"}}
    await api.post(f"/tables/{table}/data-operations/", json={"operation": "update", "data": [change]})
    held = (await api.post(cases)).json()
    assert (held["cases"], held["passed"], held["failed"]) == (1, 0, 1)
    expected = {"expected": "Beta GmbH", "found": "Acme Ltd", "state": "failed", "pointer": "/party"}
    assert held["results"][0].items() >= (expected | {"document_name": "contract.txt"}).items()
    assert held["results"][0]["object_id"] == row["id"]

    another = CLASS.replace("party: str", 'party: str = Field(pattern=r"Beta \\w+")')
    sent = {"extractable_pydantic_class": another, "set_latest_as_default": False}
    await api.patch(f"/object-extractors/{extractor}/", json=sent)
    versions = (await api.get(f"/object-extractors/{extractor}/")).json()["versions"]
    newest = max(versions, key=lambda one: one["version"])["id"]
    assert (await api.post(cases, json={"version_id": newest})).json()["not_run"] == 1
    await run(api, extractor, version_id=newest)
    assert (await api.post(cases, json={"version_id": newest})).json()["passed"] == 1
    [now] = await rows(api, table)
    assert now["json_object"]["party"] == "Beta GmbH"
    assert (now["evidence"]["/party"]["status"], now["evidence"]["/party"]["confirmed"]) == ("exact", True)

    await run(api, extractor)  # the former version, which finds another value: the case is still there
    assert (await api.post(cases)).json()["failed"] == 1
    [now] = await rows(api, table)
    assert now["json_object"]["party"] == "Beta GmbH"
    odd = [{"evidence": ["corrected"]}, {"evidence": {"/a": {"corrected": True}}, "json_object": 7}]
    written = await api.post(f"/tables/{table}/data-operations/", json={"operation": "create", "data": odd})
    assert written.status_code == 200
    assert (await api.post(cases)).json()["cases"] == 1, "rows of nobody's document are no cases"
    await run(api, extractor)
    gone = (await api.post(cases, json={"document_ids": [table]})).json()
    assert gone["cases"] == 0


def test_corrected_rows_are_known_again() -> None:
    corrected = {"status": "missing", "corrected": True, "value": "b"}
    former = {"id": "1", "document_id": "d", "json_object": {"a": 1, "n": "b"}, "evidence": {"/n": corrected}}
    fresh = [
        {"id": "8", "json_object": {"a": 2, "n": "x"}, "evidence": {}},
        {"id": "9", "json_object": {"a": 1, "n": "y"}, "evidence": {}},
    ]
    assert [row["json_object"]["n"] for row in with_corrections(fresh, [former])] == ["x", "b"]
    [only] = with_corrections(fresh[:1], [former])
    assert only["json_object"] == {"a": 2, "n": "b"}
    [kept] = with_corrections([], [former])
    assert kept["json_object"] == {"a": None, "n": "b"}
    # Clients may write rows with anything in them: a run must not fail for them.
    odd = former | {"json_object": {}, "evidence": {"": corrected, "n": corrected, "/n": corrected, "/l/²": corrected}}
    [kept] = with_corrections([], [odd])
    assert (kept["json_object"], list(kept["evidence"])) == ({"n": None}, ["/n", "/l/²"])
    assert at_pointer([1], "/²") is None


async def test_a_model_extracts_and_nothing_is_asked_twice(modelled: tuple[Api, Recorder]) -> None:
    api, recorder = modelled
    for number in (1, 2):
        await active(api, f"contract{number}.txt", TEXT % number)
    extractor = await make(api, llm_model="openai/extract:invent=1")
    recorder.clear()
    assert (await run(api, extractor))["status"] == "completed"
    assert len(recorder.exchanges) == 2
    assert recorder.exchanges[0].body["response_format"]["type"] == "json_schema"
    found = await rows(api, await table_of(api, extractor))
    assert {row["json_object"]["contract_number"] for row in found} == {"C-1", "C-2"}
    assert {row["evidence"]["/party"]["status"] for row in found} == {"exact"}
    assert {row["json_object"]["value"] for row in found} == {None}  # the model invented one

    await active(api, "contract3.txt", TEXT % 3)
    await run(api, extractor)
    assert len(recorder.exchanges) == 3  # the new document alone
    await api.patch(f"/object-extractors/{extractor}/", json={"extraction_prompt": "Another"})
    await run(api, extractor)
    assert len(recorder.exchanges) == 6


async def test_answers_that_are_no_json_are_asked_for_again(modelled: tuple[Api, Recorder]) -> None:
    api, recorder = modelled
    extractor = await make(api, llm_model="openai/extract:broken=1")
    document = await active(api, "once.txt", TEXT % 7)
    recorder.clear()
    assert (await run(api, extractor, document_ids=[document]))["status"] == "completed"
    assert len(recorder.exchanges) == 2
    [row] = await rows(api, await table_of(api, extractor))
    assert row["json_object"]["contract_number"] == "C-7"

    hopeless = await make(api, llm_model="openai/extract:broken=9")
    failed = await run(api, hopeless, document_ids=[document])
    assert failed["status"] == "failed"
    assert "could not be read" in failed["raw_logs"]


async def test_a_model_looks_things_up_where_the_extractor_says_so(modelled: tuple[Api, Recorder]) -> None:
    api, recorder = modelled
    text = b"# Deed\n\nContract number: C-31\n\n# Parties\n\nParty: Acme Ltd\n"
    document = await active(api, f"{new_id().hex}.md", text)
    config = {"agent_llm_model": "openai/extract:invent=1", "max_agent_iterations": 3, "agent_reasoning_effort": "low"}
    extractor = await make(api, extraction_mode="agentic", agentic_config={**config, "max_parallel_tool_calls": 1})
    recorder.clear()
    await run(api, extractor, document_ids=[document])
    first, second = [one.body for one in recorder.exchanges]
    assert (first["model"], first["reasoning_effort"]) == ("extract:invent=1", "low")
    assert "Outline of the document" in first["messages"][-1]["content"]
    told = second["messages"][-1]["content"]
    assert "Contract number: C-31" in told, "it is shown what it asked for, and one thing at once"
    [row] = await rows(api, await table_of(api, extractor))
    assert row["json_object"]["contract_number"] == "C-31"
    assert row["json_object"]["value"] is None, "what the model invents is not in the text"
