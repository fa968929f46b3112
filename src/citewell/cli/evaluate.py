"""`citewell eval`."""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from citewell.cli.evaluate_project import EvaluationRequest, evaluate_project
from citewell.cli.options import DatabaseUrl, DataDir, expect_database, load_settings
from citewell.documents.tasks import purge_project
from citewell.errors import BadRequest
from citewell.evaluation import beir, corpus
from citewell.evaluation.measure import MODES, Scores, measure
from citewell.process import open_process
from citewell.projects.repository import mark_deleted
from citewell.resources import Resources
from citewell.settings import Settings

console = Console(highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    examples = (
        'Example: citewell eval --project "Quarterly reports", then citewell eval --project "Quarterly reports" '
        "--compare RUN RUN, or citewell eval scifact/ for a data set."
    )
    app.command("eval", epilog=examples)(evaluate)


def evaluate(
    dataset: Annotated[
        Path | None, typer.Argument(help="Folder with corpus.jsonl, queries.jsonl and qrels/test.tsv.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="Name or id of a project: ask its ground truths, and score the answers.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Name or id of the agent to ask. [default: the project's]")] = None,
    model: Annotated[str | None, typer.Option(help='Another model than the agent\'s, like "openai/llama3".')] = None,
    compare: Annotated[
        tuple[UUID, UUID] | None, typer.Option(help="Only compare two runs; give the earlier one first.")
    ] = None,
    runs: Annotated[bool, typer.Option("--runs", help="Only list the project's runs.")] = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="Show the answers that are not right.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the project with the corpus of the data set.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Measure a project's answers on its ground truths, or retrieval on a data set in BEIR layout.

    With --project, ask each ground truth: was the expected place found, does the answer have the expected figures and
    words, and how much of it is backed by citations. The run is stored and compared with the previous one. It continues
    if this command ends early. With a data set, print nDCG@10, recall@10 and @100, and MRR@10; the corpus is kept in a
    separate project and removed afterwards.
    """
    if (dataset is None) == (project is None):
        raise BadRequest("Name a folder with a data set, or a project with --project, and not both.")
    settings = load_settings(data_dir, database_url)
    if project is not None:
        expect_database(settings)
        request = EvaluationRequest(project, agent, model, compare, list_runs=runs, show_wrong=wrong, as_json=as_json)
        asyncio.run(evaluate_project(settings, request))
        return
    assert dataset
    data = beir.read(dataset)
    scores = asyncio.run(_evaluate(settings, data, keep=keep))
    console.print(_table(data, scores))


async def _evaluate(settings: Settings, data: beir.DataSet, *, keep: bool) -> dict[str, Scores]:
    async with open_process(settings) as resources, contextlib.AsyncExitStack() as stack:
        async with resources.database.write() as session:
            project_id = await corpus.make_project(session, resources.extensions, f"eval: {data.name}")
        if not keep:
            stack.push_async_callback(_remove, resources, project_id)
        with Progress(console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("loading", total=len(data.corpus))
            await corpus.load(
                resources.database,
                resources.embedder,
                project_id,
                data.corpus,
                lambda done: progress.update(task, completed=done),
            )
        modes = MODES if resources.embedder else MODES[:1]
        return {mode: await measure(resources.retriever, project_id, data, mode) for mode in modes}


async def _remove(resources: Resources, project_id: UUID) -> None:
    """The rows and files of a project are removed for good only once it is marked as deleted."""
    async with resources.database.write() as session:
        await mark_deleted(session, project_id)
    await purge_project(resources, project_id)


def _table(data: beir.DataSet, scores: dict[str, Scores]) -> Table:
    title = f"{data.name}: {len(data.corpus):,} documents, {len(data.queries):,} queries"
    table = Table(title=title, title_justify="left")
    for name in ("search", "nDCG@10", "recall@10", "recall@100", "MRR@10", "ms p50"):
        table.add_column(name, justify="left" if name == "search" else "right")
    for mode, found in scores.items():
        shares = (found.ndcg_10, found.recall_10, found.recall_100, found.mrr_10)
        table.add_row(mode, *(f"{share:.3f}" for share in shares), f"{found.milliseconds:.1f}")
    return table
