"""Slows down failed sign-ins by mail address and by network peer. The database counts them for all processes.

An attempt is counted before its password is checked, and the count is taken back if the password was right. So a
thousand concurrent attempts count as a thousand. Some failures are free; each further one doubles the wait, up to five
minutes. Failures expire with time.

Nobody can lock a user out. The wait is bounded, and attempts during it do not extend it. A browser in which the user
has signed in before has a count of its own (see `sessions.device_mark`). Sessions and tokens stay valid, and `citewell
user password` resets the counts.
"""

import hashlib
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth import repository
from citewell.errors import TooManyRequests
from citewell.kit.time import now

_LONGEST_WAIT = 300  # seconds
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class _Allowance:
    """`free` failures cause no wait. One failure expires every `recovery`."""

    free: int
    recovery: timedelta


_ALLOWANCES = {
    "address": _Allowance(5, timedelta(minutes=15)),
    "device": _Allowance(5, timedelta(minutes=15)),
    # Many people may share one.
    "peer": _Allowance(20, timedelta(minutes=1)),
}


def of_metadata(peer: str) -> list[str]:
    """Returns the subjects that a fetch of an unknown client's metadata counts against. Only successful fetches are
    taken back.
    """
    return [f"peer:metadata:{network_of(peer)}"]


def subjects(email: str, peer: str, device: str | None) -> list[str]:
    """Returns the subjects that an attempt counts against.

    Mail addresses are hashed, because people type passwords into the wrong field.
    """
    who = f"address:{_hashed(email)}" if device is None else f"device:{_hashed(device)}"
    return sorted([who, f"peer:{network_of(peer)}"])


def network_of(host: str) -> str:
    """Returns the peer's address; for IPv6 the /64 network, because one site has all of it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


async def count_attempt(session: AsyncSession, names: Iterable[str]) -> None:
    """Counts the attempt as failed. Raises TooManyRequests, and counts nothing, if one of its subjects has to wait."""
    rows = await repository.lock_failures(session, names)
    moment = now()
    wait = max((row.blocked_until - moment).total_seconds() if row.blocked_until else 0.0 for row in rows)
    if wait > 0:
        seconds = math.ceil(wait)
        text = f"Too many failed attempts: try again in {seconds} seconds."
        raise TooManyRequests(text, headers={"Retry-After": str(seconds)})
    for row in rows:
        allowance = _allowance(row.subject)
        recovered = int((moment - row.last_at) / allowance.recovery) if row.failures else 0
        row.failures = max(row.failures - recovered, 0) + 1
        row.last_at = moment
        row.blocked_until = _blocked_until(moment, row.failures - allowance.free)


async def take_back(session: AsyncSession, names: Iterable[str]) -> None:
    """Takes the count of a successful attempt back.

    The peer's other failures stay: somebody with an account may guess the passwords of others.
    """
    for row in await repository.lock_failures(session, names):
        if row.subject.startswith("peer:"):
            row.failures = max(row.failures - 1, 0)
            if row.failures <= _allowance(row.subject).free:
                row.blocked_until = None
        else:
            await session.delete(row)
    await repository.delete_failures_before(session, now() - _FORGOTTEN_AFTER)


async def forget(session: AsyncSession, email: str) -> None:
    await repository.delete_failures(session, f"address:{_hashed(email)}")


def _allowance(subject: str) -> _Allowance:
    return _ALLOWANCES[subject.partition(":")[0]]


def _blocked_until(moment: datetime, excess: int) -> datetime | None:
    """Returns when the wait ends: 1 second after the first failure that is not free, then 2, 4, 8, ... seconds."""
    if excess < 1:
        return None
    return moment + timedelta(seconds=min(2 ** min(excess - 1, 20), _LONGEST_WAIT))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
