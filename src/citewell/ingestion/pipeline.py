"""The way of a document: upload -> parse -> chunk -> embed -> publish.

This says what needs what, and plans the steps that can begin; `running` does them.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import InvalidFields
from citewell.ingestion import step_state, window
from citewell.ingestion.publish_mode import waiting_for_a_person
from citewell.ingestion.step_state import UPLOADED, Planned, Step, kind_of
from citewell.ingestion.steps import chunk, embed, parse, publish
from citewell.models import DocumentVersion

# In an order in which each stands behind what it needs.
STEPS = (
    Step("parse", "Parse", (), "parsed", parse.run, parse.store),
    Step("chunk", "Chunk", ("parse",), "chunked", chunk.run, chunk.store),
    # An embedding server may be remote, and is then asked for several at once. Parsers take memory: one a job.
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
    ),
)
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
    versions: Sequence[DocumentVersion],
    held: frozenset[UUID] = frozenset(),
    *,
    has_room: bool = True,
    goes_on_with: str | None = None,
) -> list[DocumentVersion]:
    """Plan the steps of versions of one project that can begin, with the session's transaction.

    `held` are the versions whose planned steps a person starts; those that have one are returned. Without room in the
    queue, steps wait for it. `goes_on_with` names the step that the calling job runs next, which needs no job.
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
            planned.append(Planned(version, step_state.step_key(step, instance), state))
    await step_state.plan(session, queue, planned)
    return [step.version for step in planned if step.state == "held"]


async def _plannable(
    session: AsyncSession, version: DocumentVersion, known: Mapping[str, str]
) -> list[tuple[Step, str]]:
    """The steps of the version, by kind and instance, whose needs are done and that are not planned yet."""
    done = {kind for kind in _BY_NAME if all(known[key] == "done" for key in known if kind_of(key) == kind)}
    found: list[tuple[Step, str]] = []
    for step in STEPS:
        if not done.issuperset(step.needs):
            done.discard(step.name)
            continue
        planned = {key for key in known if kind_of(key) == step.name}
        for instance in await step.instances(session, version) if step.instances else [""]:
            if step_state.step_key(step, instance) not in planned:
                found.append((step, instance))
                done.discard(step.name)
    return found


async def start(
    session: AsyncSession, queue: procrastinate.App, versions: Sequence[DocumentVersion], *, at_once: bool = False
) -> None:
    """Send versions of one project that are new, or were put back, on their way: as many as the window of the project
    has room for, or all `at_once` for those that somebody waits for in a conversation. The others wait for room."""
    if not versions:
        return
    room = len(versions) if at_once else await window.room(session, versions[0].project_id)
    for part, has_room in ((versions[:room], True), (versions[room:], False)):
        if part:
            await advance(session, queue, part, has_room=has_room)


async def put_back(session: AsyncSession, version: DocumentVersion, step: Step) -> None:
    """Have the version be as before the step; `start` then begins with it. Remove what the steps made yourself."""
    version.stage = stage_before(step)
    await session.flush()
    await step_state.forget(session, version, with_dependents(step))
