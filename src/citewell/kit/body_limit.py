"""Limits the size of request bodies, by route and not by content type, and refuses compressed ones."""

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.errors import TooLarge, UnsupportedMediaType

MAX_UNKNOWN_BYTES = 64 * 1024  # a body of somebody who has not signed in
_KEY = "citewell.body_limit"


class BodyLimitMiddleware:
    """Bodies of up to `usual` bytes are read; of up to `upload` on routes that call `allow_upload`.

    Of a request whose caller is not known, at most MAX_UNKNOWN_BYTES are read. A route that checks the caller by itself
    calls `allow_usual` afterwards.
    A body is refused by its declared length before any of it is read, else when it exceeds the limit.
    """

    def __init__(self, app: ASGIApp, *, usual: int, upload: int) -> None:
        self.app = app
        self.usual = usual
        self.upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_known = getattr(Request(scope).state, "caller", None) is not None
        limit = scope[_KEY] = _Limit(self.usual, self.upload, is_known=is_known)
        headers = Headers(scope=scope)
        declared, encoding = headers.get("content-length", "0"), headers.get("content-encoding", "").lower()
        received = 0

        async def bounded() -> Message:
            nonlocal received
            if declared.isdigit() and int(declared) > limit.now:
                raise _too_large(limit)
            message = await receive()
            if encoding not in ("", "identity") and message.get("body"):
                raise UnsupportedMediaType(
                    f"Send the body as it is, not with Content-Encoding: {encoding[:50]}.",
                    headers={"Accept-Encoding": "identity"},
                )
            received += len(message.get("body", b""))
            if received > limit.now:
                raise _too_large(limit)
            return message

        await self.app(scope, bounded, send)


class _Limit:
    def __init__(self, usual: int, upload: int, *, is_known: bool) -> None:
        self.usual = usual
        self.upload = upload
        self.now, self.setting = min(usual, MAX_UNKNOWN_BYTES), ""
        if is_known:
            self.allow_usual()

    def allow_usual(self) -> None:
        self.now, self.setting = self.usual, " (CITEWELL_MAX_BODY_BYTES)"


def allow_usual(request: Request) -> None:
    """Allow this request a body of the usual size. For routes that check the caller by themselves: call it after
    that."""
    request.scope[_KEY].allow_usual()


def allow_upload(request: Request) -> None:
    """Allow this request to send a file. The route calls this after it has checked the caller's access and before it
    reads."""
    limit = request.scope[_KEY]
    limit.now, limit.setting = limit.upload, " (CITEWELL_MAX_UPLOAD_BYTES)"


def allow_bytes(request: Request, most: int) -> None:
    """Allow this request a body of up to `most` bytes, for routes that take more than usual."""
    limit = request.scope[_KEY]
    if most > limit.now:
        limit.now, limit.setting = most, ""


def _too_large(limit: _Limit) -> TooLarge:
    size = f"{limit.now // 2**20:,} MiB" if limit.now >= 2**20 else f"{limit.now:,} bytes"
    return TooLarge(f"The request is too large: at most {size} are accepted here{limit.setting}.")
