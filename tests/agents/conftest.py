"""A project with three documents, two of them tagged, that the tests of tools read and never change."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from citewell.process import Process
from tests.conftest import Api, client_of, until_ended
from tests.documents.test_metadata import add_tag, change
from tests.documents.test_upload import upload

TOWNS = {
    "oslo hotels.md": b"# Oslo\n\nA hotel room in Oslo may cost 210 EUR, and breakfast is included.",
    "rome hotels.md": b"# Rome\n\nA hotel room in Rome may cost 150 EUR, breakfast costs extra there.",
    "bern_taxes.md": b"# Bern\n\nA hotel room in Bern may cost 190 EUR. Guests pay a tax for visitors.",
}


@dataclass
class Towns:
    """`ids` and `chunks` by the first word of a document's name."""

    api: Api
    ids: dict[str, str]
    chunks: dict[str, str]
    tag: str

    async def make(self, tool_type: str, **fields: Any) -> str:
        answer = await self.api.post("/tools/", json={"name": f"My {tool_type}", "tool_type": tool_type, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def run(self, tool: str, **arguments: Any) -> list[dict[str, Any]]:
        answer = await self.api.post(f"/tools/{tool}/run/", json=arguments)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()
        return results

    async def fails(self, tool: str, status: int, code: str, **arguments: Any) -> str:
        """The message of a run that fails, in the contract's shape."""
        answer = await self.api.post(f"/tools/{tool}/run/", json=arguments)
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert set(body) == {"error_type", "error_code", "status", "message"}
        assert (body["status"], body["error_code"]) == ("error", code)
        return str(body["message"])


@pytest.fixture(scope="package")
async def towns(process: Process, server: str) -> AsyncIterator[Towns]:
    async with client_of(process, server, "tools@example.org") as api:
        made = await api.http.post("/api/v1/projects/", json={"name": "Towns", "business_brief": "Travel"})
        api.project = made.json()["id"]
        rows = await upload(api, TOWNS)
        await until_ended(api, [row["id"] for row in rows])
        ids = {row["name"][:4]: row["id"] for row in rows}
        tag = await add_tag(process, api, ids["oslo"], "Country", "Norway")
        await add_tag(process, api, ids["rome"], "Country", "Italy")
        await change(api, ids["bern"], "add", key="year", value="2026")
        await api.post("/document-collections/", json={"name": "South"})
        await api.post("/document-collections/south/move-documents/", json={"document_ids": [ids["rome"]]})
        hits = (await api.post("/retrieve-with-hybrid-search/", json={"query": "hotel room"})).json()
        chunks = {hit["name"][:4]: hit["uuid"] for hit in hits["retrieval_results"]}
        assert set(chunks) == set(ids)
        yield Towns(api, ids, chunks, str(tag))
