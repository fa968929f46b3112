"""A deletion while a step of the pipeline is writing: both end, and the deletion wins."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from citewell.db.file_hold import holding_files
from citewell.documents.removal import begin_removal
from citewell.documents.service import get_document
from citewell.documents.tasks import purge_document, purge_project
from citewell.documents.unnamed_files import delete_unnamed, discard_unnamed
from citewell.models import Chunk, Document, DocumentVersion
from citewell.models.passage import Passage, partition_name
from citewell.process import Process
from citewell.storage import document_prefix
from tests.conftest import Api, until_ended
from tests.documents.test_upload import upload

_BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks WHERE granted)")


async def test_a_deletion_and_a_step_do_not_block_each_other_for_ever(api: Api, process: Process) -> None:
    [made] = await upload(api, {"x.md": b"# X"}, skip_parsing="true")
    project, document = UUID(api.project), UUID(made["id"])
    mine = (DocumentVersion.project_id == project) & (DocumentVersion.document_id == document)
    async with process.database.write() as session:
        await session.execute(update(DocumentVersion).where(mine).values(language="en"))
        deleting = asyncio.create_task(api.delete(f"/documents/{document}/"))
        await until_it_waits(process, deleting)
        await session.execute(update(DocumentVersion).where(mine).values(title="X"))
    assert (await deleting).status_code == 204
    async with process.database.read() as session:
        assert await session.scalar(select(DocumentVersion.stage).where(mine)) == "deleted"
        assert (await session.get_one(Document, (project, document))).status in ("deleting", "deleted")


async def until_it_waits(process: Process, request: asyncio.Task[Any]) -> None:
    """Until a statement of the request waits for a lock."""
    async with asyncio.timeout(120), process.database.autocommit() as observer:
        while not await observer.scalar(_BLOCKED):
            assert not request.done(), "it did not wait for the step"
            await asyncio.sleep(0.01)


async def test_a_deletion_stops_the_work_on_one_document_and_is_told(api: Api, process: Process) -> None:
    gone, kept = await upload(api, {"gone.md": b"# Gone", "kept.md": b"# Kept"}, skip_parsing="true")
    assert (await api.delete(f"/documents/{gone['id']}/")).status_code == 204
    project, wanted = UUID(api.project), {UUID(gone["id"]): "gone", UUID(kept["id"]): "kept"}
    async with process.database.read() as session:
        query = select(DocumentVersion.document_id, DocumentVersion.stage).where(DocumentVersion.project_id == project)
        stages = {wanted[document]: stage for document, stage in await session.execute(query)}
    assert stages["gone"] == "deleted"
    assert stages["kept"] != "deleted"
    entries = (await api.get("/audit-log/")).json()["results"]
    assert [one["detail"]["name"] for one in entries if one["action"] == "document_deleted"] == ["gone.md"]


async def test_a_deletion_takes_the_passages_from_searches_with_its_own_commit(handbook: Api, process: Process) -> None:
    project = UUID(handbook.project)
    async with process.database.write() as session:
        query = select(Passage.document_id).where(Passage.project_id == project).limit(1)
        document_id = (await session.scalars(query)).one()
        await begin_removal(process, session, await get_document(session, project, document_id, lock=True))
        left = select(func.count()).where(Passage.project_id == project, Passage.document_id == document_id)
        assert await session.scalar(left) == 0
        await session.rollback()  # others read the handbook


async def test_only_files_that_no_row_names_are_deleted(api: Api, process: Process) -> None:
    [made] = await upload(api, {"plan.md": b"# Plan\n\nThe first plan."}, skip_parsing="true")
    second = {"file": ("plan.md", b"# Plan\n\nThe second plan.")}
    assert (await api.post(f"/documents/{made['id']}/versions/", files=second)).is_success
    project, document = UUID(api.project), UUID(made["id"])
    async with process.database.read() as session:
        query = select(DocumentVersion.file_key).where(DocumentVersion.document_id == document)
        named = list(await session.scalars(query.where(DocumentVersion.project_id == project)))
    assert len(named) == 2
    spare = f"{document_prefix(project, document)}/spare"
    await process.files.put(spare, b"Nobody names me.")
    with holding_files(process.database.url):  # as a backup does; a request must not fail for it
        await discard_unnamed(process, project, document, [spare])
    assert await process.files.exists(spare)
    assert await delete_unnamed(process, project, document, [*named, spare]) == [spare]
    assert [await process.files.exists(key) for key in (*named, spare)] == [True, True, False]


async def test_a_document_is_removed_whole_and_only_after_its_deletion(api: Api, process: Process) -> None:
    [made] = await upload(api, {"tide.md": b"# Tide\n\nThe tide table hangs in the hall."})
    await until_ended(api, [made["id"]])
    project, document = UUID(api.project), UUID(made["id"])

    async def left() -> tuple[int, bool]:
        """The number of its chunks, and whether its file is there."""
        async with process.database.read() as session:
            count = select(func.count()).where(Chunk.project_id == project, Chunk.document_id == document)
            files = select(DocumentVersion.file_key).where(DocumentVersion.document_id == document)
            [key] = await session.scalars(files.where(DocumentVersion.project_id == project))
            return await session.scalar(count) or 0, await process.files.exists(key)

    await purge_document(process, project, document)  # as a job would that was queued by mistake
    assert await left() == (1, True)
    assert (await api.delete(f"/documents/{document}/")).status_code == 204
    await purge_document(process, project, document)
    assert await left() == (0, False)


async def test_a_project_is_removed_whole_and_only_after_its_deletion(api: Api, process: Process) -> None:
    await upload(api, {"tide.md": b"# Tide"}, skip_parsing="true")
    project = UUID(api.project)

    async def left() -> tuple[bool, bool]:
        """Whether its passages have a table, and whether any of its files is there."""
        async with process.database.read() as session:
            table = await session.scalar(select(func.to_regclass(partition_name(project))))
        return table is not None, bool([file async for page in process.files.list(str(project)) for file in page])

    await purge_project(process, project)  # as a job would that was queued by mistake
    assert await left() == (True, True)
    assert (await api.delete("/")).status_code == 204
    await purge_project(process, project)
    assert await left() == (False, False)
