"""Runs flows: documents first, then one node after the other.

The results of a node are stored under a hash of all that they depend on. So a run that continues, after a crash or in
its next slice, finds the results that exist, and a run after a change makes only those that depend on it. A run has no
other state.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import procrastinate
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.errors import CitewellError
from citewell.extractors import results
from citewell.extractors.alert_runs import instructed_alerts
from citewell.extractors.alert_tables import alerts_are_of, write_all_alerts
from citewell.extractors.making import maker_of, model_of
from citewell.extractors.repository.pushed import tables_of_type, tables_to_sync
from citewell.extractors.run_jobs import SLICE_SECONDS
from citewell.extractors.running import add_alerts, fail_run, push_tables, reason_of
from citewell.extractors.service import tables_of
from citewell.extractors.work import (
    Making,
    Stopped,
    deploy_output,
    inputs_digest,
    log_line,
    make_missing,
    output_table,
    write_output,
)
from citewell.flows.dag import Node, read_dag
from citewell.flows.planning import Extraction, Planner, extractions_of
from citewell.flows.stored import find_flow, publishes_itself
from citewell.jobs.progress import note_progress
from citewell.jobs.publishing import defer_later
from citewell.jobs.queue import RETRIES, is_last_attempt, refuse_killer
from citewell.kit.ids import new_id
from citewell.kit.outages import outage
from citewell.models import KnowledgeTable, PipelineRun, TableVersion
from citewell.models.base import UNFINISHED
from citewell.resources import Resources
from citewell.tables.repository.tables import newest_version

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 2  # between two checks whether the documents are ready
_ALERTS = ("object-alerts", "tag-alerts")
_ENDED = ("completed", "completed_with_warnings", "failed", "aborted")
NO_FLOW = UUID(int=0)  # stands for the flow in a run of a pipeline


class FlowJob(msgspec.Struct, frozen=True):
    """The arguments of a run's job.

    `after` is the run that processes the documents. `failed` holds, by node, the documents that the run gave up. A
    `pipeline` replaces the flow's graph, and may name tables to push at the end.
    """

    project_id: UUID
    run_id: UUID
    flow_id: UUID
    document_ids: list[UUID] = []
    after: UUID | None = None
    failed: dict[str, set[UUID]] = {}
    pipeline: dict[str, Any] | None = None


async def run_flow(resources: Resources, job: FlowJob, *, slice_seconds: float = SLICE_SECONDS) -> None:
    """Makes the missing results of a flow.

    Does nothing if the run was aborted or has ended. After `slice_seconds` it queues another job, which continues.
    """
    project_id, pipeline = job.project_id, job.pipeline
    ready = await _begin(resources, project_id, job.run_id, job.after)
    if ready is None:
        return
    given_up = {node: set(ids) for node, ids in job.failed.items()}
    if ready:
        async with resources.database.read() as session:
            run = await session.get_one(PipelineRun, (project_id, job.run_id))
            dag = read_dag(pipeline["dag"] if pipeline else (await find_flow(session, project_id, job.flow_id)).dag)
            extractions = await extractions_of(session, project_id, dag)
        planner = Planner(dag, extractions, resources.models, job.document_ids)
        flow_run = FlowRun(resources, run, job.flow_id, planner, slice_seconds)
        try:
            if await flow_run.run_nodes(given_up):
                await flow_run.end(given_up, pushes=pipeline["push"] if pipeline else ())
                return
        except Stopped:
            return
    following = msgspec.structs.replace(job, failed={node: ids for node, ids in given_up.items() if ids})
    async with resources.database.write() as session:
        await defer_run(session, resources.queue, following, wait=not ready)


async def defer_run(session: AsyncSession, queue: procrastinate.App, job: FlowJob, *, wait: bool = False) -> None:
    """Queues the job that begins or continues a run; with `wait`, it starts after _LOOK_SECONDS."""
    # One run of a flow works at a time, so that no two ask a model for the same result. The same holds for pipelines.
    lock = f"flow:{job.flow_id}" if job.pipeline is None else f"pipelines:{job.project_id}"
    arguments = msgspec.to_builtins(job, order="deterministic")
    await defer_later(session, queue, "flows:run", _LOOK_SECONDS if wait else 0, lock=lock, **arguments)


async def _begin(resources: Resources, project_id: UUID, run_id: UUID, after: UUID | None) -> bool | None:
    """Whether the documents are ready; None if the run must not continue."""
    async with resources.database.write() as session:
        run = await session.get(PipelineRun, (project_id, run_id), with_for_update=True)
        if run is None or run.status not in UNFINISHED:
            return None
        run.status, run.attempt = "running", new_id()
        before = await session.get(PipelineRun, (project_id, after)) if after else None
        return before is None or before.status in _ENDED


class FlowRun:
    """One slice of a run.

    Only the time for making results counts: listing the missing results of many documents may take longer than a slice,
    and each slice repeats it.
    """

    def __init__(
        self, resources: Resources, run: PipelineRun, flow_id: UUID, planner: Planner, slice_seconds: float
    ) -> None:
        self._resources = resources
        self._run = run
        self._flow_id = flow_id
        self._planner = planner
        self._seconds_left = slice_seconds

    async def run_nodes(self, given_up: dict[str, set[UUID]]) -> bool:
        """Runs all nodes in their order. Returns False if the slice ended before they were done.

        Adds to `given_up`, by node, the documents that have no result. Raises Stopped.
        """
        # Alerts come last: another slice of the run would write them again.
        for node in sorted(self._planner.dag.in_order(), key=lambda one: one.kind in _ALERTS):
            if not node.is_step and not await self.run_node(node, given_up.setdefault(node.id, set())):
                return False
        return True

    async def run_node(self, node: Node, given_up: set[UUID]) -> bool:
        """Makes and stores the missing results of the node. Returns False if the slice ended before they were done.

        Adds to `given_up` the documents that have no result. Raises Stopped.
        """
        found = self._planner.extractions[node.id]
        if node.kind in _ALERTS:
            return await self._find_alerts(node, found)
        project_id = self._run.project_id
        async with self._resources.database.write() as session:
            table = await output_table(session, found.family, found.extractor)
            if table is None:
                return True
            wanted = await self._planner.inputs(session, node)
            done = await results.made(session, project_id, wanted)
        missing = [one for one in wanted if one.result_id not in done and one.document_id not in given_up]
        if missing:
            model = model_of(self._resources, found.version)
            maker = maker_of(self._resources, found.family, found.version, model)
            making = Making(self._run, found.version, model, maker, len(wanted), given_up)
            seconds, begun = max(self._seconds_left, 0.1), time.monotonic()
            left = await make_missing(self._resources, making, missing, seconds)
            self._seconds_left -= time.monotonic() - begun
            if left:
                return False
        await self._write(found, table, [one for one in wanted if one.document_id not in given_up])
        return True

    async def _write(self, found: Extraction, table: KnowledgeTable, wanted: Sequence[results.Input]) -> None:
        """Writes a new version of the table, unless its newest one consists of the same results."""
        async with self._resources.database.write(statement_seconds=0) as session:
            await self._still_runs(session)
            output = await newest_version(session, self._run.project_id, table.id)
            if output is None or not _is_made_of(output, found, wanted):
                output, stated = await write_output(session, self._run, found.version, table, wanted)
                await add_alerts(session, self._run, found.version, found.family, output, stated)
            if not output.deployed and (
                self._flow_id == NO_FLOW or await publishes_itself(session, self._run.project_id, self._flow_id)
            ):
                await deploy_output(session, found.version, table, output)
            await note_progress(session)

    async def _find_alerts(self, node: Node, found: Extraction) -> bool:
        """Finds alerts in the tables of the nodes before it, once in a run. Returns False if the slice ended before."""
        tables: list[UUID] = []
        origin = {"run": str(self._run.id), "extractor_version": str(found.version.id), "node": node.id}
        async with self._resources.database.read() as session:
            if await alerts_are_of(session, found.family, found.version, origin):
                return True
            for source in self._planner.dag.sources(node):
                before = self._planner.extractions[source.id]
                made = await tables_of(session, self._run.project_id, before.family, [before.extractor.id])
                tables += [table.id for table in made[before.extractor.id].values()]
            ids = [one.document_id for one in await self._planner.inputs(session, node)]
        begun = time.monotonic()
        stated, left = await instructed_alerts(
            self._resources, self._run, found.version, found.family, ids, tables, self._seconds_left
        )
        self._seconds_left -= time.monotonic() - begun
        if left:
            return False
        async with self._resources.database.write(statement_seconds=0) as session:
            await self._still_runs(session)
            count = await write_all_alerts(session, found.family, found.version, ids, tables, stated, origin)
            log_line(session, self._run, f"{found.extractor.name}: {count:,} alerts")
        return True

    async def _still_runs(self, session: AsyncSession) -> None:
        key = (self._run.project_id, self._run.id)
        current = await session.get(PipelineRun, key, with_for_update=True, populate_existing=True)
        if current is None or current.status != "running":
            raise Stopped

    async def end(self, given_up: Mapping[str, set[UUID]], pushes: Sequence[Sequence[str | None]] = ()) -> None:
        """Ends the run.

        It has failed if some node has no result for any document. If it has not, pushes the tables of `pushes`.
        """
        async with self._resources.database.write() as session:
            await self._still_runs(session)
            ended = await session.get_one(PipelineRun, (self._run.project_id, self._run.id))
            for node in self._planner.dag.nodes:
                if (failing := given_up.get(node.id)) and len(failing) >= len(
                    await self._planner.inputs(session, node)
                ):
                    log_line(session, self._run, f"{node.name or node.id}: no document has a result")
                    ended.status = "failed"
            if ended.status == "running" and not pushes:
                ended.status = "completed"
            tables = [
                table.id
                for object_type, wanted in pushes
                for table in await _pushed(session, self._run.project_id, str(object_type), wanted)
            ]
        if pushes:
            await push_tables(self._resources, self._run.project_id, self._run.id, tables)


async def _pushed(
    session: AsyncSession, project_id: UUID, object_type: str, wanted: str | None
) -> list[KnowledgeTable]:
    """Returns the table of this id, or all tables of the type that a sync pushes."""
    if wanted is None:
        return await tables_to_sync(session, project_id, [object_type])
    return [one for one in await tables_of_type(session, project_id, [object_type]) if str(one.id) == wanted]


def _is_made_of(output: TableVersion, found: Extraction, wanted: Sequence[results.Input]) -> bool:
    version, inputs = output.origin.get("extractor_version"), output.origin.get("inputs")
    return version == str(found.version.id) and inputs == inputs_digest(wanted)


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of the namespace `flows`."""
    blueprint = procrastinate.Blueprint()

    @blueprint.task(name="run", pass_context=True, retry=RETRIES)
    async def run(context: procrastinate.JobContext, /, **arguments: Any) -> None:
        resources: Resources = context.additional_context["resources"]
        job = msgspec.convert(arguments, FlowJob)
        try:
            refuse_killer(context.job)
            await run_flow(resources, job)
        except Exception as error:
            log.warning("flow_broke", run=str(job.run_id), exc_info=error)
            is_final = isinstance(error, CitewellError) and outage(error) is None
            if not is_final and not is_last_attempt(error, context.job):
                raise
            await fail_run(resources, job.project_id, job.run_id, reason_of(error))

    return blueprint
