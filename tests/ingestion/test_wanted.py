"""A step stops as soon as nobody wants its document any more."""

import asyncio
from uuid import UUID

from sqlalchemy import select

from citewell.ingestion.running import run_step
from citewell.ingestion.step import Step, StepContext
from citewell.models import DocumentVersion, VersionStep
from citewell.process import Process
from tests.conftest import Api


async def test_deleting_a_document_stops_its_work(process: Process, api: Api) -> None:
    files = [("files", ("a.md", b"# A"))]
    [document] = (await api.post("/documents/bulk-upload/", files=files, data={"skip_parsing": "true"})).json()
    project_id, begun, stopped = UUID(api.project), asyncio.Event(), asyncio.Event()

    async def endless(context: StepContext) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    step = Step("parse", "Parse", (), "parsed", endless)
    async with process.database.write() as session:
        query = select(DocumentVersion).where(DocumentVersion.document_id == UUID(document["id"]))
        version = (await session.scalars(query)).one()
        session.add(VersionStep(project_id=project_id, version_id=version.id, step=step.name, state="pending"))
    work = asyncio.create_task(run_step(process, step, project_id, [version.id], 1))
    await asyncio.wait_for(begun.wait(), 120)
    assert (await api.delete(f"/documents/{document['id']}/")).status_code == 204
    await asyncio.wait_for(work, 120)
    assert stopped.is_set()
