"""The pipeline of a document: upload -> parse -> chunk -> embed -> publish.

Lists the steps with their dependencies, and plans the steps that can begin. `running` runs them.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.ingestion import window
from citewell.ingestion.planning import Planned, plan
from citewell.ingestion.publish_mode import waiting_for_a_person
from citewell.ingestion.repository import step_state
from citewell.ingestion.stages import UPLOADED, kind_of
from citewell.ingestion.step import Step, step_key
from citewell.ingestion.steps import chunk, embed, parse, publish
from citewell.models import DocumentVersion

# Ordered so that each step comes after the steps it needs.
STEPS = (
    Step("parse", "Parse", (), "parsed", parse.run, parse.store),
    Step("chunk", "Chunk", ("parse",), "chunked", chunk.run, chunk.store),
    # An embedding server may be remote, so several requests run at once. Parsers take memory: one per job.
    Step("embed", "Analyse and embed", ("chunk",), "embedded", embed.run, embed.store, side_by_side=4),
    Step(
        "publish",
        "Publish",
        ("embed",),
        "published",
        publish.run,
        publish.store,
        claim=publish.claim,
        stored=publish.stored,
        held=waiting_for_a_person,
        is_quick=True,
    ),
)
_BY_NAME = {step.name: step for step in STEPS}


def step_named(name: str) -> Step:
    """Returns the step of this name. Raises InvalidFields, which lists the known names."""
    found = _BY_NAME.get(name)
    if found is None:
        raise InvalidFields({"stage": [f"Must be one of {', '.join(_BY_NAME)}."]})
    return found


def stage_before(step: Step) -> str:
    """Returns the stage of a version in which exactly the steps that this one needs are done."""
    gives = [_BY_NAME[name].gives for name in step.needs]
    return next((stage for stage in gives if stage), UPLOADED)


def with_dependents(step: Step) -> list[str]:
    """Returns the names of the step and of all steps that depend on it, directly or indirectly."""
    found = [step.name]
    for other in STEPS:
        if other.name not in found and set(other.needs) & set(found):
            found.append(other.name)
    return found


async def advance(
    session: AsyncSession,
    queue: procrastinate.App,
    versions: Sequence[DocumentVersion],
    held: frozenset[UUID] = frozenset(),
    *,
    has_room: bool = True,
    goes_on_with: str | None = None,
) -> list[DocumentVersion]:
    """Plans, in the session's transaction, the steps that can begin for these versions of one project.

    `held` are the versions whose next step a person starts. Returns those of them that got such a step. Without
    `has_room` the steps get no job and wait for room in the queue. `goes_on_with` names the step that the calling job
    runs next itself.
    """
    planned: list[Planned] = []
    known = await step_state.states(session, versions)
    for version in versions:
        for step, instance in await _plannable(session, version, known[version.id]):
            state = "pending" if has_room else "waiting"
            if step.held is not None and version.id in held:
                state = "held"
            elif step.name == goes_on_with and not instance:
                state = "next"
            planned.append(Planned(version, step_key(step, instance), state))
    await plan(session, queue, planned)
    return [step.version for step in planned if step.state == "held"]


async def _plannable(
    session: AsyncSession, version: DocumentVersion, known: Mapping[str, str]
) -> list[tuple[Step, str]]:
    """Returns (step, instance) of the version's steps that are not planned yet and whose needed steps are done."""
    done = {kind for kind in _BY_NAME if all(known[key] == "done" for key in known if kind_of(key) == kind)}
    found: list[tuple[Step, str]] = []
    for step in STEPS:
        if not done.issuperset(step.needs):
            done.discard(step.name)
            continue
        planned = {key for key in known if kind_of(key) == step.name}
        for instance in await step.instances(session, version) if step.instances else [""]:
            if step_key(step, instance) not in planned:
                found.append((step, instance))
                done.discard(step.name)
    return found


async def start(
    session: AsyncSession, queue: procrastinate.App, versions: Sequence[DocumentVersion], *, at_once: bool = False
) -> None:
    """Starts the processing of versions of one project that are new or were put back.

    As many start as the project's window has room for; the others wait. With `at_once` all start: use it for documents
    that somebody waits for in a conversation.
    """
    if not versions:
        return
    room = len(versions) if at_once else await window.room(session, versions[0].project_id)
    for part, has_room in ((versions[:room], True), (versions[room:], False)):
        if part:
            await advance(session, queue, part, has_room=has_room)


async def put_back(session: AsyncSession, version: DocumentVersion, step: Step) -> None:
    """Resets the version to before the step; `start` then begins with that step.

    The caller removes what the steps made.
    """
    version.stage = stage_before(step)
    await session.flush()
    await step_state.forget(session, version, with_dependents(step))
