"""`/docs`, `/docs/<page>` and `/llms.txt`: made by the server, for readers with and without a network or a browser."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from citewell.auth.dependencies import SettingsParam
from citewell.errors import NotFound
from citewell.kit.html import page, page_headers
from citewell.kit.templates import render
from citewell.kit.urls import base_url
from citewell.manual.pages import ManualPage, pages
from citewell.manual.reference import reference_page

router = APIRouter(include_in_schema=False)

_HEADERS = page_headers()


@router.get("/docs")
async def reference(request: Request, settings: SettingsParam) -> Response:
    document = request.app.openapi()
    return HTMLResponse(reference_page(document, base_url(request, settings)), headers=_HEADERS)


@router.get("/docs/{name:path}")
async def manual_page(request: Request, name: str) -> Response:
    """A page of the manual; as Markdown where the address ends in `.md`. For an unknown page, browsers get the list of
    pages."""
    if name.endswith(".md"):
        text = _page(name.removesuffix(".md")).text
        return PlainTextResponse(text, media_type="text/markdown", headers=_HEADERS)
    if name not in pages() and "text/html" in request.headers.get("accept", ""):
        listed = render("manual/unknown.html", pages=pages().values())
        return HTMLResponse(page("No such page", listed), 404, headers=_HEADERS)
    return HTMLResponse(_page(name).html(), headers=_HEADERS)


@router.get("/llms.txt")
async def llms(request: Request, settings: SettingsParam) -> Response:
    """Lists what there is to read, for programs (`llms.txt`)."""
    base = base_url(request, settings)
    lines = [
        "# Citewell",
        "",
        "> A self-hosted knowledge store: documents in, streamed answers out, each claim tied to the exact passage that"
        " supports it.",
        "",
        "## API",
        "",
        f"- [OpenAPI document]({base}/api/v1/openapi.json): every operation, with schemas and examples",
        f"- [API reference]({base}/docs): the same as a page to read, with curl examples",
        "",
        "## Docs",
        "",
        *(f"- [{each.title}]({base}/docs/{name}.md): {each.summary}" for name, each in pages().items()),
    ]
    return PlainTextResponse("\n".join(lines) + "\n", headers=_HEADERS)


def _page(name: str) -> ManualPage:
    found = pages().get(name)
    if found is None:
        raise NotFound("There is no such page: /docs lists them all.")
    return found
