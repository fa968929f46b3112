"""Authenticates all requests before they are routed, and limits their rate."""

import functools
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from uuid import UUID

import structlog
from starlette.datastructures import Headers, State
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.auth.buckets import Buckets, Verdict
from citewell.auth.caller import SignedIn, sign_in_of
from citewell.auth.shared_limits import SharedLimits
from citewell.auth.throttle import network_of
from citewell.db.engine import Database
from citewell.db.replica import reading_for
from citewell.errors import CitewellError, NotAuthenticated, TooManyRequests
from citewell.kit.outages import explain
from citewell.kit.project_paths import project_in
from citewell.resources import Resources

log = structlog.get_logger(__name__)

PROTECTED = ("/api/", "/v1/")
# Needed before there is a sign-in, or without data; and the page that answers a browser with a form to sign in.
OPEN = frozenset(
    f"/api/v1/{path}"
    for path in ("openapi.json", "auth/login", "auth/register", "auth/setup", "auth/ways", "get-token")
) | {f"/api/v1/organizations/{action}-user" for action in ("provision", "deprovision")}  # with another kind of key
# For those who watch the server: they ask often, and it must answer however busy it is.
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})
_WRONG_CREDENTIALS_COST = 9  # requests, in addition to the one that every request costs
_MOST_KNOWN = 20_000
_COOKIES = (b"citewell_session=", b"citewell_token=")  # of a session, and of the pages of passages


class AuthenticationMiddleware:
    """Answers requests without valid credentials with 401, and requests beyond the rate limit with 429.

    Credentials are needed for every path under `/api/` and `/v1/`, even if no route has it, except those in `OPEN`. The
    rate limit is for all paths, and the headers of each response state what remains of it.

    Wrong credentials cost a peer more than other requests. When its bucket is empty, credentials that this process has
    not seen valid before are refused without a query.
    """

    def __init__(self, app: ASGIApp, *, buckets: Buckets | None) -> None:
        self.app = app
        self.buckets = buckets
        self._is_sharing = False
        self._wrote: OrderedDict[UUID, float] = OrderedDict()  # when each user last wrote
        self._known: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await self.app(scope, receive, send)
            return
        if self.buckets is not None and not self._is_sharing:
            self._is_sharing = True
            await _share(self.buckets, scope["app"].state.resources)
        peer, credentials = network_of(scope["client"][0]) if scope.get("client") else "", _credentials(scope)
        found = await self._authenticate(scope, peer, credentials)
        if self.buckets is not None:
            verdict = self.buckets.take(self._key(peer, credentials, found))
            send = self._telling(send, verdict, peer if credentials else None)
            if verdict.retry_after and not isinstance(found, TooManyRequests):
                found = _too_many(verdict.limit, verdict.retry_after)
        if isinstance(found, CitewellError):
            await _answer(found)(scope, receive, send)
            return
        if found is not None:
            await self._serve(scope, receive, send, found.caller.user_id)
            return
        await self.app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, user_id: UUID) -> None:
        """Serves requests that only read from a standby, if it has all that the user wrote through this server."""
        if _only_reads(scope):
            # A user who is new to this server may have written through another one a moment ago.
            if user_id not in self._wrote:
                self._note_write(user_id)
            with reading_for(self._wrote[user_id]):
                await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self._note_write(user_id)

    def _note_write(self, user_id: UUID) -> None:
        self._wrote[user_id] = time.monotonic()
        self._wrote.move_to_end(user_id)
        if len(self._wrote) > _MOST_KNOWN:
            self._wrote.popitem(last=False)

    async def _authenticate(
        self, scope: Scope, peer: str, credentials: bytes | None
    ) -> SignedIn | CitewellError | None:
        """Returns the caller, or the error to answer with; None for paths that need no credentials or check them
        themselves.
        """
        is_new = credentials is not None and credentials not in self._known
        if is_new and self.buckets is not None and (seconds := self.buckets.wait(peer)):
            return _too_many(self.buckets.burst, seconds)
        path = scope["path"]
        if not path.startswith(PROTECTED) or is_open(path):
            return None
        project_id = project_in(path)
        try:
            database = await _database_for(scope["app"].state.resources, project_id)
            again = functools.partial(sign_in_of, database, scope["method"], Headers(scope=scope), project_id)
            found = await again()
            _remember(scope, found, again)
        except CitewellError as error:
            if credentials is not None and isinstance(error, NotAuthenticated):
                self._known.pop(credentials, None)
            return error
        except Exception as error:
            explained = explain(error)
            if explained is None:
                raise
            log.error("authentication_broke", path=path, exc_info=error)
            return explained
        if is_new and credentials is not None:
            self._known[credentials] = None
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return found

    def _key(self, peer: str, credentials: bytes | None, found: SignedIn | CitewellError | None) -> Hashable:
        """Returns the key of the bucket: one for each token, for each user's sessions, and for each unknown peer."""
        if isinstance(found, SignedIn):
            return found.caller.user_id if found.session_id else found.credential_id
        if credentials is not None and credentials in self._known and found is None:
            return credentials
        return peer

    def _telling(self, send: Send, verdict: Verdict, sender: str | None) -> Send:
        """Wraps `send`: adds the headers of the rate limit, and charges the peer for wrong credentials."""
        headers = [
            (b"ratelimit-limit", b"%d" % verdict.limit),
            (b"ratelimit-remaining", b"%d" % verdict.remaining),
            (b"ratelimit-reset", b"%d" % math.ceil(round(verdict.reset, 3))),
        ]

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
                if message["status"] == 401 and sender is not None and self.buckets is not None:
                    self.buckets.charge(sender, _WRONG_CREDENTIALS_COST)
            await send(message)

        return telling


async def _database_for(resources: Resources, project_id: UUID | None) -> Database:
    """Returns the database for authentication: the home cell's or, while that is away, the project's cell's.

    Raises CellUnavailable.
    """
    if project_id is None or resources.placement is None or not resources.database.is_away:
        return resources.database
    return (await resources.placement.resources_of(project_id)).database


async def _share(buckets: Buckets, resources: Resources) -> None:
    """Synchronises the buckets with other servers for as long as the process runs."""
    limits = SharedLimits(resources.database, buckets)
    await resources.closing.enter_async_context(resources.loops.running("rate-limits", limits.run))


def _only_reads(scope: Scope) -> bool:
    """Whether the request only reads: GET, HEAD and searches, except streams, which follow new data."""
    path = scope["path"].rstrip("/")
    if scope["method"] == "POST":
        return "/retrieve-with-" in path
    return scope["method"] in ("GET", "HEAD") and not path.endswith("stream")


def _credentials(scope: Scope) -> bytes | None:
    """Returns the digest of the request's credentials; None if it has none."""
    parts = [
        value
        for name, value in scope["headers"]
        if name == b"authorization" or (name == b"cookie" and any(cookie in value for cookie in _COOKIES))
    ]
    return hashlib.sha256(b"\0".join(parts)).digest() if parts else None


def is_open(path: str) -> bool:
    """Whether the path needs no credentials, with or without a slash at its end."""
    return path.removesuffix("/") in OPEN


def _remember(scope: Scope, found: SignedIn, again: Callable[[], Awaitable[SignedIn]]) -> None:
    """Stores the caller for the routes, and how to look again for requests that last long."""
    state = scope.setdefault("state", {})
    values = {
        "caller": found.caller,
        "standing": found.standing,
        "session_id": found.session_id,
        "credential_id": found.credential_id,
        "sign_in_again": again,
    }
    if isinstance(state, State):
        for name, value in values.items():
            setattr(state, name, value)
    else:
        state.update(values)


def _too_many(limit: int, seconds: float) -> TooManyRequests:
    shown = max(math.ceil(seconds), 1)
    text = (
        f"Too many requests: at most {limit} at once are accepted (CITEWELL_RATE_LIMIT_BURST). Try again in {shown} s."
    )
    return TooManyRequests(text, headers={"Retry-After": str(shown)})


def _answer(error: CitewellError) -> JSONResponse:
    return JSONResponse(error.body(), error.status, headers=error.headers)
