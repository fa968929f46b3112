"""`citewell eval --project`: a project's ground truths asked, and runs compared."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from citewell.agent.citations import plain_history
from citewell.agents.repository import list_agents_called
from citewell.auth.access import Access, resolve_access
from citewell.cli.projects import open_project, owner_of
from citewell.errors import BadRequest, CitewellError, NotFound
from citewell.evaluation import service
from citewell.evaluation.comparing import Comparisons
from citewell.evaluation.repository import runs as repository
from citewell.evaluation.schemas import ComparisonOut, QuestionOut, RunCreate, RunOut, question_to_wire
from citewell.models import EvaluationRun
from citewell.models.base import UNFINISHED
from citewell.process import Process
from citewell.resources import Resources
from citewell.settings import Settings

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_LOOK_SECONDS = 0.5
_SHOWN_RUNS = 50
_SHARES = ("right", "retrieval_found", "verified_share", "score")
_TITLES = {
    "right": "answers right",
    "score": "answer score",
    "retrieval_found": "expected source found",
    "reciprocal_rank": "its reciprocal rank",
    "verified_share": "citations verified",
    "seconds": "seconds",
    "tokens": "tokens",
}


@dataclass(frozen=True)
class EvaluationRequest:
    """What the command was asked to do."""

    project: str
    agent: str | None
    model: str | None
    compare: tuple[UUID, UUID] | None
    list_runs: bool
    show_wrong: bool
    as_json: bool


async def evaluate_project(settings: Settings, request: EvaluationRequest) -> None:
    """Runs the jobs of evaluation itself, beside a server that may be running as well."""
    asks = request.compare is None and not request.list_runs
    only = settings.model_copy(update={"worker_queues": ["evaluate"]})
    async with open_project(only, request.project, worker=asks, embed=asks) as project:
        process = project.process
        if request.list_runs:
            await _list(process, project.id, request)
        elif request.compare is not None:
            await _compare(process, project.id, *request.compare, as_json=request.as_json)
        else:
            if process.embedder is not None:
                await process.embedder.prepare()
            await _run(process, project.id, request)


async def _run(resources: Process, project_id: UUID, request: EvaluationRequest) -> None:
    owner = await owner_of(resources)
    async with resources.database.write() as session:
        access = await resolve_access(session, project_id, owner)
    run = await _start(resources, access, request)
    console.print(f"Run {run.id}: {run.question_count} questions to {run.agent_name} ({run.model}).", markup=False)
    console.print("It goes on in the server when you interrupt this.", style="dim")
    run = await _followed(resources, run)
    if run.state == "failed":
        raise CitewellError(run.error or "The run failed.")
    if request.as_json:
        console.print_json(RunOut.model_validate(run).model_dump_json())
    else:
        console.print(_scores(run))
    if request.show_wrong:
        await _show_wrong(resources, run)
    if run.previous_run_id is not None and not request.as_json:
        console.print(f"\nAgainst the run before: {run.better_count} better, {run.worse_count} worse.")
        console.print(
            f"citewell eval --project {request.project!r} --compare {run.previous_run_id} {run.id}", markup=False
        )


async def _start(resources: Resources, access: Access, request: EvaluationRequest) -> EvaluationRun:
    async with resources.database.write() as session:
        agent_id = None
        if request.agent is not None:
            found = await list_agents_called(session, access.project_id, request.agent)
            if len(found) != 1:
                reason = "There are several agents" if found else "The project has no agent"
                raise BadRequest(f'{reason} called "{request.agent}".')
            agent_id = found[0].id
        wanted = RunCreate(agent_settings=agent_id, model=request.model)
        return await service.start_run(session, resources, access, wanted)


async def _followed(resources: Resources, run: EvaluationRun) -> EvaluationRun:
    """Returns the run once it has ended."""
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("asking", total=run.question_count)
        while True:
            async with resources.database.read() as session:
                found = await session.get(EvaluationRun, (run.project_id, run.id))
            if found is None:
                raise NotFound("The run was deleted.")
            progress.update(task, completed=found.answered_count)
            if found.state not in UNFINISHED:
                return found
            await asyncio.sleep(_LOOK_SECONDS)


def _scores(run: EvaluationRun) -> Table:
    scores = run.scores or {}
    judged = scores["right"] + scores["wrong"]
    table = Table("measure", "value", box=None)
    table.add_row("answers right", f"{scores['right']} of {judged}{_share(scores['accuracy'])}")
    if scores["failed"]:
        table.add_row("without an answer", str(scores["failed"]))
    found = f"{_percent(scores['retrieval_found'])} of {scores['retrieval_judged']}"
    table.add_row("expected source found", found if scores["retrieval_judged"] else "no question names one")
    if scores["mean_reciprocal_rank"] is not None:
        table.add_row("mean reciprocal rank", f"{scores['mean_reciprocal_rank']:.3f}")
    table.add_row("citations verified", _percent(scores["verified_share"]))
    table.add_row("seconds a question", "-" if scores["seconds_mean"] is None else f"{scores['seconds_mean']:.1f}")
    table.add_row("tokens in, out", f"{scores['tokens_input']:,}, {scores['tokens_output']:,}")
    if scores.get("cost"):
        table.add_row("cost", f"{scores['cost']:.4f} {scores['currency']}")
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _share(share: float | None) -> str:
    return "" if share is None else f" ({_percent(share)})"


async def _show_wrong(resources: Resources, run: EvaluationRun) -> None:
    async with resources.database.read() as session:
        _, rows = await repository.list_questions(session, run, None, run.question_count, 0)
    for row in rows:
        if row.is_right:
            continue
        shown = QuestionOut.model_validate(question_to_wire(row))
        console.print(f"\n{shown.position + 1}. {shown.query}", markup=False, style="bold")
        console.print(f"   expected: {shown.expected_answer}", markup=False)
        console.print(f"   missing:  {', '.join(shown.missing) or '-'}", markup=False)
        console.print(f"   answer:   {shown.error or ' '.join(plain_history(shown.answer).split())}", markup=False)


async def _list(resources: Resources, project_id: UUID, request: EvaluationRequest) -> None:
    async with resources.database.read() as session:
        count, rows = await repository.list_runs(session, project_id, None, _SHOWN_RUNS, 0)
    if request.as_json:
        console.print_json(json.dumps([RunOut.model_validate(row).model_dump(mode="json") for row in rows]))
        return
    names = ("run", "begun", "agent", "model", "state", "right", "found", "verified", "better", "worse")
    table = Table(*(Column(name, no_wrap=name in ("run", "begun")) for name in names), box=None)
    for row in rows:
        scores = row.scores or {}
        shares = (scores.get(name) for name in ("accuracy", "retrieval_found", "verified_share"))
        changes = (row.better_count, row.worse_count) if row.previous_run_id else ("", "")
        state = row.state if row.state == "completed" else f"{row.state} ({row.answered_count} of {row.question_count})"
        told = (str(row.id), f"{row.created_at:%Y-%m-%d %H:%M}", row.agent_name, row.model, state)
        table.add_row(*told, *map(_percent, shares), *map(str, changes))
    console.print(table, markup=False)
    if count > len(rows):
        console.print(f"{count - len(rows)} earlier ones are not shown.")


async def _compare(resources: Resources, project_id: UUID, before: UUID, after: UUID, *, as_json: bool) -> None:
    former, run, found = await Comparisons().of(resources.database, project_id, after, before)
    shown = ComparisonOut.model_validate(
        {"before": RunOut.model_validate(former), "after": RunOut.model_validate(run), **found}
    )
    if as_json:
        console.print_json(shown.model_dump_json())
        return
    table = Table("measure", "questions", "before", "after", "difference (95 %)", box=None)
    for one in shown.metrics:
        table.add_row(_TITLES[one.metric], str(one.pairs), *_values(one.metric, one.model_dump()))
    console.print(table)
    sure = "" if shown.p_value is None else f"; by chance alone with probability {shown.p_value:.3f} (McNemar)"
    console.print(f"\n{shown.better} better, {shown.worse} worse, {shown.same} the same{sure}.")
    for change in shown.changed:
        console.print(f"  {change.change:<6}  {change.query}", markup=False)


def _values(metric: str, one: dict[str, Any]) -> tuple[str, str, str]:
    scale, unit, places = (100, " %", 0) if metric in _SHARES else (1, "", 0 if metric == "tokens" else 3)
    before, after, difference, low, high = (
        one[name] * scale for name in ("before", "after", "difference", "low", "high")
    )
    spread = f"{difference:+.{places}f} ({low:+.{places}f} to {high:+.{places}f})"
    return f"{before:.{places}f}{unit}", f"{after:.{places}f}{unit}", spread
