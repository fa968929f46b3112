"""Decides what the caller may do in a project, and as whom; no other module does.

Every route of a project gets an `Access`: the project, the caller, the user as whom they act and that user's
permissions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth import repository
from citewell.auth.caller import Caller, Standing
from citewell.auth.permissions import Permission, allows
from citewell.errors import Forbidden, NotFound

_LONGEST_EMAIL = 320


@dataclass(frozen=True)
class Access:
    """What the caller of a request may do in a project.

    `acting` is the user as whom the request acts: the caller, or the user that the caller impersonates. `permissions`
    are those of `acting`.
    """

    project_id: UUID
    caller: Caller
    acting: Caller
    permissions: frozenset[str]

    @property
    def is_admin(self) -> bool:
        return self.allows(Permission.ADMIN)

    @property
    def is_impersonated(self) -> bool:
        return self.acting.user_id != self.caller.user_id

    def allows(self, wanted: Permission) -> bool:
        return self.acting.is_superuser or allows(self.permissions, wanted)

    def require(self, wanted: Permission) -> None:
        """Raises Forbidden if the permission is missing."""
        if not self.allows(wanted):
            raise Forbidden(f"You need the permission {wanted} in this project for that.")


async def resolve_access(session: AsyncSession, project_id: UUID, caller: Caller) -> Access:
    """Returns what the caller may do in a project.

    Raises NotFound for a project that does not exist, Forbidden for one where the caller has no permission.
    """
    row = await repository.find_standing(session, project_id, caller.user_id)
    return access_of(caller, Standing(project_id, row is not None, row.permissions if row is not None else None))


def access_of(caller: Caller, standing: Standing) -> Access:
    """Like `resolve_access`, from permissions that the authentication has read already."""
    if not standing.exists:
        raise NotFound("There is no such project.")
    if standing.permissions is None and not caller.is_superuser:
        raise Forbidden("You have no access to this project: ask one of its admins for it.")
    return Access(standing.project_id, caller, caller, _granted(standing.permissions))


async def impersonate(session: AsyncSession, access: Access, email: str) -> Access:
    """Returns access as the user with this address, if the caller may impersonate and the user has access here.

    Otherwise returns `access` unchanged: a caller who may not impersonate must not learn which addresses are known.
    Raises Forbidden for a user who may do more than the caller.
    """
    if not access.allows(Permission.IMPERSONATE) or len(email) > _LONGEST_EMAIL:
        return access
    row = await repository.find_user_with_access(session, access.project_id, email.strip().lower())
    if row is None:
        return access
    if not _may_act_as(access, row):
        raise Forbidden(f"{email.strip()} has more permissions here than you: only a superuser may act as them.")
    target = Caller(row.id, row.email, row.is_superuser)
    return Access(access.project_id, access.caller, target, _granted(row.permissions))


def _may_act_as(access: Access, target: Any) -> bool:
    """Whether the target has no permission that the caller lacks.

    See docs/decisions/0007-impersonation-never-gains-rights.md.
    """
    if access.caller.is_superuser:
        return True
    mine = access.permissions
    return not target.is_superuser and all(allows(mine, Permission(name)) for name in _granted(target.permissions))


def _granted(permissions: Sequence[str] | None) -> frozenset[str]:
    return frozenset(permissions or ())
