"""Webhooks: adding, changing and testing them, and sending events again."""

import base64
import json
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.kit.ids import new_id
from citewell.kit.public_http import PublicFetcher, Refused
from citewell.kit.time import now
from citewell.kit.vault import Vault
from citewell.models import Project, Webhook, WebhookDelivery
from citewell.resources import Resources
from citewell.webhooks import repository
from citewell.webhooks.schemas import WebhookCreate, WebhookUpdate

MOST = 20  # of one project
TEST = "webhook.test"
_FORMER_SECRET = timedelta(days=1)


def schemes(fetcher: PublicFetcher) -> tuple[str, ...]:
    """Returns the URL schemes that may be used: HTTPS, and HTTP if the administrator has opened private networks."""
    return ("https", "http") if fetcher.reaches_private else ("https",)


async def get_webhook(session: AsyncSession, project_id: UUID, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    found = await session.get(Webhook, (project_id, webhook_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no such webhook in this project.")
    return found


async def create_webhook(
    session: AsyncSession, resources: Resources, access: Access, request: WebhookCreate
) -> tuple[Webhook, str]:
    """Add a webhook; returns its row and its secret. Raises InvalidFields for a refused address, BadRequest for too
    many."""
    _check_url(resources.outside, request.url)
    await session.get_one(Project, access.project_id, with_for_update={"key_share": True})  # one after the other
    if await repository.count_webhooks(session, access.project_id) >= MOST:
        raise BadRequest(f"The project has {MOST} webhooks already: delete one that is not used.")
    secret, sealed = _new_secret(resources.vault)
    row = Webhook(project_id=access.project_id, id=new_id(), sealed_secret=sealed, **request.model_dump())
    session.add(row)
    session.add(entry_of(access, "webhook_created", "webhook", row.id, url=request.url, events=request.events))
    await session.flush()
    await session.refresh(row)
    return row, secret


async def update_webhook(
    session: AsyncSession, resources: Resources, access: Access, webhook_id: UUID, changes: WebhookUpdate
) -> Webhook:
    values = changes.model_dump(exclude_none=True)
    if "url" in values:
        _check_url(resources.outside, values["url"])
    row = await get_webhook(session, access.project_id, webhook_id, lock=True)
    for name, value in values.items():
        setattr(row, name, value)
    if values.get("enabled"):
        row.disabled_reason = row.failing_since = None
    session.add(entry_of(access, "webhook_changed", "webhook", row.id, **values))
    await session.flush()
    await session.refresh(row)
    return row


async def delete_webhook(session: AsyncSession, access: Access, webhook_id: UUID) -> None:
    """Delete a webhook with its deliveries, also waiting ones."""
    row = await get_webhook(session, access.project_id, webhook_id, lock=True)
    session.add(entry_of(access, "webhook_deleted", "webhook", row.id, url=row.url))
    await session.delete(row)


async def rotate_secret(session: AsyncSession, vault: Vault, access: Access, webhook_id: UUID) -> tuple[str, Any]:
    """Create a new secret; returns it, and until when the former one signs as well."""
    row = await get_webhook(session, access.project_id, webhook_id, lock=True)
    row.former_secret, row.former_until = row.sealed_secret, now() + _FORMER_SECRET
    secret, row.sealed_secret = _new_secret(vault)
    session.add(entry_of(access, "webhook_secret_rotated", "webhook", row.id))
    return secret, row.former_until


async def send_test(session: AsyncSession, access: Access, webhook_id: UUID) -> WebhookDelivery:
    """Queue a `webhook.test` event for this address alone."""
    webhook = await get_webhook(session, access.project_id, webhook_id)
    if not webhook.enabled:
        raise BadRequest("The webhook is switched off: set enabled to true first.")
    timestamp = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"type": TEST, "timestamp": timestamp, "data": {"project_id": str(access.project_id)}}
    row = WebhookDelivery(
        project_id=access.project_id, id=new_id(), webhook_id=webhook.id, event=TEST, body=json.dumps(body)
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def get_delivery(
    session: AsyncSession, project_id: UUID, webhook_id: UUID, delivery_id: UUID, *, lock: bool = False
) -> WebhookDelivery:
    found = await session.get(WebhookDelivery, (project_id, delivery_id), with_for_update=lock or None)
    if found is None or found.webhook_id != webhook_id:
        raise NotFound("This webhook has no such delivery.")
    return found


async def resend(session: AsyncSession, access: Access, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Queue the same event again, under the same id; a waiting delivery is sent at once."""
    row = await get_delivery(session, access.project_id, webhook_id, delivery_id, lock=True)
    await repository.requeue(session, row)
    return row


def _new_secret(vault: Vault) -> tuple[str, bytes]:
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return secret, vault.seal(secret)


def _check_url(fetcher: PublicFetcher, url: str) -> None:
    try:
        fetcher.check(url, schemes(fetcher))
    except Refused as error:
        raise InvalidFields({"url": [str(error)]}) from None
