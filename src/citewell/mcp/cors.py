"""Headers that let a page of another origin speak with the MCP server and its authorization server from a browser."""

from starlette.types import Message, Send

_REQUEST_HEADERS = (
    "Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name"
)
_SHOWN = "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version"


def preflight(methods: str) -> dict[str, str]:
    """Returns the headers that answer an OPTIONS request, except the origin."""
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": "600",
    }


def readable_by(origin: str, send: Send) -> Send:
    """Sends answers that a page of the origin may read, errors as well."""
    more = [
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _SHOWN.encode()),
    ]

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return marked
