"""Members of the project of `api`, with the permissions that a test names."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from citewell.kit.ids import new_id
from citewell.models import ProjectPermission
from citewell.process import Process
from citewell.users.service import ensure_user
from tests.conftest import Api, client_of

VIEW, RUN, ADMIN = "CAN_VIEW_DATA", "CAN_RUN_TASKS", "CAN_PERFORM_ADMIN_ACTIONS"
IMPERSONATE = "CAN_IMPERSONATE_OTHER_USERS"


@dataclass
class Member(Api):
    email: str = ""

    @property
    def impersonation(self) -> dict[str, str]:
        """The header with which somebody else acts as this user."""
        return {"X-Impersonate-Email": self.email}


Join = Callable[..., Awaitable[Member]]


def address() -> str:
    return f"{new_id().hex}@example.org"


@pytest.fixture
async def join(process: Process, server: str, api: Api) -> AsyncIterator[Join]:
    """`await join(VIEW)`: the client of a new user with these permissions in the project of `api`."""
    async with contextlib.AsyncExitStack() as stack:

        async def joined(*permissions: str, superuser: bool = False) -> Member:
            email = address()
            client = await stack.enter_async_context(client_of(process, server, email, superuser=superuser))
            if permissions:
                await grant(process, api.project, email, list(permissions))
            return Member(client.http, client.token, server, api.project, email)

        yield joined


async def grant(process: Process, project: str, email: str, permissions: list[str]) -> None:
    async with process.database.write() as session:
        user = await ensure_user(session, email)
        session.add(ProjectPermission(project_id=UUID(project), user_id=user.id, permissions=permissions))
