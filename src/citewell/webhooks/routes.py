"""Webhooks over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from citewell.auth.dependencies import Admin, DatabaseParam, ResourcesParam, VaultParam
from citewell.kit.answers import NO_STORE
from citewell.kit.pagination import Page, PagingParams
from citewell.webhooks import repository, service
from citewell.webhooks.schemas import (
    DeliveryDetails,
    DeliveryOut,
    DeliveryState,
    NewWebhookOut,
    SecretOut,
    WebhookCreate,
    WebhookOut,
    WebhookUpdate,
    delivery_to_wire,
)

router = APIRouter(prefix="/projects/{project_id}/webhooks", tags=["Webhooks"])


@router.get("/", operation_id="listWebhooks", response_model=list[WebhookOut])
async def list_webhooks(access: Admin, database: DatabaseParam) -> Any:
    """List the webhooks, oldest first. A project has at most 20."""
    async with database.read() as session:
        return await repository.list_webhooks(session, access.project_id)


@router.post("/", operation_id="createWebhook", status_code=201, response_model=NewWebhookOut)
async def create_webhook(access: Admin, resources: ResourcesParam, body: WebhookCreate) -> Any:
    """Add a webhook: a URL that gets events. Only this answer shows the secret that signs them."""
    async with resources.database.write() as session:
        row, secret = await service.create_webhook(session, resources, access, body)
    shown = WebhookOut.model_validate(row).model_dump(mode="json")
    return JSONResponse(shown | {"secret": secret}, 201, headers=NO_STORE)


@router.get("/{webhook_id}/", operation_id="getWebhook", response_model=WebhookOut)
async def get_webhook(access: Admin, database: DatabaseParam, webhook_id: UUID) -> Any:
    async with database.read() as session:
        return await service.get_webhook(session, access.project_id, webhook_id)


@router.patch("/{webhook_id}/", operation_id="updateWebhook", response_model=WebhookOut)
async def update_webhook(access: Admin, resources: ResourcesParam, webhook_id: UUID, body: WebhookUpdate) -> Any:
    """Change a webhook. Waiting events go to the new URL. While it is not enabled, no events are queued."""
    async with resources.database.write() as session:
        return await service.update_webhook(session, resources, access, webhook_id, body)


@router.delete("/{webhook_id}/", operation_id="deleteWebhook", status_code=204)
async def delete_webhook(access: Admin, database: DatabaseParam, webhook_id: UUID) -> Response:
    """Delete a webhook with its deliveries, also waiting ones."""
    async with database.write() as session:
        await service.delete_webhook(session, access, webhook_id)
    return Response(status_code=204)


@router.post("/{webhook_id}/rotate-secret/", operation_id="rotateWebhookSecret", response_model=SecretOut)
async def rotate_secret(access: Admin, database: DatabaseParam, vault: VaultParam, webhook_id: UUID) -> Any:
    """Create a new secret; only this answer shows it. For a day, deliveries are signed with both."""
    async with database.write() as session:
        secret, until = await service.rotate_secret(session, vault, access, webhook_id)
    return JSONResponse({"secret": secret, "former_until": until.isoformat()}, headers=NO_STORE)


@router.post("/{webhook_id}/test/", operation_id="testWebhook", status_code=202, response_model=DeliveryOut)
async def send_test(access: Admin, database: DatabaseParam, webhook_id: UUID) -> Any:
    """Queue a `webhook.test` event; the delivery says how it went."""
    async with database.write() as session:
        return delivery_to_wire(await service.send_test(session, access, webhook_id))


@router.get("/{webhook_id}/deliveries/", operation_id="listWebhookDeliveries", response_model=Page[DeliveryOut])
async def list_deliveries(
    access: Admin,
    database: DatabaseParam,
    webhook_id: UUID,
    paging: PagingParams,
    state: DeliveryState | None = None,
) -> Any:
    """List the deliveries of a webhook, newest first."""
    async with database.read() as session:
        await service.get_webhook(session, access.project_id, webhook_id)
    count, rows = await repository.list_deliveries(
        database, access.project_id, webhook_id, state, paging.limit, paging.offset
    )
    return paging.page(count, [delivery_to_wire(row) for row in rows])


@router.get(
    "/{webhook_id}/deliveries/{delivery_id}/", operation_id="getWebhookDelivery", response_model=DeliveryDetails
)
async def get_delivery(access: Admin, database: DatabaseParam, webhook_id: UUID, delivery_id: UUID) -> Any:
    async with database.read() as session:
        row = await service.get_delivery(session, access.project_id, webhook_id, delivery_id)
    return delivery_to_wire(row) | {"body": row.body}


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/resend/",
    operation_id="resendWebhookDelivery",
    status_code=202,
    response_model=DeliveryOut,
)
async def resend(access: Admin, database: DatabaseParam, webhook_id: UUID, delivery_id: UUID) -> Any:
    """Send the event again, under the same id."""
    async with database.write() as session:
        return delivery_to_wire(await service.resend(session, access, webhook_id, delivery_id))
