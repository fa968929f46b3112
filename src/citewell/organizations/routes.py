"""Organisations over HTTP: for superusers and their admins; provisioning is for whoever has a key."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from citewell.auth.dependencies import CallerParam, DatabaseParam
from citewell.kit.answers import NO_STORE
from citewell.kit.pagination import Page, PagingParams
from citewell.organizations import service
from citewell.organizations.access import KeyHolderParam, Superuser, organization_for
from citewell.organizations.provisioning import deprovision, provision
from citewell.organizations.schemas import (
    DeprovisionedOut,
    KeyCreate,
    KeyOut,
    NewKeyOut,
    OrganizationAdminUpdate,
    OrganizationCreate,
    OrganizationMemberOut,
    OrganizationOut,
    OrganizationUpdate,
    ProvisionBody,
    ProvisionedOut,
)
from citewell.users.repository.users import find_user
from citewell.users.service import normalised

router = APIRouter(prefix="/organizations", tags=["Organisations"])


@router.get("/", operation_id="listOrganizations", response_model=Page[OrganizationOut])
async def list_organizations(caller: CallerParam, database: DatabaseParam, paging: PagingParams) -> Any:
    """Lists all organisations for superusers; for others, those that they administer."""
    async with database.read() as session:
        count, rows = await service.list_organizations(session, caller, paging.limit, paging.offset)
    return paging.page(count, [OrganizationOut.model_validate(row) for row in rows])


@router.post("/", operation_id="createOrganization", status_code=201, response_model=OrganizationOut)
async def create_organization(caller: Superuser, database: DatabaseParam, body: OrganizationCreate) -> Any:
    """Creates an organisation. Superusers only."""
    async with database.write() as session:
        made = await service.create_organization(session, caller, body)
        await session.flush()
        await session.refresh(made)
        return OrganizationOut.model_validate(made)


@router.post("/provision-user/", operation_id="provisionUser", response_model=ProvisionedOut)
async def provision_user(holder: KeyHolderParam, database: DatabaseParam, body: ProvisionBody) -> Any:
    """Make or re-activate an account in an allowed domain. With a key of the organisation in place of a token."""
    async with database.write() as session:
        made = await provision(session, holder, body.email)
        shown = {"user_id": made.user.id, "email": made.user.email}
    return shown | {"created": made.created, "reactivated": made.reactivated}


@router.post("/deprovision-user/", operation_id="deprovisionUser", response_model=DeprovisionedOut)
async def deprovision_user(holder: KeyHolderParam, database: DatabaseParam, body: ProvisionBody) -> Any:
    """End a membership; without another one the account is deactivated. With a key in place of a token."""
    async with database.write() as session:
        user = await find_user(session, normalised(body.email))
        ended = await deprovision(session, holder, user)
    return {"deprovisioned": ended.deprovisioned, "deactivated": ended.deactivated}


@router.get("/{organization_id}/", operation_id="getOrganization", response_model=OrganizationOut)
async def get_organization(organization_id: UUID, caller: CallerParam, database: DatabaseParam) -> Any:
    async with database.read() as session:
        return OrganizationOut.model_validate(await organization_for(session, caller, organization_id))


@router.patch("/{organization_id}/", operation_id="updateOrganization", response_model=OrganizationOut)
async def update_organization(
    organization_id: UUID, caller: Superuser, database: DatabaseParam, body: OrganizationUpdate
) -> Any:
    """Changes an organisation. Superusers only."""
    async with database.write() as session:
        return OrganizationOut.model_validate(await service.update_organization(session, caller, organization_id, body))


@router.get(
    "/{organization_id}/members/", operation_id="listOrganizationMembers", response_model=Page[OrganizationMemberOut]
)
async def list_members(
    organization_id: UUID, caller: CallerParam, database: DatabaseParam, paging: PagingParams
) -> Any:
    async with database.read() as session:
        count, rows = await service.list_members(session, caller, organization_id, paging.limit, paging.offset)
    return paging.page(count, rows)


@router.put(
    "/{organization_id}/members/{user_id}/", operation_id="setOrganizationAdmin", response_model=OrganizationMemberOut
)
async def set_admin(
    organization_id: UUID,
    user_id: UUID,
    caller: Superuser,
    database: DatabaseParam,
    body: OrganizationAdminUpdate,
) -> Any:
    """Make a user a member, and an admin or not. For superusers."""
    async with database.write() as session:
        return await service.set_admin(session, caller, organization_id, user_id, is_admin=body.is_admin)


@router.delete("/{organization_id}/members/{user_id}/", operation_id="removeOrganizationMember", status_code=204)
async def remove_member(organization_id: UUID, user_id: UUID, caller: Superuser, database: DatabaseParam) -> Response:
    """End a membership, and what the groups of the organisation gave. The account stays. For superusers."""
    async with database.write() as session:
        await service.remove_member(session, caller, organization_id, user_id)
    return Response(status_code=204)


@router.get("/{organization_id}/api-keys/", operation_id="listOrganizationKeys", response_model=Page[KeyOut])
async def list_keys(organization_id: UUID, caller: CallerParam, database: DatabaseParam, paging: PagingParams) -> Any:
    """Newest first. The keys themselves are shown when they are minted, and never again."""
    async with database.read() as session:
        count, rows = await service.list_keys(session, caller, organization_id, paging.limit, paging.offset)
    return paging.page(count, [KeyOut.model_validate(row) for row in rows])


@router.post(
    "/{organization_id}/api-keys/", operation_id="mintOrganizationKey", status_code=201, response_model=NewKeyOut
)
async def mint_key(organization_id: UUID, caller: Superuser, database: DatabaseParam, body: KeyCreate) -> Any:
    """The only answer that shows the key. For superusers."""
    async with database.write() as session:
        row, key = await service.mint_key(session, caller, organization_id, body)
        shown = KeyOut.model_validate(row).model_dump(mode="json")
    return JSONResponse(shown | {"key": key}, 201, headers=NO_STORE)


@router.delete("/{organization_id}/api-keys/{key_id}/", operation_id="deleteOrganizationKey", status_code=204)
async def delete_key(organization_id: UUID, key_id: UUID, caller: Superuser, database: DatabaseParam) -> Response:
    """The key is refused from then on. For superusers."""
    async with database.write() as session:
        await service.delete_key(session, caller, organization_id, key_id)
    return Response(status_code=204)
