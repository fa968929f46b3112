"""Who is asking, which knowledge stores there are, and what is in one."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts.content import Markdown
from citewell.artifacts.definitions import overview
from citewell.artifacts.service import Artifact, list_artifacts
from citewell.documents.collections import list_collections
from citewell.documents.repository.counts import count_documents
from citewell.documents.tags import available
from citewell.mcp.bounds import page_of
from citewell.mcp.context import McpContext
from citewell.mcp.repository import list_object_and_tag_tables
from citewell.mcp.tool import NUMBER, OBJECT, OBJECTS, TEXT, McpTool, Result, json_object
from citewell.mcp.tools.arguments import Arguments, InStore, Pages
from citewell.models import KnowledgeTable, Project

_GUIDE = (
    "Search before you answer, and answer only what the documents say. Cite each claim with the reference_url of its "
    "chunk, with ?verbatim= and the exact words, character for character; one span an address, one row of a table. "
    "Tags help to find; they are no evidence. If the store has no documents, say so."
)
_BRIEF_SHOWN = 4000  # characters
_TEXT_SHOWN = 8000  # characters of a text that is shown whole


class StorePages(Pages):
    limit: Annotated[int, Field(ge=1, le=1000, description="How many at most.")] = 200


async def whoami(context: McpContext, _: Arguments) -> Result:
    caller = context.caller
    return Result({"id": str(caller.user_id), "email": caller.email, "is_superuser": caller.is_superuser})


async def list_knowledge_stores(context: McpContext, wanted: StorePages) -> Result:
    found = await context.stores()
    shown = [
        {"id": str(project.id), "name": project.name, "brief": project.business_brief[:_BRIEF_SHOWN]}
        for project in found[wanted.offset : wanted.offset + wanted.limit]
    ]
    return Result(page_of(shown, "knowledge_stores", wanted.offset, len(found)))


async def list_knowledge(context: McpContext, wanted: InStore) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.read() as session:
        project = await session.get_one(Project, access.project_id)
        counts = await _counts(session, project)
        artifacts = await list_artifacts(session, access.project_id)
    return Result({"cohesion_guide": _GUIDE, **counts, "artifacts": [_shown(one) for one in artifacts]})


def _shown(artifact: Artifact) -> dict[str, Any]:
    """Texts as far as there is room, of the others what is in them."""
    one, content = artifact.definition, artifact.content
    shown = {"slug": one.slug, "title": one.title, "technical_type": one.technical_type, "purpose": one.purpose}
    if isinstance(content, Markdown) and len(content.text) <= _TEXT_SHOWN:
        return shown | {"content": content.text}
    return shown | {"content_overview": overview(content)}


async def _counts(session: AsyncSession, project: Project) -> dict[str, int]:
    counts = (await count_documents(session, [project.id]))[project.id]
    return {
        "document_count": counts.total,
        "processing_document_count": counts.processing,
        "failed_document_count": counts.failed,
    }


async def library_tags_objects(context: McpContext, wanted: InStore) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.read() as session:
        tags = await available(session, access.project_id)
        collections = await list_collections(session, access.project_id)
    objects, hierarchies = await classes_and_trees(context, access.project_id)
    shown = [{"slug": one["slug"], "name": one["name"], "document_count": one["document_count"]} for one in collections]
    return Result(
        {
            "tag_hierarchies": hierarchies,
            "document_tags": tags,
            "document_collections": shown,
            "knowledge_graph_objects": objects,
        }
    )


async def classes_and_trees(context: McpContext, project_id: UUID) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The classes of objects and the tag hierarchies of a store."""
    async with context.resources.database.read() as session:
        tables = await list_object_and_tag_tables(session, project_id)
    classes = [_described(table) for table in tables if table.object_type == "object"]
    trees = [table.object_metadata["tagging_tree"] for table in tables if table.object_metadata.get("tagging_tree")]
    return classes, trees


def _described(table: KnowledgeTable) -> dict[str, Any]:
    source = table.object_metadata.get("object_pydantic_class") or ""
    return {"name": table.object_metadata.get("object_name") or table.name, "table": table.name, "definition": source}


TOOLS = (
    McpTool(
        "whoami",
        "Who am I",
        "The user whose knowledge stores these tools reach.",
        Arguments,
        whoami,
        json_object(id=TEXT, email=TEXT),
    ),
    McpTool(
        "list_knowledge_stores",
        "List knowledge stores",
        "The knowledge stores that the user may read, each with its id, name and brief. Begin here.",
        StorePages,
        list_knowledge_stores,
        json_object(knowledge_stores=OBJECTS),
    ),
    McpTool(
        "list_knowledge",
        "List the knowledge of a store",
        "What a store holds: how many documents (ready, processing, failed), its artifacts, and how to work with it.",
        InStore,
        list_knowledge,
        json_object(
            cohesion_guide=TEXT,
            document_count=NUMBER,
            processing_document_count=NUMBER,
            failed_document_count=NUMBER,
            artifacts=OBJECTS,
        ),
    ),
    McpTool(
        "library_tags_objects",
        "Tags, collections and object classes of a store",
        "What can narrow a search in a store: tag hierarchies, tags of documents, collections, classes of objects.",
        InStore,
        library_tags_objects,
        json_object(
            tag_hierarchies={"type": "array"},
            document_tags=OBJECT,
            document_collections=OBJECTS,
            knowledge_graph_objects=OBJECTS,
        ),
    ),
)
