"""The tools that a knowledge store offers by itself, and its pictures."""

import base64
from typing import Annotated, Any
from uuid import UUID

from mcp_types import ImageContent
from pydantic import Field

from citewell.errors import NotFound
from citewell.figures.service import readable_figure
from citewell.mcp.bounds import page_of
from citewell.mcp.context import McpContext
from citewell.mcp.tool import OBJECT, OBJECTS, TEXT, McpTool, Result, ToolProblem, json_object
from citewell.mcp.tools.arguments import Arguments, InStore
from citewell.tools import repository, running, service
from citewell.tools.factory import ToolConfig, Workbench, make_tool
from citewell.tools.running import ToolError

_MOST_TOOLS = 200
_MOST_FIGURES = 10
_MAX_FIGURE_BYTES = 4 * 1024 * 1024  # of one picture


class ToolChoice(InStore):
    tool_id: Annotated[UUID, Field(description="The tool, from list_tools.")]


class ToolRun(ToolChoice):
    offset: Annotated[int, Field(ge=0, le=10_000, description="How many results to skip; next_offset of a run.")] = 0
    input: Annotated[
        dict[str, Any], Field(default_factory=dict, description="What the tool takes: see input_schema of get_tool.")
    ]


class Figure(Arguments):
    image_id: Annotated[UUID, Field(description="The figure, from the images of a search result.")]
    caption: Annotated[str, Field(max_length=2000)] = ""
    chunk_id: UUID | None = None


class Figures(InStore):
    figures: Annotated[list[Figure], Field(min_length=1, max_length=_MOST_FIGURES)]


async def list_tools(context: McpContext, wanted: InStore) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.read() as session:
        _, rows = await repository.list_tools(session, access.project_id, None, _MOST_TOOLS, 0)
    return Result({"tools": [{"id": str(row.id), "name": row.name, "tool_type": row.tool_type} for row in rows]})


async def get_tool(context: McpContext, wanted: ToolChoice) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.read() as session:
        row = await service.get_tool(session, access.project_id, wanted.tool_id)
    config = ToolConfig.of(row)
    spec = make_tool(Workbench(context.resources, access.project_id, "", results=running.RESULTS), config).spec
    return Result(
        {
            "id": str(row.id),
            "name": row.name,
            "tool_type": row.tool_type,
            "description": spec.description,
            "input_schema": spec.parameters,
        }
    )


async def run_tool(context: McpContext, wanted: ToolRun) -> Result:
    access = await context.access(wanted.project_id)
    async with context.resources.database.read() as session:
        row = await service.get_tool(session, access.project_id, wanted.tool_id)
    await context.report(0, 1, f"Running {row.name}")
    try:
        found = await running.run(
            context.resources, access.project_id, ToolConfig.of(row), wanted.input, context.base_url
        )
    except ToolError as error:
        raise ToolProblem(f"{error.message} See get_tool for what {row.name} takes.") from None
    return Result(page_of(found[wanted.offset :], "results", wanted.offset))


async def show_figures(context: McpContext, wanted: Figures) -> Result:
    access = await context.access(wanted.project_id)
    shown: list[dict[str, Any]] = []
    images: list[ImageContent] = []
    for done, figure in enumerate(wanted.figures):
        await context.report(done, len(wanted.figures), "Fetching figures")
        try:
            async with context.resources.database.read() as session:
                found = await readable_figure(session, access, figure.image_id)
        except NotFound:
            shown.append({"image_id": str(figure.image_id), "found": False})
            continue
        if found.file_size > _MAX_FIGURE_BYTES:
            shown.append({"image_id": str(figure.image_id), "found": False, "reason": "too large to show"})
            continue
        data = await context.resources.files.get(found.file_key)
        images.append(ImageContent(data=base64.b64encode(data).decode(), mime_type=found.content_type))
        caption = figure.caption or found.caption
        shown.append({"image_id": str(figure.image_id), "found": True, "caption": caption})
    return Result({"figures": shown}, images)


TOOLS = (
    McpTool(
        "list_tools",
        "List the tools of a store",
        "The tools that this knowledge store offers: searches, outlines, statistics and more. Run one with run_tool.",
        InStore,
        list_tools,
        json_object(tools=OBJECTS),
    ),
    McpTool(
        "get_tool",
        "Describe a tool of a store",
        "What a tool of a store does, and the JSON schema of its input.",
        ToolChoice,
        get_tool,
        json_object(id=TEXT, name=TEXT, tool_type=TEXT, description=TEXT, input_schema=OBJECT),
    ),
    McpTool(
        "run_tool",
        "Run a tool of a store",
        "Run a tool of a store with its input, and get its results. Chunks come with a reference_url to cite.",
        ToolRun,
        run_tool,
        json_object(results=OBJECTS),
    ),
    McpTool(
        "show_figures",
        "Show figures",
        "Show pictures of documents to the user, by their image_id from search results.",
        Figures,
        show_figures,
        json_object(figures=OBJECTS),
    ),
)
