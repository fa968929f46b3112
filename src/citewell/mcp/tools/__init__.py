"""All tools of the MCP server, in the order in which they are listed."""

from typing import Any

from citewell.mcp.tool import McpTool
from citewell.mcp.tools import artifacts, project_tools, review, searching, stores

TOOLS: tuple[McpTool[Any], ...] = (
    *stores.TOOLS,
    *searching.TOOLS,
    *artifacts.TOOLS,
    *project_tools.TOOLS,
    *review.TOOLS,
)
