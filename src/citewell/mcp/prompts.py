"""Playbooks as MCP prompts: a person picks one, and the client's model works along it."""

from uuid import UUID

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    GetPromptResult,
    ListPromptsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from citewell.artifacts.content import Playbook, PlaybookList
from citewell.artifacts.context import playbook_text
from citewell.artifacts.repository import latest_of_projects
from citewell.artifacts.service import get_artifact
from citewell.errors import CitewellError
from citewell.mcp.context import McpContext
from citewell.models import ArtifactVersion

_PAGE = 100
_LONGEST_TASK = 20_000  # characters
_TASK = PromptArgument(name="task", description="What the playbook is to be applied to.", required=False)


async def list_prompts(context: McpContext, cursor: str | None) -> ListPromptsResult:
    """The playbooks of the caller's stores, by store; `cursor` is the number of those that were shown."""
    stores = {project.id: project.name for project in await context.stores()}
    rows: dict[UUID, ArtifactVersion] = {}
    for there, ids in await context.in_cells(list(stores)):
        async with there.resources.database.read() as session:
            rows |= await latest_of_projects(session, ids, "playbooks")
    found = [
        _described(project_id, stores[project_id], playbook)
        for project_id in stores
        if project_id in rows
        for playbook in PlaybookList.model_validate(rows[project_id].content).playbooks
    ]
    start = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < 8 else 0
    end = start + _PAGE
    return ListPromptsResult(prompts=found[start:end], next_cursor=str(end) if end < len(found) else None)


async def get_prompt(context: McpContext, name: str, arguments: dict[str, str]) -> GetPromptResult:
    """A playbook as the first message of a dialogue. Raises MCPError."""
    project_id, playbook = await _find(context, name)
    task = arguments.get("task", "").strip()
    if len(task) > _LONGEST_TASK:
        raise MCPError(INVALID_PARAMS, f"task may have at most {_LONGEST_TASK:,} characters.")
    text = (
        f"Work along this playbook of the knowledge store {project_id}, step by step until EXIT. Search the store for "
        f"every fact, and cite each claim.\n\n{playbook_text(playbook)}"
    )
    if task:
        text += f"\n\nThe task: {task}"
    message = PromptMessage(role="user", content=TextContent(text=text))
    return GetPromptResult(description=playbook.objective or playbook.name, messages=[message])


async def _find(context: McpContext, name: str) -> tuple[UUID, Playbook]:
    store, _, identity = name.partition("/")
    try:
        context = await context.in_store(UUID(store))
        access = await context.access(UUID(store))
        wanted = UUID(identity)
    except ValueError:
        raise MCPError(INVALID_PARAMS, "There is no such prompt: use a name from prompts/list.") from None
    except CitewellError as error:
        raise MCPError(INVALID_PARAMS, error.message) from None
    async with context.resources.database.read() as session:
        content = (await get_artifact(session, access.project_id, "playbooks")).content
    assert isinstance(content, PlaybookList)
    for playbook in content.playbooks:
        if playbook.id == wanted:
            return access.project_id, playbook
    raise MCPError(INVALID_PARAMS, "This playbook no longer exists: list the prompts again.")


def _described(project_id: UUID, store: str, playbook: Playbook) -> Prompt:
    return Prompt(
        name=f"{project_id}/{playbook.id}",
        title=f"{playbook.name} ({store})",
        description=playbook.objective or None,
        arguments=[_TASK],
    )
