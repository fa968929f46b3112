"""The rules of tools: their configuration, and what happens to agents that list a deleted one."""

from collections.abc import Set
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import Conflict, InvalidFields, NotFound
from citewell.models import ToolSetting
from citewell.tools import repository
from citewell.tools.checks import check_tool, retrieval_mode
from citewell.tools.schemas import Restrictions, ToolIn

NO_SUCH = "There is no such tool in this project."
_RESTRICTIONS = tuple(Restrictions.model_fields)


async def get_tool(session: AsyncSession, project_id: UUID, tool_id: UUID, *, lock: bool = False) -> ToolSetting:
    row = await repository.find_tool(session, project_id, tool_id, lock=lock)
    if row is None:
        raise NotFound(NO_SUCH)
    return row


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
    await repository.remove_from_agents(session, project_id, tool_id)
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
    """Returns the restrictions as they are stored and shown: documents with their names, as clients write them, and
    tags by name and value.

    The rows of tags are made anew whenever tags are inferred: an exclusion by the id of a row would then exclude
    nothing.
    """
    stored = request.model_dump(mode="json", include=set(_RESTRICTIONS), exclude_none=True)
    known = await repository.document_names(session, row.project_id, request.document_parameters)
    names = {str(document_id): name for document_id, name in known.items()}
    before = {one["id"]: one["name"] for one in row.restrictions.get("document_parameters", [])}
    stored["document_parameters"] = [
        {"id": one, "name": names.get(one) or before.get(one, "")} for one in stored["document_parameters"]
    ]
    ids = [tag.id for tag in request.tag_parameters if tag.id is not None]
    found_tags = await repository.find_tags(session, row.project_id, ids)
    for one in stored["tag_parameters"]:
        if tag := found_tags.get(one.get("id", "")):
            one |= {"tag_name": tag.name, "tag_value": tag.value}
    return stored
