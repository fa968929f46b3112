"""Hands each request to the application of the cell that its address leads to."""

import re
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.cells.asking import answer_by_any, answer_list, is_for_any, list_at
from citewell.cells.hosting import Cells
from citewell.cells.projects import copy_back
from citewell.errors import CellUnavailable, CitewellError, DatabaseUnavailable
from citewell.kit.outages import explain
from citewell.kit.project_paths import project_in
from citewell.render_errors import error_response
from citewell.settings import HOME

# Members and invites are accounts: they stay in the home cell, wherever the project is.
_ACCOUNTS = re.compile(r"/api/v1/projects/[^/]+/(?:users|invites)(?:/|$)")
_ITSELF = re.compile(r"/api/v1/projects/[^/]+/?")


def project_of(path: str) -> UUID | None:
    """Returns the project whose data a request at this path is about; None for accounts and all other data."""
    return None if _ACCOUNTS.match(path) else project_in(path)


class CellMiddleware:
    """Sends each request to the cell of its project. Runs after authentication, which asks the home cell."""

    def __init__(self, app: ASGIApp, *, cells: Cells) -> None:
        self.app = app
        self.cells = cells

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        project_id = project_of(scope["path"])
        if project_id is None:
            await self._ask_cells(scope, receive, send)
            return
        try:
            app = await self._app_of(scope, project_id)
        except CitewellError as error:
            await error_response(error)(scope, receive, send)
            return
        if app is not self.app and scope["method"] in ("PATCH", "DELETE") and _ITSELF.fullmatch(scope["path"]):
            send = self._copying_back(project_id, send)
        await app(scope, receive, send)

    async def _ask_cells(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends requests that are about no project to the home cell, and those about any project to each cell that
        answers.
        """
        apps = [self.app, *(cell.app for cell in self.cells.others.values() if cell.is_up and cell.app is not None)]
        if (name := list_at(scope)) is not None:
            await answer_list(apps, name, scope, receive, send)
        elif is_for_any(scope):
            away = next((name for name, reason in self.cells.states().items() if reason), None)
            unknown = error_response(CellUnavailable(away)) if away is not None else None
            await answer_by_any(apps, unknown, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _app_of(self, scope: Scope, project_id: UUID) -> ASGIApp:
        """Raises CellUnavailable."""
        name = await self.cells.directory.cell_of(project_id)
        if name == HOME:
            return self.app
        cell = self.cells.cell(name)
        caller = scope.get("state", {}).get("caller")
        if caller is not None:
            try:
                await self.cells.ensure_user(name, caller.user_id)
            except Exception as error:
                found = explain(error)
                if found is None:
                    raise
                raise (CellUnavailable(name) if isinstance(found, DatabaseUnavailable) else found) from error
        if cell.app is None:
            raise CellUnavailable(name)
        return cell.app

    def _copying_back(self, project_id: UUID, send: Send) -> Send:
        """`send` that first has the home cell know what was changed of the project itself."""

        async def copying(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                await copy_back(self.cells, project_id)
            await send(message)

        return copying
