"""Lets scripts of a widget's origins read answers, and those of no other origin."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/widget/"
_ORIGIN = "widget_origin"
ALLOWED_HEADERS = "Content-Type, X-Widget-Token"


def allow_origin(scope: Scope, origin: str) -> None:
    """Say that scripts of this origin may read the answer to this request, also where it is an error."""
    scope[_ORIGIN] = origin


class WidgetCorsMiddleware:
    """Adds the header that a browser asks for, where the request's own route has allowed its origin."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                origin = scope.get(_ORIGIN)
                more = [(b"vary", b"Origin")]
                if origin:
                    more.append((b"access-control-allow-origin", origin.encode("latin-1")))
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        await self.app(scope, receive, marked)
