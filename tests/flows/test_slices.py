"""Runs of flows that are broken off, or whose model has no answer: nothing wrong is kept, and nothing made twice."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from citewell.agent.protocol import ModelError
from citewell.documents.processing import add_run
from citewell.flows import running
from citewell.flows.planning import Planner
from citewell.flows.running import FlowJob
from citewell.models import PipelineRun
from citewell.process import Process
from tests.conftest import Api
from tests.documents.test_processing import active
from tests.flows.test_graphs import CLASS, LEASE, LOAN, TREE, dag, make, node, rows, run, versions


async def contracts_behind(api: Api, chosen: dict[str, Any], *more: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A flow of tags, a filter by them, objects behind it, and `more` behind the tags; and the object extractor."""
    tags = await make(api, "tag", tagging_tree=TREE)
    some = await make(api, "chunk-tag-filter", filter=chosen)
    objects = await make(api, "object", extractable_pydantic_class=CLASS)
    graph = dag(
        [
            node("tags", "tag", tags),
            *(node(f"more{number}", "tag-alerts", one) for number, one in enumerate(more)),
            node("some", "chunk-tag-filter", some),
            node("contracts", "object", objects),
        ],
        ("publish", "tags"),
        ("tags", "some"),
        ("some", "contracts"),
        *(("tags", f"more{number}") for number in range(len(more))),
    )
    made = await api.post("/extraction-flows/", json={"name": "Contracts", "dag": graph})
    assert made.status_code == 201, made.text
    return made.json()["id"], objects


async def begun(process: Process, project: UUID) -> UUID:
    """A run of a flow that no job works on."""
    async with process.database.write() as session:
        return await add_run(session, project, None)


async def set_status(process: Process, project: UUID, run_id: UUID, status: str) -> None:
    async with process.database.write() as session:
        (await session.get_one(PipelineRun, (project, run_id))).status = status


@pytest.mark.parametrize("chosen", [{"included_tags": ["lease"]}, {"excluded_tags": ["loan"]}])
async def test_what_a_model_refused_once_is_made_by_the_next_run(
    api: Api, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, Any]
) -> None:
    """Behind a document without tags nothing is kept: it would count as made for good."""
    await active(api, "lease.md", LEASE)
    await active(api, "loan.md", LOAN)
    flow, objects = await contracts_behind(api, chosen)
    refusing = True
    usual = running.maker_of

    def maker_of(resources: Any, family: Any, *more: Any) -> Any:
        make_rows = usual(resources, family, *more)

        async def rows_of(model: Any, chunks: Sequence[Any], version_id: UUID) -> list[dict[str, Any]]:
            if refusing and family.name == "tag":
                raise ModelError("model_refused", "Not now.")
            return await make_rows(model, chunks, version_id)

        return rows_of

    monkeypatch.setattr(running, "maker_of", maker_of)
    assert (await run(api, flow))["status"] == "failed"
    assert await rows(api, objects["extracted_objects_table"]) == []
    refusing = False
    assert (await run(api, flow))["status"] == "completed"
    found = await rows(api, objects["extracted_objects_table"])
    assert [row["json_object"]["contract_number"] for row in found] == ["C-1"]


async def test_an_abort_at_the_last_moment_ends_the_run_quietly(
    api: Api, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, [flow] = UUID(api.project), (await api.get("/extraction-flows/")).json()
    run_id = await begun(process, project)
    usual = running.extractions_of

    async def abort_meanwhile(*given: Any) -> Any:
        await set_status(process, project, run_id, "aborted")
        return await usual(*given)

    monkeypatch.setattr(running, "extractions_of", abort_meanwhile)
    await running.run_flow(process, FlowJob(project, run_id, UUID(flow["id"])))
    assert (await api.get(f"/pipeline-runs/{run_id}/")).json()["status"] == "aborted"


async def test_alerts_are_written_once_in_a_run_of_many_slices(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await active(api, "lease.md", LEASE)
    await active(api, "loan.md", LOAN)
    alerts, others = await make(api, "tag-alerts"), await make(api, "tag-alerts", name="others")
    flow, objects = await contracts_behind(api, {"included_tags": ["lease", "loan"]}, alerts, others)
    usual_missing, usual_alerts, broken = running.make_missing, running.write_all_alerts, []

    async def make_one(resources: Any, making: Any, missing: Any, seconds: float) -> int:
        """As much as fits into a slice."""
        return await usual_missing(resources, making, missing[:1], seconds) + len(missing) - 1

    async def break_off_once(session: Any, family: Any, version: Any, *more: Any) -> int:
        if str(version.extractor_id) == others["id"] and not broken:
            broken.append(version.id)
            raise RuntimeError("killed")
        return await usual_alerts(session, family, version, *more)

    monkeypatch.setattr(running, "make_missing", make_one)
    monkeypatch.setattr(running, "write_all_alerts", break_off_once)
    assert (await run(api, flow))["status"] == "completed"
    assert len(await rows(api, objects["extracted_objects_table"])) == 2
    assert broken
    assert [await versions(api, one["alerts_tags_table"]) for one in (alerts, others)] == [1, 1]


async def test_planning_takes_nothing_of_a_slice(api: Api, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many documents it takes longer than a slice, and would leave no time for any work."""
    await active(api, "lease.md", LEASE)
    flow, _ = await contracts_behind(api, {"included_tags": ["lease"]})
    run_id = await begun(process, UUID(api.project))
    now, given = 0.0, []
    usual_inputs, usual_missing = Planner.inputs, running.make_missing

    async def plan_long(self: Planner, *more: Any) -> Any:
        nonlocal now
        now += 100
        return await usual_inputs(self, *more)

    async def make_missing(*more: Any) -> int:
        nonlocal now
        now += 4
        given.append(more[-1])
        return await usual_missing(*more)

    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(Planner, "inputs", plan_long)
    monkeypatch.setattr(running, "make_missing", make_missing)
    await running.run_flow(process, FlowJob(UUID(api.project), run_id, UUID(flow)), slice_seconds=10)
    assert given == [10, 6], "of each of the two nodes with something to make"
    assert (await api.get(f"/pipeline-runs/{run_id}/")).json()["status"] == "completed"
