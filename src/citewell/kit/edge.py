"""The outermost middleware: request ids, the check of the host, and redirects that stay on this server."""

import re
from collections.abc import Callable, Collection

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citewell.errors import BadRequest
from citewell.kit.ids import new_id
from citewell.kit.metrics import REQUESTS

HEADER = b"x-request-id"
_USABLE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_ALWAYS = frozenset({"/healthz", "/readyz"})  # load balancers ask by address


class EdgeMiddleware:
    """Gives each request an id for its log lines and its response; a usable id of the client is kept.

    If `hosts` is not empty, other hosts are refused; `*.example.org` allows every name below it. Paths in `by_address`
    are answered under any name. Redirects lead to a path, so that no response repeats a host that the client made up.
    While `is_closing` returns True, each response closes its connection, so that clients and proxies connect to another
    server.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str] = (),
        by_address: Collection[str] = (),
        is_closing: Callable[[], bool] = lambda: False,
    ) -> None:
        self.app = app
        self.by_address = _ALWAYS.union(by_address)
        self.is_closing = is_closing
        self.hosts = [host.lower() for host in hosts]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host, request_id = b"", b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == HEADER and _USABLE.fullmatch(value):
                request_id = value
        request_id = request_id or new_id().hex.encode()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        here = b"%s://%s/" % (scope["scheme"].encode(), host)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                REQUESTS.labels(scope["method"], message["status"]).inc()
                headers = message.get("headers", ())
                message["headers"] = [*(_relative(header, here) for header in headers), (HEADER, request_id)]
                if self.is_closing():
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        if self.hosts and scope["path"] not in self.by_address and not self._is_allowed(host.decode("latin-1")):
            error = BadRequest("This server does not answer to that host name: use one of CITEWELL_ALLOWED_HOSTS.")
            await JSONResponse(error.body(), error.status)(scope, receive, named)
            return
        await self.app(scope, receive, named)

    def _is_allowed(self, header: str) -> bool:
        host = re.sub(r":\d*$", "", header.lower())
        return host in _LOCAL or any(
            host == allowed or (allowed.startswith("*.") and host.endswith(allowed[1:])) for allowed in self.hosts
        )


def _relative(header: tuple[bytes, bytes], here: bytes) -> tuple[bytes, bytes]:
    name, value = header
    if name == b"location" and value.startswith(here):
        return name, value[len(here) - 1 :]
    return header
