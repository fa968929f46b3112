"""Authentication before everything else, and a bound on what a request may send."""

import re
from uuid import UUID

from starlette.datastructures import Headers, State
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.auth.caller import resolve_caller
from citewell.errors import CitewellError, TooLarge

API = "/api/"
STORAGE = "/storage/"
_PROJECT = re.compile(r"/projects/([0-9a-fA-F-]{36})/")


class AuthenticationMiddleware:
    """Answers 401 to every request under `/api/` without a valid token, also where nothing is routed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self.app(scope, receive, send)
            return
        runtime = scope["app"].state.runtime
        try:
            authorization = Headers(scope=scope).get("authorization")
            caller, standing = await resolve_caller(runtime.database, authorization, _project_in(scope["path"]))
        except CitewellError as error:
            await _answer(error)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        if isinstance(state, State):
            state.caller, state.standing = caller, standing
        else:
            state["caller"], state["standing"] = caller, standing
        await self.app(scope, receive, send)


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
