"""What a run is told beside its documents: chunks and blocks to read, a model, and whether to find alerts."""

from typing import Any

import pytest

from citewell.devmodel import Recorder
from citewell.kit.ids import new_id
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_extractors import ended
from tests.extractors.test_resuming import chunks_table
from tests.extractors.test_runs import make, modelled, rows, run, table_of  # noqa: F401

TEXT = (
    b"# First\n\nContract number: C-1\n\n# Second\n\nParty: Acme Ltd\n\n| Party: | Beta Ltd |\n|---|---|\n| x | y |\n"
)


@pytest.fixture
async def chunked(api: Api) -> list[dict[str, Any]]:
    """The chunks of a document that is cut at its headings, in a project whose chunks are small."""
    [cut] = (await api.get("/chunks-extractors/")).json()["results"]
    await api.patch(f"/chunks-extractors/{cut['id']}/", json={"minimum_chunk_size": 0})
    await active(api, "contract.md", TEXT)
    return await rows(api, await chunks_table(api))


async def found(api: Api, extractor: str) -> dict[str, Any]:
    [row] = await rows(api, await table_of(api, extractor))
    values: dict[str, Any] = row["json_object"]
    return {name: value for name, value in values.items() if value is not None}


async def test_a_run_reads_the_chunks_that_it_names(api: Api, chunked: list[dict[str, Any]]) -> None:
    extractor = await make(api)
    number = next(row["id"] for row in chunked if "C-1" in row["content"])
    await run(api, extractor, chunk_ids=[number])
    assert await found(api, extractor) == {"contract_number": "C-1"}
    await run(api, extractor)
    assert (await found(api, extractor))["party"] == "Acme Ltd", "without chunks, all are read"


async def test_a_run_reads_the_chunks_that_carry_a_tag(api: Api, chunked: list[dict[str, Any]]) -> None:
    tree = {"id": "parts", "name": "Parts", "children": [{"id": "parties", "name": "Party"}]}
    tags = (await api.post("/tag-extractors/", json={"name": "Parts", "tagging_tree": tree})).json()["id"]
    started = await api.post(f"/tag-extractors/{tags}/run/", json={})
    await ended(api, started.json()["pipeline_run_id"])
    extractor = await make(api)
    await run(api, extractor, filtering_tag_extractor=tags, filtering_value="parties")
    assert set(await found(api, extractor)) == {"party"}


async def test_a_run_reads_a_version_of_a_table_of_chunks(api: Api, chunked: list[dict[str, Any]]) -> None:
    made = {"name": "own chunks", "object_type": "chunk"}
    columns = [
        {"name": "id", "type": "uuid"},
        {"name": "document_id", "type": "uuid"},
        {"name": "content", "type": "text"},
    ]
    table = (await api.post("/tables/", json={**made, "columns": columns})).json()["id"]
    row = {"id": str(new_id()), "document_id": chunked[0]["document_id"], "content": "Contract number: C-99"}
    await api.post(f"/tables/{table}/data-operations/", json={"operation": "create", "data": [row]})
    version = (await api.get(f"/tables/{table}/versions/")).json()["results"][0]["id"]
    extractor = await make(api)
    await run(api, extractor, chunks_table_version_id=version)
    assert await found(api, extractor) == {"contract_number": "C-99"}
    wrong = await api.post(f"/object-extractors/{extractor}/run/", json={"blocks_table_version": version})
    assert (wrong.status_code, list(wrong.json())) == (400, ["blocks_table_version"])


async def test_an_extractor_of_objects_reads_a_version_of_a_table_of_blocks(
    api: Api, chunked: list[dict[str, Any]]
) -> None:
    columns = [{"name": "id", "type": "uuid"}, {"name": "document_id", "type": "uuid"}]
    columns += [{"name": "content", "type": "json"}, {"name": "type", "type": "text"}, {"name": "page", "type": "int"}]
    table = (await api.post("/tables/", json={"name": "own", "object_type": "block", "columns": columns})).json()["id"]
    of_document = {"document_id": chunked[0]["document_id"], "type": "text", "page": 4}
    contents = ["Contract number: C-98", {"image_id": str(new_id())}]
    data = [{"id": str(new_id()), "content": content, **of_document} for content in contents]
    await api.post(f"/tables/{table}/data-operations/", json={"operation": "create", "data": data})
    version = (await api.get(f"/tables/{table}/versions/")).json()["results"][0]["id"]
    extractor = await make(api, blocks_table_version=version)
    await run(api, extractor)
    assert await found(api, extractor) == {"contract_number": "C-98"}
    [row] = await rows(api, await table_of(api, extractor))
    assert (row["min_page"], row["evidence"]["/contract_number"]["chunk_id"]) == (4, data[0]["id"])


async def test_a_run_that_upserts_keeps_the_rows_of_other_documents(api: Api, chunked: list[dict[str, Any]]) -> None:
    other = await active(api, "other.txt", b"Contract number: C-6\n\nParty: Birch GmbH\n")
    extractor = await make(api)
    await run(api, extractor)
    for mode, count in (("upsert-all", 2), ("recreate-all", 1)):
        await run(api, extractor, document_ids=[other], mode=mode)
        assert len(await rows(api, await table_of(api, extractor))) == count


async def test_an_extractor_reads_the_types_of_blocks_that_it_names(api: Api, chunked: list[dict[str, Any]]) -> None:
    extractor = await make(api, filtered_on_block_types=True, block_types=["table"])
    await run(api, extractor)
    assert "contract_number" not in await found(api, extractor)
    [row] = await rows(api, await table_of(api, extractor))
    source = row["evidence"]["/party"]
    [chunk] = [one for one in chunked if one["id"] == source["chunk_id"]]
    assert chunk["content"][source["start"] : source["end"]] == source["verbatim"], "places are those of the chunk"


@pytest.mark.parametrize("alerts", [True, False])
async def test_a_run_may_leave_alerts_out(api: Api, chunked: list[dict[str, Any]], alerts: bool) -> None:
    required = "class Contract(BaseModel):\n    contract_number: str\n    missing_field: str\n"
    made = (await api.post("/object-extractors/", json={"name": "C", "extractable_pydantic_class": required})).json()
    await run(api, made["id"], compute_alerts=alerts)
    assert bool(await rows(api, made["alerts_table"])) is alerts


async def test_a_run_may_name_its_model(modelled: tuple[Api, Recorder]) -> None:  # noqa: F811
    api, recorder = modelled
    document = await active(api, f"{new_id().hex}.txt", b"Contract number: C-5\n\nParty: Acme Ltd\n")
    extractor = await make(api)
    recorder.clear()
    await run(api, extractor, document_ids=[document], llm_model="openai/extract:invent=1")
    assert [one.body["model"] for one in recorder.exchanges] == ["extract:invent=1"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"filtering_tag_extractor": str(new_id()), "filtering_value": "x"}, "filtering_tag_extractor"),
        ({"chunks_table_version_id": str(new_id())}, "chunks_table_version_id"),
    ],
)
async def test_what_the_project_lacks_is_refused(api: Api, wanted: dict[str, Any], field: str) -> None:
    extractor = await make(api)
    answer = await api.post(f"/object-extractors/{extractor}/run/", json=wanted)
    assert (answer.status_code, list(answer.json())) == (400, [field])
