"""Documents as MCP resources: listed by store, read as text."""

from urllib.parse import urlsplit
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
from sqlalchemy import select

from citewell.errors import CitewellError
from citewell.mcp.context import McpContext
from citewell.mcp.tool import MAX_RESULT_CHARS
from citewell.models import Chunk, Document

_PAGE = 100
TEMPLATE = ResourceTemplate(
    name="document",
    title="A document",
    uri_template="citewell://{project_id}/documents/{document_id}",
    description="The text of a document of a knowledge store.",
    mime_type="text/plain",
)


async def list_resources(context: McpContext, cursor: str | None) -> ListResourcesResult:
    """The documents of the caller's stores, a page at a time. `cursor` is the id of the last one shown."""
    after = _uuid(cursor) if cursor else None
    stores = {project.id: project.name for project in await context.stores()}
    query = select(Document).where(
        Document.project_id.in_(stores), Document.status == "active", Document.local_to.is_(None)
    )
    if after is not None:
        query = query.where(Document.id > after)
    async with context.resources.database.read() as session:
        found = list(await session.scalars(query.order_by(Document.id).limit(_PAGE + 1)))
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
    return ListResourcesResult(resources=shown, next_cursor=str(found[_PAGE - 1].id) if len(found) > _PAGE else None)


async def read_resource(context: McpContext, uri: str) -> ReadResourceResult:
    """The document's text; a long one is cut, and says so."""
    parts = urlsplit(uri)
    kind, _, document = parts.path.strip("/").partition("/")
    if parts.scheme != "citewell" or kind != "documents":
        raise MCPError(
            INVALID_PARAMS, "There is no such resource: addresses look like citewell://<store>/documents/<id>."
        )
    try:
        access = await context.access(_uuid(parts.netloc))
    except CitewellError as error:
        raise MCPError(INVALID_PARAMS, error.message) from None
    query = (
        select(Chunk.content)
        .join(
            Document,
            (Document.project_id == Chunk.project_id) & (Document.live_version_id == Chunk.version_id),
        )
        .where(Chunk.project_id == access.project_id, Document.id == _uuid(document))
        .where(Document.status == "active", Document.local_to.is_(None))
        .order_by(Chunk.ordinal)
    )
    async with context.resources.database.read() as session:
        pieces = list(await session.scalars(query))
    if not pieces:
        raise MCPError(INVALID_PARAMS, "There is no such document in this knowledge store, or it is not ready yet.")
    text = "\n\n".join(pieces)
    if len(text) > MAX_RESULT_CHARS:
        text = f"{text[:MAX_RESULT_CHARS]}\n\n[Cut here: the document is longer. Use search and fetch for the rest.]"
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type="text/plain", text=text)])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise MCPError(INVALID_PARAMS, f"{text[:60]!r} is not an id.") from None
