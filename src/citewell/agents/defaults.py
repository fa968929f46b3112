"""The agent and the tools that every project has from the start."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import AgentSettings, Project, ToolSetting

# Name, type, mode. What they do is said by the tools themselves.
DEFAULT_TOOLS = (
    ("search_documents", "retrieval", "semantic-chunks"),
    ("get_chunk", "get_chunk", ""),
    ("find_text", "find_text", ""),
    ("find_tables", "find_tables", ""),
    ("read_pages", "read_pages", ""),
    ("get_document_outline", "get_document_outline", ""),
    ("list_documents", "document_retrieval", "list_document_names"),
    ("data_statistics", "data_statistics", ""),
    ("math", "math", ""),
)


async def add_default_agent(session: AsyncSession, project: Project, owner_id: UUID) -> AgentSettings:
    tools = [
        ToolSetting(
            project_id=project.id,
            name=name,
            tool_type=tool_type,
            retrieval_mode=mode,
            description=None,
            readonly=True,
        )
        for name, tool_type, mode in DEFAULT_TOOLS
    ]
    session.add_all(tools)
    await session.flush()
    agent = AgentSettings(
        project_id=project.id,
        name="Default agent",
        description="Searches the project's documents and answers with citations.",
        created_by=owner_id,
        is_default=True,
        project_brief=project.business_brief,
        tools=[tool.id for tool in tools],
    )
    session.add(agent)
    await session.flush()
    return agent
