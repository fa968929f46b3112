"""`search` and `fetch` in the shape that research agents know: results with an address, then one result whole."""

import asyncio
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from pydantic import Field

from citewell.agent.knowledge import Hit
from citewell.agent.texts import Narrowing
from citewell.agent.tools.narrowing import LOOK_AHEAD, PROPERTIES, left_out
from citewell.documents.knowledge import ProjectKnowledge
from citewell.documents.readable import ReadableDocuments
from citewell.documents.texts import ProjectTexts
from citewell.errors import CellUnavailable
from citewell.mcp.context import McpContext
from citewell.mcp.tool import OBJECTS, TEXT, McpTool, Result, ToolProblem, json_object
from citewell.mcp.tools.arguments import Arguments
from citewell.models import Project

_EACH, _SHOWN = 10, 20  # hits of a store, and of all together
_STORES = 25  # searched at once where none is named: the newest
_AT_ONCE = 4
_QUOTED = 300  # characters of the passage that the address quotes
_TEXT = 100_000  # characters of one fetched chunk


class Search(Arguments):
    query: Annotated[str, Field(min_length=1, max_length=2000, description="What to look for, in any language.")]
    project_id: Annotated[UUID | None, Field(description="Only in this knowledge store. Without it, in all.")] = None
    about: Annotated[str, Field(max_length=400, description=PROPERTIES["about"]["description"])] = ""
    tag: Annotated[str, Field(max_length=400, description=PROPERTIES["tag"]["description"])] = ""
    since: Annotated[date | None, Field(description=PROPERTIES["since"]["description"])] = None
    until: Annotated[date | None, Field(description=PROPERTIES["until"]["description"])] = None


class Fetch(Arguments):
    id: Annotated[str, Field(max_length=100, description="The id of a result of search.")]


async def search(context: McpContext, wanted: Search) -> Result:
    projects = await _projects(context, wanted.project_id)
    limit = asyncio.Semaphore(_AT_ONCE)

    async def search_project(project: Project) -> list[tuple[Project, Hit]]:
        async with limit:
            try:
                in_store = await context.in_store(project.id)
            except CellUnavailable:
                return []  # what the other stores have is of use
            resources, documents = in_store.resources, ReadableDocuments(project.id)
            texts = ProjectTexts(resources.database, resources.retriever.titles, documents, in_store.base_url)
            narrowing = Narrowing(wanted.about, wanted.tag, wanted.since, wanted.until)
            chosen = None if narrowing.is_empty else (await texts.narrow(narrowing)).documents
            hits = await _knowledge(in_store, project.id).search(wanted.query, _EACH + LOOK_AHEAD, chosen)
            return [(project, hit) for hit in hits]

    found: list[tuple[Project, Hit]] = []
    rest: list[Hit] = []
    more = False
    for done, hits in enumerate(asyncio.as_completed(map(search_project, projects)), 1):
        of_one = await hits
        found += of_one[:_EACH]
        rest += [hit for _, hit in of_one[_EACH:]]
        more = more or len(of_one) == _EACH + LOOK_AHEAD
        await context.report(done, len(projects), f"Searched {done} of {len(projects)} knowledge stores")
    # Scores of one store say nothing about another's: similarity to the question does.
    found.sort(key=lambda pair: (pair[1].similarity or 0.0, pair[1].score), reverse=True)
    rest = [hit for _, hit in found[_SHOWN:]] + rest
    shown = [_shown(project, hit, len(projects) > 1) for project, hit in found[:_SHOWN]]
    return Result({"results": shown, "left_out": left_out(rest, more=more)})


async def fetch(context: McpContext, wanted: Fetch) -> Result:
    project_id, chunk_id, passage = _ids(wanted.id)
    context = await context.in_store(project_id)
    await context.access(project_id)
    chunk = await _knowledge(context, project_id).chunk(chunk_id)
    if chunk is None:
        raise ToolProblem("There is no such result any more: its document was deleted or replaced. Search again.")
    place = chunk.place
    return Result(
        {
            "id": wanted.id,
            "title": f"{chunk.document_name}, {place.place}" if place.place else chunk.document_name,
            "text": chunk.content[:_TEXT],
            "url": _cited(chunk.reference_url, chunk.content[passage]),
            "metadata": {
                "document_id": str(chunk.document_id),
                "project_id": str(project_id),
                "place": place.place or "",
                "headings": " > ".join(chunk.heading_path),
            },
        }
    )


async def _projects(context: McpContext, project_id: UUID | None) -> list[Project]:
    if project_id is None:
        return list(await context.stores())[:_STORES]
    access = await context.access(project_id)
    async with context.resources.database.read() as session:
        return [await session.get_one(Project, access.project_id)]


def _knowledge(context: McpContext, project_id: UUID) -> ProjectKnowledge:
    resources = context.resources
    return ProjectKnowledge(
        resources.database,
        resources.retriever,
        ReadableDocuments(project_id),
        context.base_url,
        count=resources.usage.count,
    )


def _shown(project: Project, hit: Hit, name_store: bool) -> dict[str, Any]:
    passage = hit.content[hit.passage_start : hit.passage_end]
    place = f", {hit.place.place}" if hit.place.place else ""
    store = f" ({project.name})" if name_store else ""
    return {
        "id": f"{project.id}:{hit.chunk_id}:{hit.passage_start}-{hit.passage_end}",
        "title": f"{hit.document_name}{place}{store}",
        "url": _cited(hit.reference_url, passage),
        "text": passage,
    }


def _cited(reference_url: str, passage: str) -> str:
    """The address that opens the source with the passage marked."""
    return f"{reference_url}?verbatim={quote(_quotable(passage), safe='')}"


def _quotable(passage: str) -> str:
    """The passage's beginning, whole words only: addresses have an end."""
    passage = passage.strip()
    if len(passage) <= _QUOTED:
        return passage
    return passage[:_QUOTED].rsplit(None, 1)[0]


def _ids(text: str) -> tuple[UUID, UUID, slice]:
    """Project, chunk, and which of its characters were found; all of them, if the id does not say."""
    project, chunk, found = [*text.split(":"), "", ""][:3]
    try:
        place = slice(*(min(int(one), _TEXT) for one in found.split("-", 1))) if found else slice(None)
        return UUID(project), UUID(chunk), place
    except ValueError:
        raise ToolProblem("This is not the id of a result: use an id from search.") from None


TOOLS = (
    McpTool(
        "search",
        "Search the documents",
        "Find passages in the user's documents. Each result has an id for fetch, a title, the passage, and a url that "
        "opens the source with these words marked: cite that url. left_out counts what was found and is not shown.",
        Search,
        search,
        json_object(results=OBJECTS, left_out=TEXT),
    ),
    McpTool(
        "fetch",
        "Fetch a search result",
        "The whole text around a result of search, with its document and place. Cite its url with ?verbatim= and the "
        "exact words.",
        Fetch,
        fetch,
        json_object(id=TEXT, title=TEXT, text=TEXT, url=TEXT, metadata={"type": "object"}),
    ),
)
