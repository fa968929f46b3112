"""What the caller may do here: the one place where access to a project is decided.

Every route of a project gets an `Access`: the project, the caller, the user as whom they act and that user's
permissions. Impersonation will change `acting` and `permissions` here and nowhere else.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from citewell.auth.caller import Caller
from citewell.auth.permissions import Permission, allows
from citewell.db.engine import Database
from citewell.errors import Forbidden, NotFound

_PERMISSIONS = text(
    "SELECT p.id, g.permissions FROM projects p"
    " LEFT JOIN project_permissions g ON g.project_id = p.id AND g.user_id = :user"
    " WHERE p.id = :project AND p.deleted_at IS NULL"
)


@dataclass(frozen=True)
class Access:
    project_id: UUID
    caller: Caller
    acting: Caller
    permissions: frozenset[str]

    @property
    def is_admin(self) -> bool:
        return self.allows(Permission.ADMIN)

    def allows(self, wanted: Permission) -> bool:
        return self.acting.is_superuser or allows(self.permissions, wanted)


async def resolve_access(database: Database, project_id: UUID, caller: Caller) -> Access:
    """Raises NotFound for a project that does not exist and Forbidden for one where the caller has no permission."""
    async with database.alone.connect() as connection:
        row = (await connection.execute(_PERMISSIONS, {"project": project_id, "user": caller.user_id})).one_or_none()
    if row is None:
        raise NotFound("There is no such project.")
    permissions = row.permissions
    if permissions is None and not caller.is_superuser:
        raise Forbidden("You have no access to this project: ask one of its admins for it.")
    return Access(project_id, caller, caller, frozenset(permissions or ()))
