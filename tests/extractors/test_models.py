"""Tags and alerts with a model: it chooses and justifies, and what it quotes must stand in the text."""

from typing import Any

from citewell.devmodel import Recorder
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.extractors.test_alerts import start
from tests.extractors.test_runs import modelled  # noqa: F401

INVENTING = "openai/extract:invent=1"
TEXT = b"# Terms\n\nThe lease ends in May.\n\nContract number: C-7\n\nParty: Acme Ltd\n"
CLASS = "class Contract(BaseModel):\n    contract_number: str\n    party: str\n"
TREE = {"id": "kinds", "name": "Kinds", "children": [{"id": "lease", "name": "Lease"}, {"id": "loan", "name": "Loan"}]}


async def rows(api: Api, table: str) -> list[dict[str, Any]]:
    read = await api.post(f"/tables/{table}/data-operations/", json={"operation": "read"})
    found: list[dict[str, Any]] = read.json()["result"]["results"]
    return found


async def make(api: Api, family: str, **more: Any) -> dict[str, Any]:
    made = await api.post(f"/{family}-extractors/", json={"name": family, "llm_model": INVENTING, **more})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_tags_and_alerts_with_a_model(modelled: tuple[Api, Recorder]) -> None:  # noqa: F811
    api, recorder = modelled
    project = await api.http.post("/api/v1/projects/", json={"name": "Tagged", "business_brief": "Tests"})
    api = Api(api.http, api.token, api.server, project.json()["id"])
    document = await active(api, "terms.md", TEXT)

    flag = 'Flag every row that says "Acme" or speaks of "lease".'
    tags = await make(api, "tag", tagging_tree=TREE, extraction_prompt="Tag.", alerts_additional_instructions=flag)
    await start(api, f"/tag-extractors/{tags['id']}/run-push/")
    [tag] = await rows(api, tags["extracted_tags_table"])
    assert (tag["id"], tag["metadata"]["tags"]) == ("lease", ["kinds", "lease"])
    assert tag["metadata"]["quotes"] == ["The lease ends in May."], "words that nobody wrote are no quote"
    assert tag["metadata"]["reason"] == "It speaks of Lease."
    [alert] = await rows(api, tags["alerts_tags_table"])
    assert (alert["chunk_id"], alert["json_alert"]["quote"]) == (tag["chunk_id"], "lease")

    definitions = [{"name": "kind", "possible_values": ["Lease", "Loan"]}, {"name": "party"}]
    labels = await make(api, "document-tag", tags=definitions)
    await start(api, f"/document-tag-extractors/{labels['id']}/run-push/")
    [label, free] = await rows(api, labels["extracted_document_tags_table"])
    assert (label["tag_value"], label["verbatim"]) == ("Lease", "The lease ends in May.")
    assert label["document_id"] == document
    assert (free["tag_name"], free["tag_value"]) == ("party", "party"), "without possible values, any may be found"

    objects = await make(api, "object", extractable_pydantic_class=CLASS, alerts_additional_instructions=flag)
    await start(api, f"/object-extractors/{objects['id']}/run-push/")
    [found] = await rows(api, objects["extracted_objects_table"])
    [said] = await rows(api, objects["alerts_table"])
    assert said["extracted_object_id"] == found["id"]
    assert said["json_alert"] | {"field": ""} == {
        "kind": "instructed",
        "field": "",
        "message": "It says Acme.",
        "severity": "high",
        "quote": "Acme",
    }

    watch = await make(api, "object-alerts", instructions='Flag "C-7".')
    await start(api, f"/object-alerts-extractors/{watch['id']}/run/")
    asked = len(recorder.exchanges)
    await start(api, f"/object-alerts-extractors/{watch['id']}/run/")
    assert len(recorder.exchanges) == asked, "what is known is not asked again"
    [one] = await rows(api, watch["alerts_table"])
    assert one["json_alert"]["quote"] == "C-7"
    watched = await make(api, "tag-alerts", instructions='Flag "May".')
    await start(api, f"/tag-alerts-extractors/{watched['id']}/run/")
    assert [row["chunk_id"] for row in await rows(api, watched["alerts_tags_table"])] == [tag["chunk_id"]]
