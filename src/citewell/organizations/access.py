"""Who may do what with an organisation: superusers, its admins, and whoever has one of its keys."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.caller import Caller
from citewell.auth.dependencies import CallerParam, ResourcesParam
from citewell.auth.tokens import digest
from citewell.errors import Forbidden, NotAuthenticated, NotFound
from citewell.models import Organization, OrganizationKey
from citewell.organizations.repository import organizations as repository

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
    found = await repository.find_key_with_hash(resources.database, digest(key))
    if found is None:
        raise NotAuthenticated("The key is not valid, or was deleted: ask for a new one.")
    return KeyHolder(found.organization_id, found.id, found.name)


Superuser = Annotated[Caller, Depends(_superuser)]
KeyHolderParam = Annotated[KeyHolder, Depends(_key_holder)]


async def organization_for(session: AsyncSession, caller: Caller, organization_id: UUID) -> Organization:
    """Returns the organisation, for superusers and its admins. Raises NotFound."""
    found = await repository.find_organization(session, organization_id, admin_id_of(caller))
    if found is None:
        raise NotFound(_NO_SUCH)
    return found


def admin_id_of(caller: Caller) -> UUID | None:
    """Whose organisations the caller may see: their own id, and None, which stands for all, for a superuser."""
    return None if caller.is_superuser else caller.user_id


async def key_of(session: AsyncSession, organization_id: UUID, key_id: UUID) -> OrganizationKey:
    """Raises NotFound."""
    found = await repository.find_key(session, organization_id, key_id)
    if found is None:
        raise NotFound("The organisation has no such key.")
    return found
