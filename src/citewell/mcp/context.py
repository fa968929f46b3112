"""The user for whom an MCP tool works, and what it may reach."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission
from citewell.errors import Forbidden
from citewell.models import Project
from citewell.projects.service import list_projects
from citewell.resources import Resources

_MOST_STORES = 1000


@dataclass(frozen=True)
class McpContext:
    """`projects` are the stores that the token is limited to; None for all that the caller may see.

    `may_edit` is False if the person did not allow changes of artifacts. `progress` takes done, total and a message.
    """

    resources: Resources
    caller: Caller
    projects: frozenset[UUID] | None
    base_url: str
    may_edit: bool = True
    progress: Callable[[float, float | None, str | None], Awaitable[None]] | None = None

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
