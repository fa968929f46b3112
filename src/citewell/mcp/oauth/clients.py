"""Programs introduce themselves: by dynamic registration (RFC 7591), or by the address of a metadata document (CIMD).

A metadata document is fetched from the public Internet only, bounded, and kept: where its origin fails later, the copy
serves on.
"""

import hashlib
import hmac
import secrets
import unicodedata
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth import throttle
from citewell.db.engine import Database
from citewell.errors import TooManyRequests
from citewell.kit.ids import new_id
from citewell.kit.public_http import PublicFetcher, Refused
from citewell.kit.time import now
from citewell.mcp.oauth import repository
from citewell.mcp.oauth.errors import OAuthError
from citewell.mcp.oauth.redirects import check_redirects
from citewell.models import OAuthClient

log = structlog.get_logger(__name__)

# Most new clients of a kind in an hour: from one network, and from all together.
_PER_PEER, _PER_HOUR = 60, 500
_FRESH = timedelta(hours=1)  # of a document's copy
_RETRY = timedelta(minutes=5)  # after which an origin that failed is asked again
_MAX_DOCUMENT = 16 * 1024
_FETCH_SECONDS = 5.0

_Text = Annotated[str, msgspec.Meta(max_length=2000)]


class ClientMetadata(msgspec.Struct):
    """The fields that both ways of registration share. Other fields are ignored, as RFC 7591 says."""

    redirect_uris: list[_Text]
    client_name: _Text | None = None
    client_uri: _Text | None = None
    logo_uri: _Text | None = None
    token_endpoint_auth_method: str = "none"  # noqa: S105
    grant_types: list[_Text] = msgspec.field(default_factory=lambda: ["authorization_code", "refresh_token"])
    response_types: list[_Text] = msgspec.field(default_factory=lambda: ["code"])
    scope: _Text | None = None
    client_id: _Text | None = None


async def register(session: AsyncSession, body: bytes, peer: str) -> dict[str, Any]:
    """Register a program; returns the answer of RFC 7591 with its secret, if it has one. Raises OAuthError."""
    wanted = _read(body)
    method = wanted.token_endpoint_auth_method
    if method not in ("none", "client_secret_basic", "client_secret_post"):
        raise OAuthError(
            "invalid_client_metadata", "token_endpoint_auth_method: none, client_secret_basic or client_secret_post."
        )
    await _check_rate(session, "registered", peer)
    client = OAuthClient(
        id=f"cwc_{new_id().hex}",
        kind="registered",
        name=_name(wanted),
        redirect_uris=check_redirects(wanted.redirect_uris),
        auth_method=method,
        registered_from=peer,
        details={"client_uri": wanted.client_uri},
    )
    answer: dict[str, Any] = {
        "client_id": client.id,
        "client_id_issued_at": int(now().timestamp()),
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    }
    if method != "none":
        secret = secrets.token_urlsafe(32)
        client.secret_hash = _digest(secret)
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    session.add(client)
    await session.flush()
    return answer


async def find_client(database: Database, fetcher: PublicFetcher, client_id: str, peer: str) -> OAuthClient:
    """The program of this id; a metadata document is fetched again when its copy is an hour old.

    Raises OAuthError (invalid_client).
    """
    is_document = client_id.startswith("https://")
    async with database.read() as session:
        known = await session.get(OAuthClient, client_id) if len(client_id) <= 2000 else None
    if not is_document:
        if known is None:
            raise OAuthError("invalid_client", "This client is not known here: register it first.", 401)
        return known
    if known is not None and known.fetched_at is not None and known.fetched_at > now() - _FRESH:
        return known
    # checked before the fetch too: otherwise a stranger could make this server send any number of requests
    if known is None:
        async with database.write() as session:
            await _check_rate(session, "document", peer)
            await _count_fetch(session, peer)
    try:
        metadata = await _fetch(fetcher, client_id)
    except (Refused, aiohttp.ClientError, TimeoutError, OSError) as error:
        if known is not None:
            log.warning("client_metadata_not_refreshed", client=client_id, reason=str(error)[:200])
            return await _try_later(database, known)
        raise OAuthError("invalid_client", f"The client's metadata cannot be fetched: {_why(error)}", 401) from None
    found = await _keep(database, client_id, metadata, peer)
    if known is None:
        async with database.write() as session:
            await throttle.take_back(session, throttle.of_metadata(peer))
    return found


def authenticate(client: OAuthClient, secret: str | None) -> None:
    """Check the program's secret at the token endpoint. Raises OAuthError (invalid_client)."""
    if client.auth_method == "none":
        return
    if secret is None or client.secret_hash is None or not hmac.compare_digest(_digest(secret), client.secret_hash):
        raise OAuthError("invalid_client", "The client's secret is missing or wrong.", 401)


async def _fetch(fetcher: PublicFetcher, client_id: str) -> ClientMetadata:
    parts = urlsplit(client_id)
    if parts.path in ("", "/") or parts.fragment or any(part in (".", "..") for part in parts.path.split("/")):
        raise Refused("the id must be the address of a document: https, with a path, without dot segments.")
    answer = await fetcher.request(
        client_id, headers={"Accept": "application/json"}, most_bytes=_MAX_DOCUMENT, seconds=_FETCH_SECONDS
    )
    if answer.status != 200:
        raise Refused(f"its origin answered {answer.status}.")
    metadata = _read(answer.body)
    if metadata.client_id != client_id:
        raise OAuthError("invalid_client", "client_id in the document is not the document's own address.", 401)
    if metadata.token_endpoint_auth_method != "none":  # noqa: S105
        raise OAuthError(
            "invalid_client",
            "With a metadata document, token_endpoint_auth_method is none.",
            401,
        )
    check_redirects(metadata.redirect_uris)
    return metadata


async def _try_later(database: Database, known: OAuthClient) -> OAuthClient:
    """Keep the copy for some minutes: else each request would wait for an origin that does not answer."""
    known.fetched_at = now() - _FRESH + _RETRY
    async with database.write() as session:
        await repository.set_fetched_at(session, known.id, known.fetched_at)
    return known


async def _keep(database: Database, client_id: str, metadata: ClientMetadata, peer: str) -> OAuthClient:
    async with database.write() as session:
        client = await session.get(OAuthClient, client_id, with_for_update=True)
        if client is None:
            await _check_rate(session, "document", peer)  # one at a time from here: another may have stored it
            client = await session.get(OAuthClient, client_id, with_for_update=True)
        if client is None:
            client = OAuthClient(id=client_id, kind="document", auth_method="none", registered_from=peer)
            session.add(client)
        client.name, client.redirect_uris = _name(metadata), metadata.redirect_uris
        client.details = {"client_uri": metadata.client_uri}
        client.fetched_at = now()
        await session.flush()
        await session.refresh(client)
        return client


def _read(body: bytes) -> ClientMetadata:
    try:
        return msgspec.json.decode(body, type=ClientMetadata)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client_metadata", f"The metadata cannot be read: {error}") from None


def _name(metadata: ClientMetadata) -> str:
    """Returns the name that people see: one line without control characters, which could reverse the text around
    it.

    The host that they are led back to is shown beside it, because a name proves nothing.
    """
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in metadata.client_name or "")
    name = " ".join(plain.split())
    return name[:100] or urlsplit(metadata.redirect_uris[0]).hostname or "A program"


async def _count_fetch(session: AsyncSession, peer: str) -> None:
    """Raises OAuthError (temporarily_unavailable) where too many fetches for the peer have failed."""
    try:
        await throttle.count_attempt(session, throttle.of_metadata(peer))
    except TooManyRequests as error:
        raise OAuthError("temporarily_unavailable", error.message, 429) from None


async def _check_rate(session: AsyncSession, kind: str, peer: str) -> None:
    """Raises OAuthError (temporarily_unavailable) where too many clients of the kind are new."""
    # New clients are admitted one at a time: concurrent ones would not count each other.
    await repository.lock_registrations(session)
    of_peer = await repository.count_new_clients(session, kind, peer)
    if of_peer >= _PER_PEER or await repository.count_new_clients(session, kind) >= _PER_HOUR:
        raise OAuthError("temporarily_unavailable", "Too many clients were registered: try again in an hour.", 429)


def _why(error: BaseException) -> str:
    return str(error) if isinstance(error, Refused) else "its origin does not answer."


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
