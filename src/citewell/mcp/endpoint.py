"""`/mcp` over HTTP: authenticates the caller, checks the origin, and passes the request to the MCP server."""

import asyncio
import functools
import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from citewell.auth.caller import caller_of_token
from citewell.auth.stream_guard import StreamGuard
from citewell.errors import CitewellError, Forbidden, NotAuthenticated
from citewell.kit.body_limit import allow_usual
from citewell.kit.urls import base_url
from citewell.mcp.context import McpContext
from citewell.mcp.cors import preflight, readable_by
from citewell.mcp.oauth.discovery import EDIT_SCOPE, SCOPES, resource_of
from citewell.mcp.oauth.grants import ACCESS_PREFIX, granted_by
from citewell.resources import Resources

if TYPE_CHECKING:
    from citewell.mcp.server import McpServer

_LONGEST_TOKEN = 4096


class McpEndpoint:
    """An ASGI application that knows its callers by API token or by OAuth access token, and lets nobody else in."""

    def __init__(self, resources: Resources, guard: StreamGuard | None = None) -> None:
        self._resources = resources
        self._guard = guard
        self._server: McpServer | None = None
        self._starting = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        base = base_url(request, self._resources.settings)
        try:
            self._check_origin(request)
            if origin := request.headers.get("origin"):
                send = readable_by(origin, send)
                if request.method == "OPTIONS":  # asked by the browser, which sends no token with it
                    answer = Response(status_code=204, headers=preflight("GET, POST, DELETE"))
                    await answer(scope, receive, send)
                    return
            context = await self._context(request, base)
        except NotAuthenticated as error:
            await _unauthenticated(error, base)(scope, receive, send)
        except CitewellError as error:
            await JSONResponse(error.body(), error.status, headers=error.headers)(scope, receive, send)
        else:
            allow_usual(request)
            server = await self._started()
            await server.handle(scope, receive, send, context)

    async def _started(self) -> "McpServer":
        """Returns the server. The first request starts it."""
        async with self._starting:
            if self._server is None:
                # Loaded only now: the SDK takes half a second, which every start of a process would pay.
                from citewell.mcp.server import McpServer, make_server

                await self.serve(McpServer(make_server()))
            assert self._server is not None
            return self._server

    async def serve(self, server: "McpServer") -> None:
        """Start the server that callers are led to, until the process ends."""
        await self._resources.closing.enter_async_context(server.running())
        self._server = server

    async def _context(self, request: Request, base: str) -> McpContext:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
            raise NotAuthenticated
        found = await self._context_of(token, base)
        return replace(found, guard=self._guard, look_again=functools.partial(self._context_of, token, base))

    async def _context_of(self, token: str, base: str) -> McpContext:
        database = self._resources.database
        if token.startswith(ACCESS_PREFIX):
            granted = await granted_by(database, token, resource_of(base))
            return McpContext(
                self._resources, granted.caller, granted.projects, base, may_edit=EDIT_SCOPE in granted.scopes
            )
        caller, _ = await caller_of_token(database, token)
        return McpContext(self._resources, caller, None, base)

    def _check_origin(self, request: Request) -> None:
        """Refuse what a page of somebody else's could send by a name that leads here (DNS rebinding).

        The host must be the configured one, a loopback name or an address; a browser's Origin must be of this server,
        of this device, or allowed by setting. Raises Forbidden.
        """
        settings = self._resources.settings
        known = urlsplit(settings.public_url).hostname if settings.public_url else None
        host = _host_of(str(request.url))
        if host != known and not _is_local(host) and not _is_address(host):
            raise Forbidden(f"This server does not go by the name {host[:200]}: set CITEWELL_PUBLIC_URL if it should.")
        origin = request.headers.get("origin")
        if origin is None or origin in settings.mcp_allowed_origins:
            return
        from_host = _host_of(origin)
        if from_host not in (host, known) and not _is_local(from_host):
            raise Forbidden(f"Requests from {origin[:200]} are not allowed: see CITEWELL_MCP_ALLOWED_ORIGINS.")


def _unauthenticated(error: NotAuthenticated, base: str) -> Response:
    metadata = f"{base}/.well-known/oauth-protected-resource"
    challenge = f'Bearer resource_metadata="{metadata}", scope="{" ".join(SCOPES)}"'
    return JSONResponse(error.body(), 401, headers={"WWW-Authenticate": challenge})


def _host_of(url: str) -> str:
    """The host of an address; empty for what is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or (_is_address(host) and _address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        _address(host)
    except ValueError:
        return False
    return True


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host.strip("[]"))
