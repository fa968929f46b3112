"""`citewell upgrade`."""

import shutil
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
import typer

from citewell.backup.taking import last_backup
from citewell.cli.options import DatabaseUrl, DataDir, embedded_or_given, other_cells, settings_of_existing
from citewell.db.migrate import migrate
from citewell.db.upgrade_plan import Plan, plan_upgrade, readable
from citewell.errors import SetupError
from citewell.settings import HOME


def add_to(app: typer.Typer) -> None:
    app.command(epilog="Example: citewell upgrade --check --data-dir /srv/citewell")(upgrade)


def upgrade(
    check: Annotated[bool, typer.Option("--check", help="Show what would change; change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --check: one JSON object.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Upgrade the database, and those of all cells, to this version's schema, as the server does when it starts.

    With --check: list the changes, an estimate of their time from the sizes of the tables, the free disk space, and
    what cannot be undone. Exits with 1 if the disk is too small.
    """
    settings = settings_of_existing(data_dir, database_url)
    with embedded_or_given(settings) as url:
        urls = {HOME: url} | other_cells(settings, url)
        if not check:
            for cell, address in urls.items():
                _upgrade(address, f"the database cell {cell}" if len(urls) > 1 else "the database")
            return
        plans = {cell: (plan_upgrade(address), last_backup(address)) for cell, address in urls.items()}
    free = None if settings.database_url else shutil.disk_usage(settings.data_dir.expanduser()).free
    if as_json:
        told = {cell: _as_json(plan, free if cell == HOME else None, backup) for cell, (plan, backup) in plans.items()}
        cells = {"cells": {cell: one for cell, one in told.items() if cell != HOME}} if len(told) > 1 else {}
        typer.echo(msgspec.json.encode(told[HOME] | cells).decode())
    else:
        for cell, (plan, backup) in plans.items():
            if len(plans) > 1:
                typer.echo(f"Database cell {cell}")
            _show(plan, free if cell == HOME else None, backup)
    needed = plans[HOME][0].bytes
    if free is not None and needed > free:
        raise SetupError(f"The disk has {readable(free)} free; the upgrade may need {readable(needed)}: free some.")


def _upgrade(url: str, what: str) -> None:
    plan = plan_upgrade(url)
    if plan.changes:
        migrate(url)
        typer.echo(f"Upgraded {what} from schema {plan.current or 'none'} to {plan.newest}.")
    else:
        typer.echo(f"Nothing to do: {what} has schema {plan.newest}.")


def _as_json(plan: Plan, free: int | None, backup: str | None) -> dict[str, Any]:
    told = {"current": plan.current, "newest": plan.newest, "changes": [asdict(one) for one in plan.changes]}
    return told | {"seconds": plan.seconds, "bytes": plan.bytes, "free_bytes": free, "last_backup": backup}


def _show(plan: Plan, free: int | None, backup: str | None) -> None:
    if not plan.changes:
        typer.echo(f"Nothing to do: the database has schema {plan.newest}.")
        return
    typer.echo(f"From schema {plan.current or 'none'} to {plan.newest}:")
    for change in plan.changes:
        typer.echo(f"  {change.revision}  about {_duration(change.seconds):>8}  {change.title}")
        for action in change.actions:
            typer.echo(f"        {action}")
    typer.echo(f"Time: about {_duration(plan.seconds)}. Each step commits by itself; one that is cut off is run again.")
    typer.echo(f"Disk: up to {readable(plan.bytes)} more{f', {readable(free)} are free' if free is not None else ''}.")
    final = [change.revision for change in plan.changes if change.is_final]
    removes = "removes" if len(final) == 1 else "remove"
    lost = f"{', '.join(final)} {removes} what older versions used: only a backup brings it back." if final else ""
    typer.echo(f"Going back: the schema only goes forward. {lost}".rstrip())
    typer.echo(f"Last backup: {backup}." if backup else "Last backup: none. Take one first: citewell backup DIR")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
