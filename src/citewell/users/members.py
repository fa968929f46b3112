"""Members of a project and their permissions."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.db.engine import Database
from citewell.errors import BadRequest, Forbidden, NotFound
from citewell.models import ProjectPermission, User
from citewell.users.repository import members as repository
from citewell.users.schemas import MemberUpdate
from citewell.users.service import normalised

_NO_SUCH = "There is no such user in this project."


async def list_members(
    database: Database, access: Access, search: str, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """Returns (number of members, page of them by address); `search` is a part of the address."""
    count, rows = await repository.list_members(database, access.project_id, search, limit, offset)
    return count, [
        {
            "id": row.id,
            "user": {"id": row.user_id, "email": row.email, "date_joined": row.date_joined},
            "permissions": row.permissions,
            "profile": row.profile,
        }
        for row in rows
    ]


async def update_member(
    session: AsyncSession, access: Access, permission_id: UUID, changes: MemberUpdate
) -> tuple[ProjectPermission, User]:
    """Change a member's permissions. Raises NotFound, BadRequest for the last admin, Forbidden for grants of
    superusers."""
    await repository.lock_members(session, access.project_id)
    found = await session.get(ProjectPermission, (access.project_id, permission_id))
    if found is None:
        raise NotFound(_NO_SUCH)
    if changes.permissions is not None:
        wanted = unique(changes.permissions)
        check_grant(access, wanted, had=found.permissions)
        if Permission.ADMIN not in wanted:
            await _check_not_last_admin(session, found)
        found.permissions = wanted
    if changes.profile is not None:
        found.profile = changes.profile
    session.add(
        entry_of(
            access, "permissions_changed", "user", found.user_id, permissions=found.permissions, profile=found.profile
        )
    )
    await session.flush()
    return found, await session.get_one(User, found.user_id)


async def remove_member(session: AsyncSession, access: Access, some_id: UUID) -> None:
    """Remove a member. `some_id` is that of their permissions in the project, or of the user. Raises NotFound,
    BadRequest."""
    await repository.lock_members(session, access.project_id)
    found = await repository.find_member(session, access.project_id, some_id)
    if found is None:
        raise NotFound(_NO_SUCH)
    await _remove(session, access, found)


async def remove_by_email(session: AsyncSession, access: Access, email: str) -> None:
    """Remove the member with this address. Raises BadRequest."""
    address = normalised(email)
    await repository.lock_members(session, access.project_id)
    found = await repository.find_member_with_email(session, access.project_id, address)
    if found is None:
        raise BadRequest(f"No user with the address {email} has access to this project.")
    await _remove(session, access, found)


async def _remove(session: AsyncSession, access: Access, found: ProjectPermission) -> None:
    if found.user_id == access.acting.user_id:
        raise BadRequest("You cannot remove yourself: ask another admin of the project to do it.")
    await _check_not_last_admin(session, found)
    email = (await session.get_one(User, found.user_id)).email
    session.add(entry_of(access, "user_removed", "user", found.user_id, email=email))
    await repository.delete_member(session, found)


def check_grant(access: Access, wanted: Sequence[str], had: Sequence[str] = ()) -> None:
    """Raises Forbidden for a new permission to impersonate, which only superusers grant."""
    impersonate = Permission.IMPERSONATE
    if impersonate in wanted and impersonate not in had and not access.caller.is_superuser:
        raise Forbidden(f"Only a superuser may grant {impersonate}: leave it out, or ask one.")


def unique(permissions: Iterable[Permission]) -> list[str]:
    """Returns the permissions as they are stored: each once, in the order of their definition."""
    given = set(permissions)
    return [permission.value for permission in Permission if permission in given]


async def _check_not_last_admin(session: AsyncSession, member: ProjectPermission) -> None:
    is_admin = Permission.ADMIN in member.permissions
    if is_admin and not await repository.has_other_member_with(session, member, Permission.ADMIN):
        raise BadRequest("This is the last admin of the project: make somebody else an admin first.")
