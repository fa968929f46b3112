"""Applies a directory's changes to accounts and permissions.

The resource is kept as it was sent. Beside it, an active user has an account that is a member of the organisation, and
groups give the permissions that a superuser has tied to their names.
"""

from typing import Any

from scim2_models import (
    Context,
    ForbiddenException,
    InvalidValueException,
    MutabilityException,
    PatchOp,
    Resource,
    UniquenessException,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry
from citewell.errors import Forbidden
from citewell.kit.addresses import is_address
from citewell.models import ScimResource, User
from citewell.organizations.access import KeyHolder
from citewell.organizations.group_permissions import apply_to, member_ids
from citewell.organizations.provisioning import (
    check_domain,
    deprovision,
    is_member,
    organization_of,
    provision,
)
from citewell.organizations.repository.directory import list_groups
from citewell.organizations.repository.organizations import is_member_elsewhere
from citewell.organizations.scim.description import MODELS
from citewell.organizations.scim.store import get_row, kind_of, to_data, to_resource
from citewell.users.repository.users import has_user, lock_user


async def create(
    session: AsyncSession, holder: KeyHolder, collection: str, body: dict[str, Any], base: str
) -> Resource[Any]:
    """Raises SCIMException, ValidationError."""
    await organization_of(session, holder)
    sent = MODELS[collection].model_validate(body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    row = ScimResource(organization_id=holder.organization_id, kind=kind_of(collection), name=_name_of(sent))
    row.data = to_data(sent)
    session.add(row)
    await _stored(session, holder, row, sent, before=set())
    return to_resource(row, base)


async def replace(
    session: AsyncSession, holder: KeyHolder, collection: str, identity: str, body: dict[str, Any], base: str
) -> Resource[Any]:
    """Raises SCIMException, ValidationError."""
    await organization_of(session, holder)
    row = await get_row(session, holder.organization_id, collection, identity)
    sent = MODELS[collection].model_validate(body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    sent.replace(to_resource(row, base))
    return await _changed(session, holder, row, sent, base)


async def patch(
    session: AsyncSession, holder: KeyHolder, collection: str, identity: str, body: dict[str, Any], base: str
) -> Resource[Any]:
    """Raises SCIMException, ValidationError."""
    await organization_of(session, holder)
    row = await get_row(session, holder.organization_id, collection, identity)
    found = to_resource(row, base)
    wanted: Any = PatchOp.__class_getitem__(MODELS[collection])
    operations = wanted.model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    operations.patch(found)
    return await _changed(session, holder, row, found, base)


async def remove(session: AsyncSession, holder: KeyHolder, collection: str, identity: str) -> None:
    """The resource goes; a user's membership ends with it. Raises NotFoundException."""
    await organization_of(session, holder)
    row = await get_row(session, holder.organization_id, collection, identity)
    if row.kind == "User":
        await _leave_groups(session, row)
        await deprovision(session, holder, await _user(session, row))
        await session.delete(row)
        await session.flush()
        return
    members = member_ids(row.data)
    await session.delete(row)
    await session.flush()
    await apply_to(session, holder.organization_id, members)


async def _changed(
    session: AsyncSession, holder: KeyHolder, row: ScimResource, resource: Resource[Any], base: str
) -> Resource[Any]:
    before = member_ids(row.data)
    row.name, row.data = _name_of(resource), to_data(resource)
    await _stored(session, holder, row, resource, before)
    return to_resource(row, base)


async def _stored(
    session: AsyncSession, holder: KeyHolder, row: ScimResource, resource: Resource[Any], before: set[str]
) -> None:
    """Store the row, and do what it means for accounts."""
    try:
        await session.flush()
    except IntegrityError:
        raise UniquenessException(detail="There is a user with this userName already.") from None
    if row.kind == "User":
        await _keep_account(session, holder, row, resource)
    else:
        await apply_to(session, holder.organization_id, before | member_ids(row.data))
    await session.flush()
    await session.refresh(row)


async def _keep_account(session: AsyncSession, holder: KeyHolder, row: ScimResource, resource: Any) -> None:
    user = await _user(session, row)
    if resource.active is False:
        await deprovision(session, holder, user)
        return
    address = _address_of(resource)
    if user is not None and user.email != address:
        await _rename(session, holder, user, address)
    try:
        row.user_id = (await provision(session, holder, address)).user.id
    except Forbidden as error:
        raise ForbiddenException(detail=error.message) from None
    await session.flush()
    await apply_to(session, holder.organization_id, {str(row.id)})


async def _rename(session: AsyncSession, holder: KeyHolder, user: User, address: str) -> None:
    """A person's address changed in the directory. Never to that of another account, and neither from nor to one
    outside the domains."""
    user = await lock_user(session, user.id) or user
    # Whoever has the new address signs in as this person, so the account must be this organisation's alone.
    is_alone = await is_member(session, holder, user) and not await is_member_elsewhere(
        session, holder.organization_id, user.id
    )
    if user.is_superuser or not is_alone:
        raise MutabilityException(detail="Another organisation shares this account, so its address cannot be changed.")
    if await has_user(session, address):
        raise UniquenessException(detail=f"There is another account with the address {address}.")
    organization = await organization_of(session, holder)
    try:
        check_domain(organization, user.email)
        check_domain(organization, address)
    except Forbidden as error:
        raise ForbiddenException(detail=error.message) from None
    session.add(entry(None, "user_renamed", "user", user.id, before=user.email, email=address))
    user.email = address
    await session.flush()


async def _leave_groups(session: AsyncSession, row: ScimResource) -> None:
    for group in await list_groups(session, row.organization_id):
        if str(row.id) in member_ids(group.data):
            members = [each for each in group.data["members"] if each.get("value") != str(row.id)]
            group.data = {**group.data, "members": members}


async def _user(session: AsyncSession, row: ScimResource) -> User | None:
    return await session.get(User, row.user_id) if row.user_id is not None else None


def _name_of(resource: Any) -> str:
    name = resource.user_name if hasattr(resource, "user_name") else resource.display_name
    return str(name).strip().lower()


def _address_of(resource: Any) -> str:
    """Returns the address of the account: the userName, or else the primary or first of the e-mail addresses."""
    emails = sorted(resource.emails or (), key=lambda each: not each.primary)
    for candidate in (resource.user_name, *(each.value for each in emails)):
        if candidate and is_address(str(candidate).strip().lower()):
            return str(candidate).strip().lower()
    raise InvalidValueException(detail="userName or one of the emails must be an e-mail address: it is the account's.")
