"""Documents and artifacts as MCP resources: listed by store, read as text."""

import itertools
from uuid import UUID

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from citewell.artifacts.context import as_text
from citewell.artifacts.definitions import DEFINITIONS
from citewell.artifacts.repository import latest_of_projects
from citewell.artifacts.service import get_artifact
from citewell.auth.access import Access
from citewell.errors import CitewellError
from citewell.mcp import repository
from citewell.mcp.bounds import MAX_RESULT_CHARS
from citewell.mcp.context import McpContext
from citewell.models import Document

_PAGE = 100
_MOST_CHUNKS = 20_000  # of a document: more text than is shown, and bounded
TEMPLATE = ResourceTemplate(
    name="document",
    title="A document",
    uri_template="citewell://{project_id}/documents/{document_id}",
    description="The text of a document of a knowledge store.",
    mime_type="text/plain",
)
ARTIFACT = ResourceTemplate(
    name="artifact",
    title="An artifact",
    uri_template="citewell://{project_id}/artifacts/{slug}",
    description=f"What people know beside the documents. Slugs: {', '.join(DEFINITIONS)}.",
    mime_type="text/markdown",
)


async def list_resources(context: McpContext, cursor: str | None) -> ListResourcesResult:
    """The artifacts of the caller's stores, as far as they are written, then the documents, a page at a time.

    `cursor` is the id of the last document shown.
    """
    after = _uuid(cursor) if cursor else None
    stores = {project.id: project.name for project in await context.stores()}
    cells = await context.in_cells(list(stores))
    pages = [await _documents(there, ids, after) for there, ids in cells]
    found = sorted((document for page in pages for document in page), key=lambda document: document.id)[: _PAGE + 1]
    shown = [
        Resource(
            name=document.name,
            title=document.name,
            uri=f"citewell://{document.project_id}/documents/{document.id}",
            description=f"In {stores[document.project_id]}",
            mime_type="text/plain",
        )
        for document in found[:_PAGE]
    ]
    if after is None:
        artifacts = [await _artifacts(there, {id_: stores[id_] for id_ in ids}) for there, ids in cells]
        shown = [*itertools.chain.from_iterable(artifacts), *shown]
    return ListResourcesResult(resources=shown, next_cursor=str(found[_PAGE - 1].id) if len(found) > _PAGE else None)


async def _documents(context: McpContext, stores: list[UUID], after: UUID | None) -> list[Document]:
    """A page of the documents of stores in one cell, and one more."""
    async with context.resources.database.read() as session:
        return await repository.list_documents(session, stores, after, _PAGE + 1)


async def _artifacts(context: McpContext, stores: dict[UUID, str]) -> list[Resource]:
    async with context.resources.database.read() as session:
        written = {slug: await latest_of_projects(session, list(stores), slug) for slug in DEFINITIONS}
    return [
        Resource(
            name=slug,
            title=f"{definition.title} of {name}",
            uri=f"citewell://{project_id}/artifacts/{slug}",
            description=definition.purpose,
            mime_type="text/markdown",
        )
        for project_id, name in stores.items()
        for slug, definition in DEFINITIONS.items()
        if project_id in written[slug]
    ]


async def read_resource(context: McpContext, uri: str) -> ReadResourceResult:
    """The document's or the artifact's text; a long one is cut, and says so."""
    scheme, _, rest = uri.partition("://")
    store, _, path = rest.partition("/")
    kind, _, name = path.strip("/").partition("/")
    if scheme != "citewell" or kind not in ("documents", "artifacts"):
        raise MCPError(
            INVALID_PARAMS, "There is no such resource: addresses look like citewell://<store>/documents/<id>."
        )
    try:
        context = await context.in_store(_uuid(store))
        access = await context.access(_uuid(store))
        text = await (_artifact if kind == "artifacts" else _document)(context, access, name)
    except CitewellError as error:
        raise MCPError(INVALID_PARAMS, error.message) from None
    if len(text) > MAX_RESULT_CHARS:
        text = f"{text[:MAX_RESULT_CHARS]}\n\n[Cut here: it is longer. Use search and fetch for the rest.]"
    mime_type = "text/markdown" if kind == "artifacts" else "text/plain"
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=mime_type, text=text)])


async def _artifact(context: McpContext, access: Access, slug: str) -> str:
    async with context.resources.database.read() as session:
        return as_text((await get_artifact(session, access.project_id, slug)).content)


async def _document(context: McpContext, access: Access, document: str) -> str:
    document_id = _uuid(document)
    async with context.resources.database.read() as session:
        pieces = await repository.list_chunk_texts(session, access.project_id, document_id, _MOST_CHUNKS)
    if not pieces:
        raise MCPError(INVALID_PARAMS, "There is no such document in this knowledge store, or it is not ready yet.")
    return "\n\n".join(pieces)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise MCPError(INVALID_PARAMS, f"{text[:60]!r} is not an id.") from None
