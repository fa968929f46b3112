"""Making, changing and deleting widgets."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.auth.permissions import Permission
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.kit.ids import new_id
from citewell.models import AgentSettings, Project, ProjectPermission, Widget
from citewell.users.service import ensure_user
from citewell.widgets import repository
from citewell.widgets.schemas import WidgetCreate, WidgetUpdate

MOST = 20  # of one project


async def get_widget(session: AsyncSession, project_id: UUID, widget_id: UUID, *, lock: bool = False) -> Widget:
    found = await session.get(Widget, (project_id, widget_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no such widget in this project.")
    return found


async def create_widget(session: AsyncSession, access: Access, request: WidgetCreate) -> Widget:
    """Raises InvalidFields for an unknown agent, BadRequest for too many widgets."""
    await session.get_one(Project, access.project_id, with_for_update={"key_share": True})  # one after the other
    if await repository.count_widgets(session, access.project_id) >= MOST:
        raise BadRequest(f"The project has {MOST} widgets already: delete one that is not used.")
    await _check_agent(session, access.project_id, request.agent_settings)
    widget_id = new_id()
    # An account of its own: its turns are counted apart from its maker's, and it reads its own conversations alone.
    user = await ensure_user(session, f"widget-{widget_id}@widget.invalid")
    session.add(ProjectPermission(project_id=access.project_id, user_id=user.id, permissions=[str(Permission.VIEW)]))
    values = request.model_dump(exclude={"agent_settings"})
    row = Widget(
        project_id=access.project_id,
        id=widget_id,
        user_id=user.id,
        agent_settings_id=request.agent_settings,
        **values,
    )
    session.add(row)
    session.add(entry_of(access, "widget_created", "widget", widget_id, name=request.name, origins=request.origins))
    await session.flush()
    await session.refresh(row)
    return row


async def update_widget(session: AsyncSession, access: Access, widget_id: UUID, changes: WidgetUpdate) -> Widget:
    """Tokens that were given out hold, unless the widget or their origin is no longer allowed."""
    values: dict[str, Any] = changes.model_dump(exclude_none=True)
    row = await get_widget(session, access.project_id, widget_id, lock=True)
    if "agent_settings" in values:
        await _check_agent(session, access.project_id, values["agent_settings"])
    for name, value in values.items():
        setattr(row, "agent_settings_id" if name == "agent_settings" else name, value)
    noted = values | ({"agent_settings": str(values["agent_settings"])} if "agent_settings" in values else {})
    session.add(entry_of(access, "widget_changed", "widget", row.id, **noted))
    await session.flush()
    await session.refresh(row)
    return row


async def delete_widget(session: AsyncSession, access: Access, widget_id: UUID) -> None:
    """The conversations with its visitors stay; its account loses its access."""
    row = await get_widget(session, access.project_id, widget_id, lock=True)
    session.add(entry_of(access, "widget_deleted", "widget", row.id, name=row.name))
    await repository.delete_permission(session, row)
    await session.delete(row)


async def _check_agent(session: AsyncSession, project_id: UUID, agent_id: UUID) -> None:
    if await session.get(AgentSettings, (project_id, agent_id)) is None:
        raise InvalidFields({"agent_settings": ["There are no such agent settings in this project."]})
