"""The way of a document: upload -> parse -> chunk -> embed -> publish.

Every step is a job of the queue. Its result, its state and the jobs of what comes after it commit together, so a
process may be killed anywhere: the job runs again, and finds either its work undone or the step done.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.ingestion import step_state, window
from citewell.ingestion.publish_mode import waits_for_a_person
from citewell.ingestion.run_log import finish_run, log_line
from citewell.ingestion.step_state import ENDED, UPLOADED, Overtaken, Step, StepContext, StepFailed, kind_of
from citewell.ingestion.steps import chunk, embed, parse, publish
from citewell.jobs import Retrying
from citewell.kit import tracing
from citewell.kit.metrics import STEP_SECONDS, timed
from citewell.kit.outages import REASONS, outage
from citewell.models import Document, DocumentVersion, PipelineRun
from citewell.resources import Resources

log = structlog.get_logger(__name__)

# In an order in which each stands behind what it needs.
STEPS = (
    Step("parse", "Parse", (), "parsed", parse.run),
    Step("chunk", "Chunk", ("parse",), "chunked", chunk.run),
    Step("embed", "Analyse and embed", ("chunk",), "embedded", embed.run),
    Step("publish", "Publish", ("embed",), "published", publish.run, is_held=waits_for_a_person),
)
MAX_ATTEMPTS = 4
_LOOK_SECONDS = 0.5  # between two looks whether a document still wants what is done for it
_BY_NAME = {step.name: step for step in STEPS}


def step_named(name: str) -> Step:
    """Raises InvalidFields that names the steps there are."""
    found = _BY_NAME.get(name)
    if found is None:
        raise InvalidFields({"stage": [f"Must be one of {', '.join(_BY_NAME)}."]})
    return found


def stage_before(step: Step) -> str:
    """The stage of a version that has all that the step needs, and no more."""
    gives = [_BY_NAME[name].gives for name in step.needs]
    return next((stage for stage in gives if stage), UPLOADED)


def with_dependents(step: Step) -> list[str]:
    """The step's name and those of all that need its result, directly or not."""
    found = [step.name]
    for other in STEPS:
        if other.name not in found and set(other.needs) & set(found):
            found.append(other.name)
    return found


async def advance(
    session: AsyncSession,
    queue: procrastinate.App,
    version: DocumentVersion,
    held: frozenset[str] = frozenset(),
    *,
    has_room: bool = True,
) -> list[str]:
    """Plan the steps that can begin, with the session's transaction; returns the keys of those that are held.

    `held` are the names of steps that a person starts. Without room in the queue, the others wait for it.
    """
    known = await step_state.states(session, version)
    done = {kind for kind in _BY_NAME if all(known[key] == "done" for key in known if kind_of(key) == kind)}
    waiting: list[str] = []
    for step in STEPS:
        if not done.issuperset(step.needs):
            done.discard(step.name)
            continue
        planned = {key for key in known if kind_of(key) == step.name}
        for instance in await step.instances(session, version) if step.instances else [""]:
            key = step_state.step_key(step, instance)
            if key not in planned:
                state = "held" if step.name in held else "pending" if has_room else "waiting"
                await step_state.plan(session, queue, version, step, instance, state)
                done.discard(step.name)
                waiting += [key] if step.name in held else []
    return waiting


async def start(
    session: AsyncSession, queue: procrastinate.App, version: DocumentVersion, *, at_once: bool = False
) -> None:
    """Send a version that is new, or was put back, on its way: as soon as the window of its project has room, or
    `at_once` for one that somebody waits for in a conversation."""
    has_room = at_once or await window.has_room(session, version.project_id)
    await advance(session, queue, version, has_room=has_room)


async def put_back(session: AsyncSession, version: DocumentVersion, step: Step) -> None:
    """Have the version be as before the step; `start` then begins with it. Remove what the steps made yourself."""
    version.stage = stage_before(step)
    await session.flush()
    await step_state.forget(session, version, with_dependents(step))


async def _completed(context: StepContext, session: AsyncSession, input_hash: str | None, stage: str | None) -> None:
    """See `StepContext.complete`."""
    version, held = context.version, set()
    for step in STEPS:
        if context.step.name in step.needs and step.is_held and await step.is_held(session, version):
            held.add(step.name)
    await step_state.finish(session, version, context.key, stage or context.step.gives, input_hash)
    if await advance(session, context.resources.queue, version, frozenset(held)):
        document = await session.get_one(Document, (version.project_id, version.document_id))
        await log_line(session, version, f"{document.name}: ready to be published")
        await finish_run(session, version)


async def run_step(
    resources: Resources, step: Step, project_id: UUID, version_id: UUID, attempt: int, instance: str = ""
) -> None:
    """Run one step of one version; `attempt` counts from 1. An exception that leaves here is retried by the queue."""
    key = step_state.step_key(step, instance)
    version = await _begin(resources, key, project_id, version_id, attempt)
    if version is None:
        return
    document = str(version.document_id)
    structlog.contextvars.bind_contextvars(project=str(project_id), document=document, version=str(version_id))
    told: tracing.Attributes = {tracing.STEP: key, tracing.DOCUMENT: document, tracing.VERSION: str(version_id)}
    try:
        with timed(STEP_SECONDS.labels(step.name)), tracing.span(f"step {step.name}", told):
            await _while_wanted(StepContext(resources, version, step, instance, _completed))
    except Overtaken:
        log.info("step_overtaken", step=step.name)
    except StepFailed as failure:
        await _fail(resources, version, key, failure)
    except Exception as error:
        # Anything else may pass: a lost connection, a full disk, a killed child. The last attempt says so; as long as
        # the surroundings are out of order, there is none.
        log.warning("step_broke", step=step.name, attempt=attempt, exc_info=error)
        if attempt < MAX_ATTEMPTS or outage(error):
            await _note(resources, version, key, f"{step.title}: {_reason(error)}")
            raise
        await _fail(resources, version, key, _gave_up(step, error, attempt))


async def _while_wanted(context: StepContext) -> None:
    """Run the step, and stop it as soon as its document was deleted, aborted or overtaken. Raises Overtaken then."""
    work = asyncio.ensure_future(context.step.run(context))
    try:
        while not (await asyncio.wait([work], timeout=_LOOK_SECONDS))[0]:
            if not await _is_wanted(context.resources, context.step, context.version):
                raise Overtaken
        await work
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _is_wanted(resources: Resources, step: Step, version: DocumentVersion) -> bool:
    query = select(DocumentVersion.stage).where(
        DocumentVersion.project_id == version.project_id, DocumentVersion.id == version.id
    )
    try:
        async with resources.database.read() as session:
            stage = await session.scalar(query)
    except (SQLAlchemyError, OSError):
        return True  # the step itself will see that the database is away
    return stage == step.gives or (stage is not None and stage not in ENDED)


async def _begin(
    resources: Resources, key: str, project_id: UUID, version_id: UUID, attempt: int
) -> DocumentVersion | None:
    """The version, if the step is to be run; it and its run are then shown as running."""
    async with resources.database.write() as session:
        version = await session.get(DocumentVersion, (project_id, version_id))
        if version is None or not await step_state.begin(session, version, key, attempt):
            return None
        if not version.started:
            version.started = True
            await session.execute(
                update(PipelineRun)
                .where(PipelineRun.project_id == project_id, PipelineRun.id == version.run_id)
                .where(PipelineRun.status == "pending")
                .values(status="running")
            )
        return version


async def _fail(resources: Resources, version: DocumentVersion, key: str, failure: StepFailed) -> None:
    async with resources.database.write() as session:
        if not await step_state.fail(session, version, key, failure.code, failure.message):
            return
        document = await session.get_one(Document, (version.project_id, version.document_id))
        await log_line(session, version, f"{document.name}: failed ({failure.code}): {failure.message}")
        await finish_run(session, version)


async def _note(resources: Resources, version: DocumentVersion, key: str, reason: str) -> None:
    with contextlib.suppress(SQLAlchemyError, OSError):  # the database may be what broke
        async with resources.database.write() as session:
            await step_state.note_error(session, version, key, reason)


def _reason(error: Exception) -> str:
    """What may be shown of an error: what is out of order, the message of one of ours, or of the system's."""
    if found := outage(error):
        return REASONS[found]
    if hasattr(error, "code") and hasattr(error, "message"):
        return str(error.message)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "something went wrong on the server; its log says what"


def _gave_up(step: Step, error: Exception, attempts: int) -> StepFailed:
    return StepFailed(
        str(getattr(error, "code", "internal")),
        f"{step.title} was tried {attempts} times without success: {_reason(error)}",
    )


def make_tasks() -> procrastinate.Blueprint:
    """One task a step, for the queue's namespace `ingestion`."""
    blueprint = procrastinate.Blueprint()
    retry = Retrying(max_attempts=MAX_ATTEMPTS, exponential_wait=2)
    for step in STEPS:
        blueprint.task(name=step.name, pass_context=True, retry=retry)(_entry(step))
    return blueprint


def _entry(step: Step) -> Callable[..., Awaitable[None]]:
    async def entry(context: procrastinate.JobContext, *, project_id: str, version_id: str, instance: str = "") -> None:
        resources: Resources = context.additional_context["resources"]
        await run_step(resources, step, UUID(project_id), UUID(version_id), context.job.attempts + 1, instance)

    return entry
