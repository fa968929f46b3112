"""The user for whom an MCP tool works, and what it may reach."""

import functools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission
from citewell.auth.stream_guard import StreamGuard
from citewell.errors import CitewellError, Forbidden
from citewell.models import Project
from citewell.projects.service import list_projects
from citewell.resources import Resources

T = TypeVar("T")

_MOST_STORES = 1000


@dataclass(frozen=True)
class McpContext:
    """`projects` are the stores that the token is limited to; None for all that the caller may see.

    `may_edit` is False if the person did not allow changes of artifacts. `progress` takes done, total and a message.
    `look_again` authenticates the same token once more; `guard` asks it during calls that last.
    """

    resources: Resources
    caller: Caller
    projects: frozenset[UUID] | None
    base_url: str
    may_edit: bool = True
    progress: Callable[[float, float | None, str | None], Awaitable[None]] | None = None
    guard: StreamGuard | None = None
    look_again: Callable[[], Awaitable["McpContext"]] | None = None

    async def finish(self, work: Coroutine[Any, Any, T], project_id: UUID | None) -> T:
        """Returns what the work returns. Cancels it and raises Forbidden if the caller loses the right to the store, or
        the token, before.
        """
        if self.guard is None or self.look_again is None:
            return await work
        return await self.guard.finish_checked(work, functools.partial(self._may_go_on, project_id))

    async def _may_go_on(self, project_id: UUID | None) -> bool:
        assert self.look_again is not None
        try:
            now = await self.look_again()
            if project_id is not None:
                now = await now.in_store(project_id)
                await now.access(project_id)
        except CitewellError as error:
            return error.status >= 500  # the server cannot tell at the moment
        return now.may_edit >= self.may_edit

    async def report(self, done: float, total: float, message: str) -> None:
        """Tell the client how far a call is, if it asked for that."""
        if self.progress is not None:
            await self.progress(done, total, message)

    async def in_store(self, project_id: UUID) -> "McpContext":
        """The same, working where the store is. Raises CellUnavailable."""
        placement = self.resources.placement
        if placement is None:
            return self
        return replace(self, resources=await placement.resources_of(project_id))

    async def in_cells(self, stores: Sequence[UUID]) -> "list[tuple[McpContext, list[UUID]]]":
        """The same, working in each cell that has some of these stores, with those. Left out are those of cells that do
        not answer."""
        placement = self.resources.placement
        if placement is None:
            return [(self, list(stores))]
        places = await placement.places(stores)
        return [
            (replace(self, resources=there), [store for store in stores if places[store] == name])
            for name, there in placement.reachable().items()
            if name in places.values()
        ]

    async def access(self, project_id: UUID, wanted: Permission = Permission.VIEW) -> Access:
        """The caller's access to a store. Raises NotFound and Forbidden."""
        if self.projects is not None and project_id not in self.projects:
            raise Forbidden(
                "This connection does not reach that knowledge store: its user can connect again and choose it."
            )
        async with self.resources.database.read() as session:
            access = await resolve_access(session, project_id, self.caller)
        access.require(wanted)
        if wanted is Permission.ADMIN and not self.may_edit:
            raise Forbidden("This connection may not change artifacts: its user can connect again and allow that.")
        return access

    async def stores(self) -> Sequence[Project]:
        """The stores that the caller may read over this connection, newest first."""
        async with self.resources.database.read() as session:
            _, found = await list_projects(session, self.caller, _MOST_STORES, 0, readable=True)
        return [project for project in found if self.projects is None or project.id in self.projects]
