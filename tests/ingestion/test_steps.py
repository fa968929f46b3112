"""The steps of a version: each has its own state, there may be several of a kind, and none knows its neighbours."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.extensions import install
from citewell.db.upgrade import upgrade
from citewell.ingestion import pipeline, running
from citewell.ingestion.planning import release
from citewell.ingestion.repository import step_state
from citewell.ingestion.repository.documents import show_versions
from citewell.ingestion.stages import kind_of
from citewell.ingestion.step import Done, Result, Step, StepContext
from citewell.ingestion.steps import publish
from citewell.jobs.queue import make_queue
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import Document, DocumentVersion, Project, StagedPassage


async def _run(context: StepContext) -> Result | None:
    raise AssertionError("these tests say when a step is done")


async def finish(
    session: AsyncSession, version: DocumentVersion, key: str, begun: dict[UUID, datetime], stage: str | None
) -> set[UUID]:
    return await step_state.finish(session, version.project_id, key, begun, {version.id: stage}, {version.id: None})


async def _two(session: AsyncSession, version: DocumentVersion) -> list[str]:
    return ["names", "dates"]


EXTRACT = Step("extract", "Extract", ("chunk",), None, _run, instances=_two)
PUBLISH = replace(pipeline.step_named("publish"), needs=("embed", "extract"), held=None)


@dataclass
class Way:
    """A document version whose steps are begun and done as the test says."""

    database: Database
    queue: pipeline.procrastinate.App
    version: DocumentVersion

    async def done(self, key: str) -> list[str]:
        """Begin the step and end it; the tasks that it queued."""
        before = await self.queued()
        async with self.database.write() as session:
            version = await session.get_one(DocumentVersion, (self.version.project_id, self.version.id))
            begun = await step_state.begin(session, version.project_id, [version.id], key, 1)
            assert begun, f"{key} is not to be run"
            kind = pipeline.step_named(kind_of(key))
            assert await finish(session, version, key, begun, kind.gives) == {version.id}
            await pipeline.advance(session, self.queue, [version])
        return (await self.queued())[len(before) :]

    async def queued(self) -> list[str]:
        async with self.database.read() as session:
            query = "SELECT task_name || coalesce(':' || (args ->> 'instance'), '') FROM procrastinate_jobs ORDER BY id"
            return list(await session.scalars(text(query)))

    async def states(self) -> dict[str, str]:
        async with self.database.read() as session:
            return (await step_state.states(session, [self.version]))[self.version.id]


@pytest.fixture
async def way(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    table = (*(pipeline.step_named(name) for name in ("parse", "chunk", "embed")), EXTRACT, PUBLISH)
    monkeypatch.setattr(pipeline, "STEPS", table)
    monkeypatch.setattr(pipeline, "_BY_NAME", {step.name: step for step in table})
    database, queue = Database(database_url), make_queue(database_url, {})
    async with queue.open_async():
        async with database.write() as session:
            version = await _version(session)
            await pipeline.start(session, queue, [version])
        yield Way(database, queue, version)
    await database.close()


async def _version(session: AsyncSession) -> DocumentVersion:
    project = Project(id=new_id(), name="Steps")
    session.add(project)
    await session.flush()
    document = Document(project_id=project.id, id=new_id(), name="a.md", content_type="", file_key="f", file_size=1)
    session.add(document)
    await session.flush()
    version = DocumentVersion(
        project_id=project.id, id=new_id(), document_id=document.id, file_key="f", file_size=1, sha256=b""
    )
    session.add(version)
    await session.flush()
    return version


async def test_a_step_begins_once_all_that_it_needs_is_done(way: Way) -> None:
    assert await way.queued() == ["ingestion:parse"]
    assert await way.done("parse") == ["ingestion:chunk"]
    assert await way.done("chunk") == ["ingestion:embed", "ingestion:extract:names", "ingestion:extract:dates"]
    assert await way.done("extract:dates") == []
    assert await way.done("embed") == []
    assert await way.done("extract:names") == ["ingestion:publish"]
    await way.done("publish")
    assert set((await way.states()).values()) == {"done"}


def test_one_job_runs_the_steps_of_its_queue_and_publishes() -> None:
    """A document that is embedded is found at once: it does not wait behind the files that are being parsed."""
    names = {
        step.name: [following.name for following in running.steps_of_one_job(step)]
        for step in map(pipeline.step_named, ("parse", "embed"))
    }
    assert names == {"parse": ["parse", "chunk"], "embed": ["embed", "publish"]}


async def test_a_held_step_waits_for_a_person(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    async def held(session: AsyncSession, versions: Sequence[DocumentVersion]) -> set[UUID]:
        raise AssertionError("the caller says which versions are held")

    publishing = replace(PUBLISH, held=held)
    monkeypatch.setattr(pipeline, "STEPS", (*pipeline.STEPS[:-1], publishing))
    for key in ("parse", "chunk", "extract:names", "extract:dates"):
        await way.done(key)
    before = await way.queued()
    async with way.database.write() as session:
        version = await session.get_one(DocumentVersion, (way.version.project_id, way.version.id))
        begun = await step_state.begin(session, version.project_id, [version.id], "embed", 1)
        await finish(session, version, "embed", begun, "embedded")
        assert await pipeline.advance(session, way.queue, [version], frozenset({version.id})) == [version]
    assert ((await way.states())["publish"], await way.queued()) == ("held", before)
    async with way.database.write() as session:
        await release(session, way.queue, version, publishing)
    assert ((await way.states())["publish"], (await way.queued())[-1]) == ("pending", "ingestion:publish")


async def test_one_of_several_is_done_again_with_what_needs_it_and_nothing_else(way: Way) -> None:
    for key in ("parse", "chunk", "embed", "extract:names", "extract:dates"):
        await way.done(key)
    async with way.database.write() as session:
        version = await session.get_one(DocumentVersion, (way.version.project_id, way.version.id))
        await pipeline.put_back(session, version, EXTRACT)
        await pipeline.start(session, way.queue, [version])
    assert (await way.queued())[-2:] == ["ingestion:extract:names", "ingestion:extract:dates"]
    states = await way.states()
    assert states == {
        **dict.fromkeys(("parse", "chunk", "embed"), "done"),
        **dict.fromkeys(("extract:names", "extract:dates"), "pending"),
    }


async def test_a_step_that_ran_twice_is_done_once(way: Way) -> None:
    await way.done("parse")
    async with way.database.write() as session:
        version = await session.get_one(DocumentVersion, (way.version.project_id, way.version.id))
        assert not await step_state.begin(session, version.project_id, [version.id], "parse", 2)
        assert not await finish(session, version, "parse", {version.id: now()}, "parsed")


async def test_of_two_runs_the_one_that_began_last_ends_the_step(way: Way) -> None:
    async with way.database.write() as session:
        version = await session.get_one(DocumentVersion, (way.version.project_id, way.version.id))
        first = await step_state.begin(session, version.project_id, [version.id], "parse", 1)
    async with way.database.write() as session:
        second = await step_state.begin(session, version.project_id, [version.id], "parse", 2)
    async with way.database.write() as session:
        assert not await finish(session, version, "parse", first, "parsed")
        assert await finish(session, version, "parse", second, "parsed")


async def test_each_step_keeps_its_own_attempts_and_error(way: Way) -> None:
    await way.done("parse")
    async with way.database.write() as session:
        version = await session.get_one(DocumentVersion, (way.version.project_id, way.version.id))
        await step_state.begin(session, version.project_id, [version.id], "chunk", 3)
        assert await step_state.fail(session, version, "chunk", "too_long", "It is too long.")
    async with way.database.read() as session:
        version = await session.get_one(DocumentVersion, (way.version.project_id, way.version.id))
    assert version.failure is not None
    assert (version.failure.step, version.failure.error_code, version.failure.error, version.failure.attempts) == (
        *("chunk", "too_long", "It is too long."),
        3,
    )
    parsed = version.step("parse")
    assert parsed is not None
    assert (parsed.state, parsed.attempts, parsed.error) == ("done", 1, None)


async def test_the_state_of_documents_that_are_there_is_carried_over(postgres: str) -> None:
    """What an older release knew of its documents' steps is known after the migration."""
    name = f"t_{new_id().hex}"
    with psycopg.connect(postgres.replace("/citewell?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = postgres.replace("/citewell?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as connection:
        install(connection)
    upgrade(url, "0122")
    with psycopg.connect(url, autocommit=True) as connection:
        _insert_old_versions(connection)
    upgrade(url)
    database = Database(url)
    async with database.read() as session:
        found = {row.number: row for row in await session.scalars(select(DocumentVersion))}
    await database.close()
    assert [(row.step, row.state) for row in found[1].steps] == [(step.name, "done") for step in pipeline.STEPS]
    assert found[1].input_hash("parse") == "p"
    assert found[1].input_hash("chunk") == "c"
    failed = found[2].failure
    assert failed is not None
    assert (failed.step, failed.error_code, failed.error, failed.attempts) == ("chunk", "too_long", "It is long.", 2)
    assert [row.state for row in found[3].steps] == ["done", "done", "pending"]
    assert found[3].last_error == "no disk"
    assert found[4].steps == []


def _insert_old_versions(connection: psycopg.Connection) -> None:
    project, document = new_id(), new_id()
    connection.execute(
        "INSERT INTO projects (id, name, business_brief, settings) VALUES (%s, 'Old', '', '{}')", [project]
    )
    connection.execute(
        "INSERT INTO documents (project_id, id, name, content_type, source, source_metadata, metadata, status,"
        " file_key, file_size) VALUES (%s, %s, 'a', '', 'upload', '{}', '[]', 'active', 'f', 1)",
        [project, document],
    )

    def version(number: int, stage: str, run: UUID | None, **more: object) -> None:
        values = {
            "project_id": project, "id": new_id(), "document_id": document, "number": number, "file_key": "f",
            "sha256": b"", "stage": stage, "started": run is not None, "attempts": 1, "pages_done": 0, "run_id": run,
        } | more  # fmt: skip
        columns, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        connection.execute(f"INSERT INTO document_versions ({columns}) VALUES ({places})", values)

    version(1, "published", new_id(), parse_key="p", chunk_key="c")
    failure = {"failed_stage": "parsed", "failure_code": "too_long", "failure_reason": "It is long.", "attempts": 2}
    version(2, "failed", new_id(), parse_key="p", **failure)
    version(3, "chunked", new_id(), last_error="no disk")
    version(4, "uploaded", None, attempts=0)


@pytest.mark.parametrize("ended", ["deleted", "superseded", "failed"])
async def test_a_version_whose_way_has_ended_takes_no_step_and_no_result(way: Way, ended: str) -> None:
    """A job that is still queued does not begin; a step that is at work when the document is deleted stores nothing."""
    await way.done("parse")
    project_id, identity = way.version.project_id, (way.version.project_id, way.version.id)
    async with way.database.write() as session:
        begun = await step_state.begin(session, project_id, [way.version.id], "chunk", 1)
        (await session.get_one(DocumentVersion, identity)).stage = ended
    async with way.database.write() as session:
        assert not await step_state.begin(session, project_id, [way.version.id], "chunk", 2)
        assert not await finish(session, way.version, "chunk", begun, "chunked")
    async with way.database.read() as session:
        assert (await session.get_one(DocumentVersion, identity)).stage == ended
    assert (await way.states())["chunk"] == "running"


async def test_publishing_leaves_out_what_was_deleted_or_overtaken(way: Way) -> None:
    """What `claim` returns is all that is published."""
    version = way.version
    async with way.database.write() as session:
        newer = DocumentVersion(project_id=version.project_id, id=new_id(), document_id=version.document_id, number=9)
        newer.file_key, newer.file_size, newer.sha256, newer.stage = "f", 1, b"", "published"
        session.add(newer)
        await session.flush()
        assert await publish.claim(session, [version]) == {version.id: "published"}
        document = await session.get_one(Document, (version.project_id, version.document_id))
        document.live_version_id = newer.id
        await session.flush()
        assert await publish.claim(session, [version]) == {version.id: "superseded"}
        document.status = "deleting"
        await session.flush()
        assert await publish.claim(session, [version]) == {}


async def test_publishing_shows_the_new_version_and_forgets_what_was_overtaken(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wants_no_index(*_: object) -> bool:
        return False

    monkeypatch.setattr(publish, "wants_vector_index", wants_no_index)
    project_id, document_id = way.version.project_id, way.version.document_id
    resources: Any = None  # only for vector indexes
    async with way.database.write() as session:
        staged = StagedPassage(project_id=project_id, version_id=way.version.id, document_id=document_id)
        staged.chunk_id, staged.ordinal, staged.start_offset, staged.end_offset = new_id(), 0, 0, 1
        staged.language, staged.content = "en", "word"
        session.add(staged)
        await session.flush()
        await publish.store(session, resources, [Done(way.version, Result("a.md"), "superseded")])
        assert not list(await session.scalars(select(StagedPassage).where(StagedPassage.project_id == project_id)))
        await show_versions(session, project_id, [way.version.id])
    async with way.database.read() as session:
        assert (await session.get_one(Document, (project_id, document_id))).live_version_id == way.version.id
