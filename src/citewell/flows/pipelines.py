"""Pipelines that clients write as JSON: steps of documents, extractors and pushes, which run in the order of the list.

A step is a name or an object: `{"step": "object-extraction", "object_extractor_id": "..."}`. Its `depends_on` names
the steps whose results it reads, like the edges of a flow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.documents import processing
from citewell.documents.processing import add_run
from citewell.errors import InvalidFields, NotFound
from citewell.extractors.families import BY_NAME
from citewell.extractors.pushing import table_to_push
from citewell.flows.dag import BEHIND, NEEDS_ONE, Dag, Edge, Node, read_dag
from citewell.flows.planning import extractions_of
from citewell.flows.running import NO_FLOW, FlowJob, defer_run
from citewell.ingestion.pipeline import STEPS
from citewell.models import PipelineRun
from citewell.resources import Resources

_MAX_STEPS = 100
_OF_DOCUMENTS = frozenset({"parsing", "chunking", "parsing-and-chunking", *(step.name for step in STEPS)})
_PUSHES = {
    "push-chunks": ("chunk",),
    "push-objects": ("object",),
    "push-objects-to-tpuf": ("object",),
    "sync-to-graph": ("chunk", "object"),
}
# Step names that mean a family of extractors if the step names an extractor.
_OTHER_NAMES = {"parsing": "parsing", "chunking": "chunks", "chunk": "chunks"}


@dataclass
class Pipeline:
    """A pipeline. `pushes` are (type of table, id of the table or None for all of the type)."""

    of_documents: bool = False
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    pushes: list[tuple[str, str | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        dag = Dag(nodes=self.nodes, edges=self.edges).model_dump(mode="json")
        return {"dag": dag, "push": [list(one) for one in self.pushes]}


def read_pipeline(stated: Mapping[str, Any]) -> Pipeline:
    """Reads a pipeline; one without steps processes documents. Raises InvalidFields, which names the step."""
    steps = stated.get("steps")
    if steps is None:
        steps = []
    if not isinstance(steps, list) or len(steps) > _MAX_STEPS:
        raise _wrong("steps", f"Must be a list of {_MAX_STEPS} steps at most.")
    made, ids = Pipeline(of_documents=not steps), dict[str, str | None]()
    for number, step in enumerate(steps):
        _add(made, ids, f"steps[{number}]", step if isinstance(step, Mapping) else {"step": step})
    return made


def _add(made: Pipeline, ids: dict[str, str | None], place: str, step: Mapping[str, Any]) -> None:
    """Adds a step. `ids` maps the names of earlier steps to the ids of their nodes, or None for steps without one."""
    kind = str(step.get("step") or step.get("name") or step.get("type") or "").replace("_", "-")
    name = str(step.get("name") or step.get("step") or "")
    family = _family_of(kind, step)
    if family is not None:
        node = Node(id=f"{len(made.nodes)}", name=name[:200], kind=family, extractor_id=_extractor(place, family, step))
        sources = _sources(made, ids, place, node, step)
        made.nodes.append(node)
        made.edges += [Edge(source=source, target=node.id) for source in sources]
        ids[name] = ids[kind] = node.id
    elif kind in _OF_DOCUMENTS:
        made.of_documents = True
        ids[name] = ids[kind] = None
    elif kind in _PUSHES:
        table = step.get("table_id")
        made.pushes += [
            (one, None if table is None else str(_uuid(f"{place}.table_id", table))) for one in _PUSHES[kind]
        ]
        ids[name] = ids[kind] = None
    else:
        known = sorted({*_OF_DOCUMENTS, *_PUSHES, *(f"{one}-extraction" for one in BY_NAME)})
        raise _wrong(f"{place}.step", f'There is no step "{kind[:100]}". There are {", ".join(known)}.')


def _family_of(kind: str, step: Mapping[str, Any]) -> str | None:
    family = kind.removesuffix("-extraction").removesuffix("-extractor")
    other = _OTHER_NAMES.get(kind)
    if other is not None:
        return other if _named_extractor(other, step) is not None else None
    return family if family in BY_NAME else None


def _named_extractor(family: str, step: Mapping[str, Any]) -> Any:
    """Returns what the step names as its extractor, itself or in its `params`."""
    params = step.get("params")
    for holder in (step, params if isinstance(params, Mapping) else {}):
        for key in (f"{family.replace('-', '_')}_extractor_id", "extractor_id"):
            if holder.get(key) is not None:
                return holder[key]
    return None


def _extractor(place: str, family: str, step: Mapping[str, Any]) -> UUID:
    key = f"{family.replace('-', '_')}_extractor_id"
    found = _named_extractor(family, step)
    if found is None:
        raise _wrong(f"{place}.{key}", f"A step of the family {family} needs the id of its extractor.")
    return _uuid(f"{place}.{key}", found)


def _sources(
    made: Pipeline, ids: Mapping[str, str | None], place: str, node: Node, step: Mapping[str, Any]
) -> list[str]:
    """Returns the ids of the nodes that the step depends on.

    Without `depends_on`, a step that needs a source reads all earlier nodes that it may follow.
    """
    stated = step.get("depends_on")
    if stated is None:
        needed = BEHIND[node.kind] if node.kind in NEEDS_ONE else ()
        return [one.id for one in made.nodes if one.kind in needed]
    if not isinstance(stated, list):
        raise _wrong(f"{place}.depends_on", "Must be a list of the names of steps before it.")
    found = []
    for name in stated:
        key = str(name) if str(name) in ids else str(name).replace("_", "-")
        if key not in ids:
            raise _wrong(f"{place}.depends_on", f'There is no step "{str(name)[:100]}" before this one.')
        if (source := ids[key]) is not None:
            found.append(source)
    return found


async def run_pipeline(
    resources: Resources, access: Access, stated: Mapping[str, Any], document_ids: Sequence[UUID]
) -> UUID:
    """Starts the pipeline. Returns the id of its run, which ends with the last step. Raises InvalidFields."""
    pipeline = read_pipeline(stated)
    async with resources.database.read() as session:
        await _check(session, access.project_id, pipeline)
    after = None
    if pipeline.of_documents:
        started = await processing.reprocess(resources, access.project_id, access.acting.user_id, document_ids or None)
        if not pipeline.nodes and not pipeline.pushes:
            return started.run_id
        after = started.run_id
    async with resources.database.write() as session:
        run_id = await add_run(session, access.project_id, access.acting.user_id)
        (await session.get_one(PipelineRun, (access.project_id, run_id))).pipeline_name = "pipeline"
        job = FlowJob(access.project_id, run_id, NO_FLOW, list(document_ids), after, pipeline=pipeline.to_json())
        await defer_run(session, resources.queue, job)
    return run_id


async def _check(session: AsyncSession, project_id: UUID, pipeline: Pipeline) -> None:
    """Raises InvalidFields for an invalid graph, and for an extractor or table that does not exist."""
    try:
        await extractions_of(session, project_id, read_dag(pipeline.to_json()["dag"]))
        for object_type, table in pipeline.pushes:
            if table is not None:
                await table_to_push(session, project_id, UUID(table), object_type)
    except InvalidFields as error:
        raise InvalidFields({"pipeline": [one for some in error.fields.values() for one in some]}) from None
    except NotFound as error:
        raise InvalidFields({"pipeline": [error.message]}) from None


def _uuid(place: str, value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise _wrong(place, "Must be a UUID.") from None


def _wrong(place: str, message: str) -> InvalidFields:
    return InvalidFields({"pipeline": [f"{place}: {message}"]})
