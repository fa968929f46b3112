"""`citewell retry` and `citewell why`: documents that failed, and documents that are not found."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from citewell.cli.options import DatabaseUrl, DataDir, settings_of_existing
from citewell.cli.progress import show_progress
from citewell.cli.projects import only_match, open_project
from citewell.documents import processing
from citewell.documents.diagnosis import diagnose
from citewell.documents.repository.lookup import list_ids_matching
from citewell.errors import BadRequest
from citewell.resources import Resources
from citewell.settings import Settings

console = Console(highlight=False, soft_wrap=True)

ProjectName = Annotated[str, typer.Argument(help="Name or id of the project.")]


def add_to(app: typer.Typer) -> None:
    app.command(epilog='Example: citewell retry "Quarterly reports" report.pdf --stage parse')(retry)
    app.command(epilog='Example: citewell why "Quarterly reports" report.pdf "net sales in 2023"')(why)


def retry(
    project: ProjectName,
    documents: Annotated[
        list[str] | None,
        typer.Argument(help="Names or ids of documents; without them, all failed ones.", metavar="[DOCUMENT...]"),
    ] = None,
    stage: Annotated[str | None, typer.Option(help="Begin with this step: parse, chunk, embed or publish.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Process failed documents again, or named ones from a step on, and wait until they can be searched."""
    if stage and not documents:
        raise BadRequest("Name the documents whose step to repeat.")
    settings = settings_of_existing(data_dir, database_url)
    tried, failed = asyncio.run(_retry(settings, project, documents or [], stage))
    if not tried:
        console.print("No document of this project has failed.")
    if failed:
        raise BadRequest(f"{failed} of {tried} documents failed again; the reasons are above.")


def why(
    project: ProjectName,
    document: Annotated[str, typer.Argument(help="Name or id of the document.")],
    query: Annotated[str | None, typer.Argument(help="The query that should find it.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Say why a document is not found: its state, and its rank for a query."""
    settings = settings_of_existing(data_dir, database_url)
    for line in asyncio.run(_why(settings, project, document, query)):
        console.print(line, markup=False)


async def _retry(settings: Settings, name: str, documents: list[str], stage: str | None) -> tuple[int, int]:
    """Returns (number of documents that were tried, number that failed)."""
    async with open_project(settings, name, worker=True) as project:
        resources = project.process
        if documents:
            chosen = [await _find_document(resources, project.id, document) for document in documents]
            for document_id in chosen:
                await processing.retry(resources, project.id, None, document_id, stage)
        else:
            chosen = await processing.retry_failed(resources, project.id, None)
        rows = await show_progress(resources, project.id, chosen, console) if chosen else []
    return len(chosen), sum(version.stage == "failed" for _, version in rows)


async def _why(settings: Settings, name: str, document: str, query: str | None) -> list[str]:
    async with open_project(settings, name) as project:
        document_id = await _find_document(project.process, project.id, document)
        found = await diagnose(project.process, project.id, document_id, query)
    searchable = "can be found" if found["searchable"] else "cannot be found"
    lines = [
        f"{found['document_name']} {searchable}: {found['chunks']} chunks, {found['passages']} passages, "
        f"{found['embedded_passages']} of them with vectors"
    ]
    if found["query"]:
        ranks = (f"{mode} {rank or 'not found'}" for mode, rank in found["query"]["ranks"].items())
        lines.append(f"Rank: {', '.join(ranks)}")
        lines.append(f"Words that it lacks: {', '.join(found['query']['terms_missing']) or 'none'}")
    return [*lines, *found["reasons"]]


async def _find_document(resources: Resources, project_id: UUID, name: str) -> UUID:
    """Returns a document by id or by name. Raises NotFound, and BadRequest where several have the name."""
    missing = f'There is no document "{name}" in this project.'
    async with resources.database.read() as session:
        found = await list_ids_matching(session, project_id, name, limit=2)
    return only_match(found, missing, several=f'Several documents are called "{name}".')
