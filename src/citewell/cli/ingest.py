"""`citewell ingest`."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy import select

from citewell.cli.options import DatabaseUrl, DataDir, load_settings
from citewell.cli.progress import show_progress
from citewell.cli.uploads import opened
from citewell.cli.welcome import OWNER
from citewell.documents.uploads import add_documents
from citewell.errors import BadRequest, NotFound
from citewell.models import Project
from citewell.process import open_process
from citewell.resources import Resources
from citewell.settings import Settings
from citewell.users.service import ensure_user

console = Console(highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    app.command(epilog='Example: citewell ingest "Quarterly reports" reports/*.pdf')(ingest)


def ingest(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    files: Annotated[list[Path], typer.Argument(help="Files to add.", metavar="FILE...")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add files to a project and wait until they can be asked."""
    settings = load_settings(data_dir, database_url)
    failed = asyncio.run(_ingest(settings, project, files))
    if failed:
        raise BadRequest(f"{failed} of {len(files)} files failed; the reasons are above.")


async def _ingest(settings: Settings, name: str, paths: list[Path]) -> int:
    """How many files failed."""
    with opened(paths) as uploads:
        async with open_process(settings, worker=True) as resources:
            project = await find_project(resources, name)
            async with resources.database.write() as session:
                owner = await ensure_user(session, OWNER, superuser=True)
            documents = await add_documents(resources, project.id, owner.id, uploads)
            rows = await show_progress(resources, project.id, [row.id for row in documents], console)
    return sum(version.stage == "failed" for _, version in rows)


async def find_project(resources: Resources, name: str) -> Project:
    """By id or by name. Raises NotFound, or BadRequest where several have the name."""
    query = select(Project).where(Project.deleted_at.is_(None))
    query = query.where(Project.id == UUID(name)) if _is_uuid(name) else query.where(Project.name == name)
    async with resources.database.read() as session:
        found = list(await session.scalars(query.limit(2)))
    if not found:
        raise NotFound(f'There is no project "{name}": make it with `citewell project create "{name}"`.')
    if len(found) > 1:
        raise BadRequest(f'Several projects are called "{name}": use the id of one.')
    return found[0]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
