"""Who may do what with an organisation: superusers, its admins, and whoever has one of its keys."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.caller import Caller
from citewell.auth.dependencies import CallerParam, ResourcesParam
from citewell.auth.tokens import digest
from citewell.errors import Forbidden, NotAuthenticated, NotFound
from citewell.models import Organization, OrganizationKey, OrganizationMember

KEY_PREFIX = "cwk_"
_LONGEST = 200
_NO_SUCH = "There is no such organisation, or you are not one of its admins."


@dataclass(frozen=True)
class KeyHolder:
    """A system that has shown a key of the organisation."""

    organization_id: UUID
    key_id: UUID
    key_name: str


async def _superuser(caller: CallerParam) -> Caller:
    if not caller.is_superuser:
        raise Forbidden("Only a superuser may make and change organisations and their keys.")
    return caller


async def _key_holder(request: Request, resources: ResourcesParam) -> KeyHolder:
    """Raises NotAuthenticated for anything but a key that is good now."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.startswith(KEY_PREFIX) or len(key) > _LONGEST:
        raise NotAuthenticated("Send a key of the organisation: Authorization: Bearer cwk_...")
    statement = "SELECT organization_id, id, name FROM organization_keys WHERE hash = %(hash)s"
    rows = await resources.database.direct.fetch(statement, {"hash": digest(key)})
    if not rows:
        raise NotAuthenticated("The key is not valid, or was deleted: ask for a new one.")
    return KeyHolder(rows[0].organization_id, rows[0].id, rows[0].name)


Superuser = Annotated[Caller, Depends(_superuser)]
KeyHolderParam = Annotated[KeyHolder, Depends(_key_holder)]


async def organization_for(session: AsyncSession, caller: Caller, organization_id: UUID) -> Organization:
    """The organisation, for superusers and its admins. Raises NotFound."""
    query = select(Organization).where(Organization.id == organization_id)
    if not caller.is_superuser:
        query = query.where(Organization.id.in_(administered_by(caller)))
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound(_NO_SUCH)
    return found


def administered_by(caller: Caller) -> Select[UUID]:
    """A query for the organisations that the caller is an admin of."""
    member = OrganizationMember
    return select(member.organization_id).where(member.user_id == caller.user_id, member.is_admin)


async def key_of(session: AsyncSession, organization_id: UUID, key_id: UUID) -> OrganizationKey:
    """Raises NotFound."""
    query = select(OrganizationKey).where(OrganizationKey.organization_id == organization_id)
    found = (await session.scalars(query.where(OrganizationKey.id == key_id))).one_or_none()
    if found is None:
        raise NotFound("The organisation has no such key.")
    return found
