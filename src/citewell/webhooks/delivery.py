"""Sends what waits in the outbox: signed, in turn between projects, and again with growing pauses.

A delivery that is taken is leased by moving its next attempt ahead. A process that dies loses nothing: the attempt is
made again when the lease is over, so receivers may see an event twice, under the same id.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks import Webhook as Signer

from citewell import __version__
from citewell.auth.permissions import Permission
from citewell.errors import CitewellError
from citewell.kit.public_http import Refused
from citewell.kit.time import now
from citewell.models import Webhook, WebhookDelivery
from citewell.notifications.codes import MessageCode
from citewell.notifications.service import Note, notify_members
from citewell.resources import Resources
from citewell.webhooks.repository import lease_due
from citewell.webhooks.service import schemes

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 10
_FIRST_PAUSE, _FACTOR, _LONGEST_PAUSE = 5.0, 4.0, 12 * 3600.0  # seconds; all attempts take about two days
_AT_ONCE, _OF_PROJECT = 16, 4
_ATTEMPT_SECONDS = 15.0  # of one attempt
_LEASE_SECONDS = 60.0
_LOOK_SECONDS = 0.5
_MOST_BYTES = 1024 * 1024  # of an answer
_GIVE_UP = timedelta(days=5)  # of failures without a success, after which the webhook is switched off
_GONE = 410


@dataclass(frozen=True)
class Attempt:
    """The result of one attempt.

    `status` is None if there was no answer; `pause` is the time that the answer asks for.
    """

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    pause: float = 0.0

    @property
    def has_arrived(self) -> bool:
        return self.error is None

    def to_log(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "error": self.error,
            "milliseconds": self.milliseconds,
        }


class Dispatcher:
    """Delivers in one process; any number of them share the outbox."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._running: set[asyncio.Task[None]] = set()
        self._of_project: Counter[UUID] = Counter()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                if not await self.start_due():
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            for task in self._running:
                task.cancel()

    async def start_due(self) -> int:
        """Lease the deliveries that are due and begin to send them; returns their number."""
        room = _AT_ONCE - len(self._running)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        busy = [project for project, count in self._of_project.items() if count >= _OF_PROJECT]
        async with self._resources.database.write() as session:
            taken = await lease_due(session, busy, _OF_PROJECT, room, _LEASE_SECONDS)
        for project_id, delivery_id in taken:
            self._of_project[project_id] += 1
            task = asyncio.create_task(self._deliver(project_id, delivery_id))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(taken)

    async def _deliver(self, project_id: UUID, delivery_id: UUID) -> None:
        try:
            await deliver(self._resources, project_id, delivery_id)
        except (SQLAlchemyError, OSError) as error:
            # The lease runs out, and the attempt is made again.
            log.warning("webhook_postponed", delivery=str(delivery_id), reason=str(error).split("\n", 1)[0])
        finally:
            self._of_project[project_id] -= 1
            if not self._of_project[project_id]:
                del self._of_project[project_id]


async def deliver(resources: Resources, project_id: UUID, delivery_id: UUID) -> None:
    """Make one attempt for a delivery that was taken, and store how it went."""
    async with resources.database.read() as session:
        delivery = await session.get(WebhookDelivery, (project_id, delivery_id))
        webhook = await session.get(Webhook, (project_id, delivery.webhook_id)) if delivery is not None else None
    if delivery is None or webhook is None or delivery.state != "waiting":
        return
    attempt = await _send(resources, webhook, delivery)
    async with resources.database.write() as session:
        await _store(session, webhook, delivery, attempt)


async def _send(resources: Resources, webhook: Webhook, delivery: WebhookDelivery) -> Attempt:
    at, started = now(), time.monotonic()
    status, error, pause = None, None, 0.0
    try:
        answer = await resources.outside.request(
            webhook.url,
            method="POST",
            headers=_headers(resources, webhook, delivery, at),
            data=delivery.body.encode(),
            most_bytes=_MOST_BYTES,
            seconds=_ATTEMPT_SECONDS,
            schemes=schemes(resources.outside),
        )
        status, pause = answer.status, _pause_in(answer.headers)
        if not 200 <= status < 300:
            redirects = 300 <= status < 400
            error = "The address redirects: give the one that it leads to." if redirects else f"Answered {status}."
    except (Refused, CitewellError) as refused:
        error = str(refused)
    except TimeoutError:
        error = f"No answer within {_ATTEMPT_SECONDS:.0f} s."
    except (aiohttp.ClientError, OSError, ValueError) as broken:
        error = f"The connection failed: {broken}"[:300]
    return Attempt(at, status, error, round((time.monotonic() - started) * 1000), pause)


def _headers(resources: Resources, webhook: Webhook, delivery: WebhookDelivery, at: datetime) -> dict[str, str]:
    """Returns the headers of Standard Webhooks (standardwebhooks.com), with a signature for each valid secret."""
    sealed = [webhook.sealed_secret]
    if webhook.former_secret is not None and webhook.former_until is not None and webhook.former_until > at:
        sealed.append(webhook.former_secret)
    message_id = f"msg_{delivery.id.hex}"
    signers = [Signer(resources.vault.open(secret)) for secret in sealed]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Citewell/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signer.sign(message_id, at, delivery.body) for signer in signers),
    }


def _pause_in(headers: dict[str, str]) -> float:
    """Seconds of a Retry-After header; 0 without one, or with a date."""
    value = headers.get("retry-after", "")
    return min(float(value), _LONGEST_PAUSE) if value.isdecimal() else 0.0


def pause_after(attempts: int) -> float:
    """Seconds to wait after this many failed attempts."""
    return min(_FIRST_PAUSE * _FACTOR ** (attempts - 1), _LONGEST_PAUSE)


async def _store(session: AsyncSession, webhook: Webhook, delivery: WebhookDelivery, attempt: Attempt) -> None:
    # The webhook is locked before its deliveries, everywhere.
    stored = await session.get(Webhook, (webhook.project_id, webhook.id), with_for_update=True, populate_existing=True)
    key = (delivery.project_id, delivery.id)
    row = await session.get(WebhookDelivery, key, with_for_update=True, populate_existing=True)
    if stored is None or row is None:
        return
    row.log = [*row.log[1 - 2 * MAX_ATTEMPTS :], attempt.to_log()]
    if attempt.has_arrived:
        row.state, stored.failing_since = "delivered", None
        return
    stored.failing_since = stored.failing_since or attempt.at
    if attempt.status == _GONE:
        row.state = "failed"
        await _switch_off(session, stored, "The address answered that it is gone (410).", "webhook_gone")
    elif row.attempts >= MAX_ATTEMPTS:
        row.state = "failed"
        if attempt.at - stored.failing_since >= _GIVE_UP:
            await _switch_off(session, stored, f"No delivery has arrived for {_GIVE_UP.days} days.", "webhook_silent")
    else:
        row.next_attempt_at = now() + timedelta(seconds=max(pause_after(row.attempts), attempt.pause))


async def _switch_off(session: AsyncSession, webhook: Webhook, reason: str, code: MessageCode) -> None:
    if not webhook.enabled:
        return
    webhook.enabled, webhook.disabled_reason = False, reason
    note = Note(
        "webhook_disabled",
        "A webhook was switched off",
        f"{webhook.url}: {reason}",
        code,
        {"url": webhook.url, "days": _GIVE_UP.days},
        "webhook",
        str(webhook.id),
        "admin",
    )
    await notify_members(session, webhook.project_id, note, wanted=Permission.ADMIN)
