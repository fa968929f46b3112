"""Figures of documents over HTTP: found, listed, looked at, added, and gone with their document."""

import asyncio
import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from crf_api_client.client import CRFAPIClient
from PIL import Image
from sqlalchemy import func, select

from citewell.models import ExtractedFigure
from citewell.process import Process
from tests.conftest import Api, until_ended
from tests.documents.test_local import put, talk_path, until_active
from tests.documents.test_upload import upload
from tests.ingestion.pictures import pdf_with_pictures, picture
from tests.sse import new_conversation
from tests.waiting import until


async def listed(api: Api, document: str | None = None) -> list[dict[str, Any]]:
    answer = await api.get("/extracted-figures/", params={"document_id": document} if document else {})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["results"]
    assert answer.json()["count"] == len(rows)
    return rows


@pytest.fixture
async def report(api: Api) -> str:
    [document] = await upload(api, {"report.pdf": pdf_with_pictures()})
    await until_ended(api, [document["id"]])
    return str(document["id"])


async def test_the_figures_of_a_document(api: Api, report: str) -> None:
    figures = await listed(api, report)
    assert [(figure["page"], figure["caption"]) for figure in figures] == [
        (1, ""),
        (1, "Figure 1: Steam by month, in tonnes."),
        (2, "Fig. 2. Water by month."),
    ]
    answer = await api.http.get(figures[1]["figure"])
    assert answer.headers["content-type"] == figures[1]["content_type"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert len(answer.content) == figures[1]["file_size"]
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (figures[1]["width"], figures[1]["height"])


async def test_a_new_version_has_its_own(api: Api, report: str) -> None:
    before = await listed(api, report)
    content = pdf_with_pictures(100, "Oil")
    changed = await api.post(f"/documents/{report}/versions/", files={"file": ("report.pdf", content)})
    assert changed.status_code == 201, changed.text
    await until_ended(api, [report])
    captions = [figure["caption"] for figure in await listed(api, report)]
    assert captions == ["", "Figure 1: Oil by month, in tonnes.", "Fig. 2. Water by month."]
    assert (await api.http.get(before[1]["figure"])).status_code == 200, "what cited the old version still shows it"


async def test_the_same_file_again(api: Api, report: str) -> None:
    """Chunking anew keeps the figures; another document of the same content has copies."""
    before = await listed(api, report)
    started = await api.post(f"/documents/{report}/retry/", json={"stage": "chunk"})
    assert started.status_code == 200, started.text
    await until_ended(api, [report])
    assert await listed(api, report) == before
    [other] = await upload(api, {"copy.pdf": pdf_with_pictures()})
    await until_ended(api, [other["id"]])
    copies = await listed(api, other["id"])
    assert [figure["caption"] for figure in copies] == [figure["caption"] for figure in before]
    assert len(await listed(api)) == 2 * len(before)
    assert (await api.delete(f"/documents/{report}/")).status_code == 204
    assert (await api.http.get(copies[0]["figure"])).status_code == 200


async def test_they_go_with_their_document(api: Api, process: Process, report: str) -> None:
    [figure, *_] = await listed(api, report)
    assert (await api.delete(f"/documents/{report}/")).status_code == 204
    assert await listed(api) == []
    assert (await api.http.get(figure["figure"])).status_code == 404
    # The rows and the files follow in the background.
    mine = ExtractedFigure.project_id == UUID(api.project)

    async def count() -> int | None:
        async with process.database.read() as session:
            return await session.scalar(select(func.count()).select_from(ExtractedFigure).where(mine))

    await until(count, lambda found: found == 0)


async def test_those_of_a_local_document_are_for_its_readers(api: Api, process: Process) -> None:
    talk = await new_conversation(api)
    await put(api, talk_path(talk), {"mine.pdf": pdf_with_pictures()})
    await until_active(api, talk_path(talk))
    assert await listed(api) == []
    async with process.database.read() as session:
        mine = ExtractedFigure.project_id == UUID(api.project)
        [one, *_] = (await session.scalars(select(ExtractedFigure.id).where(mine))).all()
    assert (await api.get(f"/extracted-figures/{one}/file/")).status_code == 200


async def test_a_figure_can_be_added_to_a_document(api: Api, report: str) -> None:
    data, files = {"document_id": report}, {"figure": ("mine.png", picture(20))}
    answer = await api.post("/extracted-figures/", data=data, files=files)
    assert answer.status_code == 201, answer.text
    assert answer.json()["document_id"] == report
    assert [figure["id"] for figure in await listed(api, report)][-1] == answer.json()["id"]
    assert (await api.http.get(answer.json()["figure"])).status_code == 200


async def test_what_is_refused_says_why(api: Api, report: str) -> None:
    async def refused(data: dict[str, str], files: dict[str, Any], path: str = "") -> Any:
        answer = await api.post(f"/extracted-figures/{path}", data=data, files=files)
        assert answer.status_code in (400, 404), answer.text
        return answer.json()

    good = ("a.png", picture(21))
    assert "no picture" in (await refused({"document_id": report}, {"figure": ("a.png", b"<svg/>")}))["figure"][0]
    assert "UUID" in (await refused({"document_id": "one"}, {"figure": good}))["document_id"][0]
    assert "error" in await refused({"document_id": str(uuid4())}, {"figure": good})
    assert "other" in await refused({"document_id": report}, {"other": good})
    assert "document_ids" in await refused({"document_ids": "[]"}, {"files": good}, "bulk-upload/")
    assert "document_ids" in await refused({"document_ids": "[" * 9000}, {"files": good}, "bulk-upload/")
    assert len(await listed(api, report)) == 3, "nothing of all that was kept"


async def test_the_reference_client_adds_and_lists_figures(api: Api, report: str) -> None:
    # It blocks, and the server runs on this loop.
    await asyncio.to_thread(_as_a_client, api, report)


def _as_a_client(api: Api, report: str) -> None:
    client = CRFAPIClient(api.server, api.token)
    [warehouse] = [found for found in client.list_warehouses() if found.id == api.project]
    made = warehouse.create_extracted_figure(report, picture(22), "one.png")
    several = warehouse.upload_extracted_figures_bulk(
        [{"document_id": report, "file_content": picture(number), "filename": f"{number}.png"} for number in (23, 24)]
    )
    ids = {figure["id"] for figure in warehouse.list_extracted_figures()}
    assert {made["id"], *(figure["id"] for figure in several)} <= ids
    assert all(figure["figure"] for figure in several)
