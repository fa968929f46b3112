"""Authentication before everything else, and bounds on how often and how much a request may send."""

import math
import re
from collections.abc import Hashable
from uuid import UUID

import structlog
from starlette.datastructures import Headers, State
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.auth.buckets import Buckets, Verdict
from citewell.auth.caller import SignedIn, sign_in_of
from citewell.auth.throttle import network_of
from citewell.errors import CitewellError, TooLarge, TooManyRequests
from citewell.kit.outages import explain

log = structlog.get_logger(__name__)

API = "/api/"
STORAGE = "/storage/"
# Needed before there is a sign-in, or without data; and the page that answers a browser with a form to sign in.
OPEN = frozenset(f"/api/v1/{path}" for path in ("openapi.json", "auth/login", "auth/register", "get-token"))
_PROJECT = re.compile(r"/projects/([0-9a-fA-F-]{36})/")


class AuthenticationMiddleware:
    """Answers 401 to every request under `/api/` without valid credentials, also where nothing is routed, but for the
    addresses in `OPEN`; and 429 to whoever sends too many. What is left to whom stands in each answer."""

    def __init__(self, app: ASGIApp, *, buckets: Buckets | None) -> None:
        self.app = app
        self.buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self.app(scope, receive, send)
            return
        found: SignedIn | CitewellError | None
        try:
            found = await _authenticate(scope)
        except CitewellError as error:
            found = error
        except Exception as error:
            found = explain(error)
            if found is None:
                raise
            log.error("authentication_broke", path=scope["path"], exc_info=error)
        if self.buckets is not None:
            verdict = self.buckets.take(_key(scope, found))
            send = _telling(send, verdict)
            if verdict.retry_after:
                found = _too_many(verdict)
        if isinstance(found, CitewellError):
            await _answer(found)(scope, receive, send)
            return
        if found is not None:
            _remember(scope, found)
        await self.app(scope, receive, send)


def is_open(path: str) -> bool:
    """With the slash at its end or without."""
    return path.removesuffix("/") in OPEN


async def _authenticate(scope: Scope) -> SignedIn | None:
    """None for what is open to everybody. Raises NotAuthenticated and Forbidden."""
    path = scope["path"]
    if is_open(path):
        return None
    return await sign_in_of(
        scope["app"].state.resources.database, scope["method"], Headers(scope=scope), _project_in(path)
    )


def _remember(scope: Scope, found: SignedIn) -> None:
    state = scope.setdefault("state", {})
    values = {"caller": found.caller, "standing": found.standing, "session_id": found.session_id}
    if isinstance(state, State):
        for name, value in values.items():
            setattr(state, name, value)
    else:
        state.update(values)


def _key(scope: Scope, found: SignedIn | CitewellError | None) -> Hashable:
    """Whose requests are counted together: those of a token, of a user's sessions, or of an unknown peer."""
    if isinstance(found, SignedIn):
        return found.caller.user_id if found.session_id else found.credential_id
    return network_of(scope["client"][0]) if scope.get("client") else ""


def _telling(send: Send, verdict: Verdict) -> Send:
    """`send` that adds what is left to the head of the answer."""
    headers = [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", b"%d" % math.ceil(verdict.reset)),
    ]

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return telling


def _too_many(verdict: Verdict) -> TooManyRequests:
    seconds = max(math.ceil(verdict.retry_after), 1)
    text = f"Too many requests: at most {verdict.limit} at once are accepted. Try again in {seconds} s."
    return TooManyRequests(text, headers={"Retry-After": str(seconds)})


def _project_in(path: str) -> UUID | None:
    found = _PROJECT.search(path)
    try:
        return UUID(found[1]) if found else None
    except ValueError:
        return None


class BodyLimitMiddleware:
    """Refuses bodies that are larger than their kind may be, by their declared and by their real length."""

    def __init__(self, app: ASGIApp, *, max_upload: int, max_other: int) -> None:
        self.app = app
        self.max_upload = max_upload
        self.max_other = max_other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = headers.get("content-type", "").startswith("multipart/form-data")
        is_upload = is_upload or scope["path"].startswith(STORAGE)
        limit = self.max_upload if is_upload else self.max_other
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            await _answer(_too_large(limit))(scope, receive, send)
            return
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, bounded, send)


def _too_large(limit: int) -> TooLarge:
    size = f"{limit // 2**20:,} MiB" if limit >= 2**20 else f"{limit:,} bytes"
    return TooLarge(f"The request is too large: at most {size} are accepted here.")


def _answer(error: CitewellError) -> JSONResponse:
    return JSONResponse(error.body(), error.status, headers=error.headers)
