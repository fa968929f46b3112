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
from sqlalchemy import update

from citewell.cli.options import DatabaseUrl, DataDir, load_settings
from citewell.documents.tasks import purge_project
from citewell.evaluation import beir, corpus
from citewell.evaluation.measure import MODES, Scores, measure
from citewell.kit.time import now
from citewell.models import Project
from citewell.process import open_process
from citewell.resources import Resources
from citewell.settings import Settings

console = Console(highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    app.command("eval", epilog="Example: citewell eval scifact/")(evaluate)


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="Folder with corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    keep: Annotated[bool, typer.Option("--keep", help="Leave the project with the corpus for a look at it.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Measure retrieval on a data set in BEIR layout: nDCG@10, recall@10 and @100, MRR@10.

    The corpus goes into a project of its own in the configured store, and is removed afterwards.
    """
    data = beir.read(dataset)
    settings = load_settings(data_dir, database_url)
    scores = asyncio.run(_evaluate(settings, data, keep=keep))
    console.print(_table(data, scores))


async def _evaluate(settings: Settings, data: beir.DataSet, *, keep: bool) -> dict[str, Scores]:
    async with open_process(settings) as resources, contextlib.AsyncExitStack() as stack:
        project_id = await corpus.make_project(resources.database, resources.extensions, f"eval: {data.name}")
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
        await session.execute(update(Project).where(Project.id == project_id).values(deleted_at=now()))
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
