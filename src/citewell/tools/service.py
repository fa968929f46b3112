"""The rules of tools: their configuration, and what happens to agents that list a deleted one."""

from collections.abc import Set
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import Conflict, InvalidFields, NotFound
from citewell.models import AgentSettings, Document, DocumentTag, Project, ToolSetting
from citewell.tools.checks import check_tool, retrieval_mode
from citewell.tools.schemas import Restrictions, ToolIn

NO_SUCH = "There is no such tool in this project."
_RESTRICTIONS = tuple(Restrictions.model_fields)


async def list_tools(
    session: AsyncSession, project_id: UUID, tool_type: str | None, limit: int, offset: int
) -> tuple[int, list[ToolSetting]]:
    query = select(ToolSetting).where(ToolSetting.project_id == project_id)
    if tool_type is not None:
        query = query.where(ToolSetting.tool_type == tool_type)
    count = await session.scalar(select(func.count()).select_from(query.subquery()))
    rows = await session.scalars(query.order_by(ToolSetting.created_at, ToolSetting.id).limit(limit).offset(offset))
    return count or 0, list(rows)


async def get_tool(session: AsyncSession, project_id: UUID, tool_id: UUID, *, lock: bool = False) -> ToolSetting:
    query = select(ToolSetting).where(ToolSetting.project_id == project_id, ToolSetting.id == tool_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(NO_SUCH)
    return row


async def project_name(session: AsyncSession, project_id: UUID) -> str:
    return (await session.scalars(select(Project.name).where(Project.id == project_id))).one()


async def create_tool(session: AsyncSession, project_id: UUID, request: ToolIn) -> ToolSetting:
    row = ToolSetting(project_id=project_id, readonly=False, restrictions={})
    await _configure(session, row, request, request.model_fields_set)
    session.add(row)
    await session.flush()
    return row


async def update_tool(session: AsyncSession, project_id: UUID, tool_id: UUID, request: ToolIn) -> ToolSetting:
    """Change a tool. Fields that were not sent keep their values, but with a new type all begin anew."""
    row = await get_tool(session, project_id, tool_id, lock=True)
    _refuse_readonly(row)
    sent = request.model_fields_set
    if request.tool_type == row.tool_type:
        request = _merged(row, request)
    await _configure(session, row, request, sent)
    await session.flush()
    await session.refresh(row)
    return row


async def delete_tool(session: AsyncSession, access: Access, tool_id: UUID) -> None:
    """Delete a tool; agents that list it work without it. Raises NotFound, and Conflict for a read-only one."""
    project_id = access.project_id
    row = await get_tool(session, project_id, tool_id, lock=True)
    _refuse_readonly(row)
    await session.execute(
        update(AgentSettings)
        .where(AgentSettings.project_id == project_id, AgentSettings.tools.contains([tool_id]))
        .values(tools=func.array_remove(AgentSettings.tools, tool_id))
    )
    await session.delete(row)
    session.add(entry_of(access, "tool_deleted", "tool", tool_id))


def _refuse_readonly(row: ToolSetting) -> None:
    if row.readonly:
        raise Conflict("This tool came with the project and cannot be changed or deleted: make one of your own.")


def _merged(row: ToolSetting, request: ToolIn) -> ToolIn:
    stored: dict[str, Any] = {
        **row.restrictions,
        "description": row.description,
        "retrieval_mode": row.retrieval_mode,
        "retrieval_parameters": row.retrieval_parameters,
        "agent_settings": row.agent_settings_id,
    }
    sent = {name: getattr(request, name) for name in request.model_fields_set}
    try:
        return ToolIn.model_validate(stored | sent)
    except ValidationError as error:  # what is stored was valid when it was stored
        raise InvalidFields({str(one["loc"][0]): [one["msg"]] for one in error.errors()}) from error


async def _configure(session: AsyncSession, row: ToolSetting, request: ToolIn, sent: Set[str]) -> None:
    mode = retrieval_mode(request.tool_type, request.retrieval_mode)
    await check_tool(session, row.project_id, request, sent)
    row.name = request.name
    row.description = request.description
    row.tool_type = request.tool_type
    row.retrieval_mode = mode
    unused = {"query_template"} if mode != "templated-query" else set()
    row.retrieval_parameters = request.retrieval_parameters.model_dump(mode="json", exclude=unused) if mode else {}
    row.restrictions = await _restrictions(session, row, request)
    row.agent_settings_id = request.agent_settings


async def _restrictions(session: AsyncSession, row: ToolSetting, request: ToolIn) -> dict[str, Any]:
    """As they are stored and shown: documents with their names, as clients write them, and tags by name and value.

    The rows of tags are made anew whenever tags are inferred: an exclusion by the id of one would then exclude nothing.
    """
    stored = request.model_dump(mode="json", include=set(_RESTRICTIONS), exclude_none=True)
    query = select(Document.id, Document.name).where(Document.project_id == row.project_id)
    known = await session.execute(query.where(Document.id.in_(request.document_parameters)))
    names = {str(found.id): found.name for found in known}
    before = {one["id"]: one["name"] for one in row.restrictions.get("document_parameters", [])}
    stored["document_parameters"] = [
        {"id": one, "name": names.get(one) or before.get(one, "")} for one in stored["document_parameters"]
    ]
    tags = select(DocumentTag).where(DocumentTag.project_id == row.project_id)
    ids = [tag.id for tag in request.tag_parameters if tag.id is not None]
    found_tags = {str(tag.id): tag for tag in await session.scalars(tags.where(cast(DocumentTag.id, Text).in_(ids)))}
    for one in stored["tag_parameters"]:
        if tag := found_tags.get(one.get("id", "")):
            one |= {"tag_name": tag.name, "tag_value": tag.value}
    return stored
