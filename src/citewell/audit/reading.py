"""Reading the audit log."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.resources import Resources
from citewell.settings import HOME

_COLUMNS = "id, at, project_id, action, actor_id, actor_email, acting_id, acting_email, object_type, object_id, detail"


@dataclass(frozen=True)
class AuditFilters:
    """Combined by AND. Without a project, all of them and what belongs to none."""

    project: UUID | None = None
    action: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_entries(database: Database, filters: AuditFilters, limit: int, offset: int) -> tuple[int, list[Any]]:
    """Returns (number of entries that pass the filters, page of them, newest first)."""
    selection = Selection(_COLUMNS, "audit_log", "at DESC, id DESC", conditions=["true"])
    if filters.project is not None:
        selection.where("project_id = %(project)s", project=filters.project)
    if filters.action:
        selection.where("action = %(action)s", action=filters.action)
    if filters.actor:
        selection.where("%(actor)s IN (actor_email, acting_email)", actor=filters.actor.strip().lower())
    if filters.since is not None:
        selection.where("at >= %(since)s", since=filters.since)
    if filters.until is not None:
        selection.where("at < %(until)s", until=filters.until)
    return await read_page(database, selection, limit, offset)


async def list_in_cells(resources: Resources, filters: AuditFilters, limit: int, offset: int) -> tuple[int, list[Any]]:
    """Lists entries of every cell that answers; those of one project from its own and the home cell.

    A project that moved has its older entries in both cells: they are shown once, but counted in each.
    """
    if resources.placement is None:
        return await list_entries(resources.database, filters, limit, offset)
    reachable = resources.placement.reachable()
    names = (resources.cell, HOME) if filters.project is not None else tuple(reachable)
    databases = [reachable[name].database for name in dict.fromkeys(names) if name in reachable]
    pages = await asyncio.gather(*(list_entries(database, filters, limit + offset, 0) for database in databases))
    found = {row.id: row for _, rows in pages for row in rows}
    newest = sorted(found.values(), key=lambda row: (row.at, row.id), reverse=True)
    return sum(count for count, _ in pages), newest[offset : offset + limit]
