"""Values and names that would change a statement if they became part of one: they are compared, and find nothing."""

from typing import Any

import pytest

from tests.conftest import Api

HOSTILE = (
    "' OR '1'='1",
    "'; DROP TABLE documents; --",
    '" OR ""="',
    "\\'; SELECT pg_sleep(5); --",
    "%",
    "_______",
    "%(project)s",
    ":project",
    "{name}",
    "$1",
    "a':* | 'b",
    "<-> & ! |",
    "*/ UNION SELECT secret FROM tokens /*",
    "\u202e\u0661\U0001f511",
)
FILTERS = ("tags", "attributes", "objects")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("kind", ["naive", "full-text-search", "hybrid-search"])
async def test_filters_of_retrieval(handbook: Api, value: str, kind: str) -> None:
    chosen: list[dict[str, Any]] = [
        {"included_tags": [{"tag_name": value, "tag_value": value}]},
        {"included_tags": [{"tag_name": value}]},
        {"included_attributes": [{"key": value, "value": value}]},
        {"included_attributes": [{"key": value}]},
        {"selected_collections": [value]},
    ]
    for filters in chosen:
        answer = await handbook.post(f"/retrieve-with-{kind}/", json={"query": "hotel", **filters})
        assert answer.status_code in (200, 400), answer.text
        assert not answer.json().get("retrieval_results"), filters
    excluded = {"excluded_tags": [{"tag_name": value, "tag_value": value}], "excluded_attributes": [{"key": value}]}
    answer = await handbook.post(f"/retrieve-with-{kind}/", json={"query": "hotel", **excluded})
    assert answer.json()["retrieval_results"], "nothing has it, so nothing is left out"
    asked = await handbook.post(f"/retrieve-with-{kind}/", json={"query": value})
    assert asked.status_code == 200, asked.text


@pytest.mark.parametrize("value", HOSTILE)
async def test_filters_of_lists(handbook: Api, value: str) -> None:
    lists = [
        ("/documents/", {"collection": value}),
        ("/playground-conversations/", {"tags": value}),
        ("/playground-conversations/", {"text": value}),
        ("/playground-conversations/", {"agent_settings": value}),
        ("/feedbacks/", {"tags": value}),
        ("/feedbacks/", {"search": value}),
        ("/users/", {"search": value}),
        ("/invites/", {"search": value}),
        ("/interviews/", {"text": value}),
        ("/audit-log/", {"action": value}),
        ("/audit-log/", {"actor": value}),
        ("/ground-truths/", {"search": value}),
        ("/document-tags-by-document/", {"document_ids": value}),
    ]
    for path, parameters in lists:
        answer = await handbook.get(path, params=parameters)
        assert answer.status_code < 500, (path, parameters, answer.text)
    found = (await handbook.get("/users/", params={"search": value})).json()
    assert found["count"] == 0, "% and _ are characters, not patterns"


@pytest.mark.parametrize("value", HOSTILE)
async def test_names_and_values_of_tables(api: Api, value: str) -> None:
    refused = await api.post("/tables/", json={"name": "t", "columns": [{"name": value}]})
    assert refused.status_code == (201 if value.isidentifier() else 400), "columns are named by words"
    named = await api.post("/tables/", json={"name": value, "columns": [{"name": "town"}, {"name": "group"}]})
    assert named.status_code == 201, named.text
    path = f"/tables/{named.json()['id']}/data-operations/"
    rows = [{"town": value, "group": "a"}, {"town": "Oslo", "group": "b"}]
    written = await api.post(path, json={"operation": "create", "data": rows})
    assert written.status_code == 200, written.text
    for filters in ({"town": value}, {"town": [value]}, {"town__eq": value}):
        read = await api.post(path, json={"operation": "read", "filters": filters})
        assert read.status_code == 200, read.text
        assert [row["group"] for row in read.json()["result"]["results"]] == ["a"], filters
    for wrong in ({value: "x"}, {f"town__{value}": "x"}):
        read = await api.post(path, json={"operation": "read", "filters": wrong})
        assert read.status_code == 400, read.text
