"""`citewell audit`: who did what."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from citewell.audit.reading import AuditFilters, list_in_cells
from citewell.cli.options import DatabaseUrl, DataDir, settings_of_existing
from citewell.cli.projects import cell_of, find_project, open_all_cells
from citewell.settings import HOME, Settings

console = Console(highlight=False)


def add_to(app: typer.Typer) -> None:
    app.command(epilog='Example: citewell audit --project "Quarterly reports" --action user_removed --json')(audit)


def audit(
    project: Annotated[str | None, typer.Option(help="Only what belongs to this project (name or id).")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, like login_failed or user_removed.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what the user with this address did.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this time on, in UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many, the newest.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Show the audit log, newest first."""
    settings = settings_of_existing(data_dir, database_url)
    rows = asyncio.run(_read(settings, project, AuditFilters(action=action, actor=actor, since=since), limit))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row._asdict(), default=str))
        return
    table = Table("time", "action", "by", "as", "what", "more", box=None)
    for row in rows:
        acting = row.acting_email if row.acting_email != row.actor_email else ""
        what = f"{row.object_type} {row.object_id}".strip()
        more = " ".join(f"{key}={value}" for key, value in row.detail.items())
        table.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}", row.action, row.actor_email or "-", acting, what, more)
    console.print(table)


async def _read(settings: Settings, project: str | None, filters: AuditFilters, limit: int) -> list[Any]:
    async with open_all_cells(settings) as processes:
        asked = processes[HOME]
        if project is not None:
            project_id = await find_project(asked, project)
            asked = processes.get(await cell_of(asked, project_id), asked)
            filters = replace(filters, project=project_id)
        return (await list_in_cells(asked, filters, limit, 0))[1]
