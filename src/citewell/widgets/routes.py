"""Widgets over HTTP, for the admins of a project."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from citewell.auth.dependencies import Admin, DatabaseParam, SettingsParam
from citewell.kit.templates import render
from citewell.kit.urls import base_url
from citewell.models import Widget
from citewell.widgets import repository, service
from citewell.widgets.schemas import WidgetCreate, WidgetOut, WidgetUpdate

router = APIRouter(prefix="/projects/{project_id}/widgets", tags=["Widgets"])


@router.get("/", operation_id="listWidgets", response_model=list[WidgetOut])
async def list_widgets(access: Admin, database: DatabaseParam, settings: SettingsParam, request: Request) -> Any:
    """Oldest first; at most 20."""
    async with database.read() as session:
        rows = await repository.list_widgets(session, access.project_id)
    base = base_url(request, settings)
    return [_to_wire(row, base) for row in rows]


@router.post("/", operation_id="createWidget", status_code=201, response_model=WidgetOut)
async def create_widget(
    access: Admin, database: DatabaseParam, settings: SettingsParam, request: Request, body: WidgetCreate
) -> Any:
    """Lets pages of some origins show a conversation with an agent. The answer has the tag for them."""
    async with database.write() as session:
        row = await service.create_widget(session, access, body)
    return _to_wire(row, base_url(request, settings))


@router.get("/{widget_id}/", operation_id="getWidget", response_model=WidgetOut)
async def get_widget(
    access: Admin, database: DatabaseParam, settings: SettingsParam, request: Request, widget_id: UUID
) -> Any:
    async with database.read() as session:
        row = await service.get_widget(session, access.project_id, widget_id)
    return _to_wire(row, base_url(request, settings))


@router.patch("/{widget_id}/", operation_id="updateWidget", response_model=WidgetOut)
async def update_widget(
    access: Admin,
    database: DatabaseParam,
    settings: SettingsParam,
    request: Request,
    widget_id: UUID,
    body: WidgetUpdate,
) -> Any:
    """A change holds at once, also for visitors who are talking. Running conversations keep their agent."""
    async with database.write() as session:
        row = await service.update_widget(session, access, widget_id, body)
    return _to_wire(row, base_url(request, settings))


@router.delete("/{widget_id}/", operation_id="deleteWidget", status_code=204)
async def delete_widget(access: Admin, database: DatabaseParam, widget_id: UUID) -> Response:
    """The conversations with its visitors stay."""
    async with database.write() as session:
        await service.delete_widget(session, access, widget_id)
    return Response(status_code=204)


def _to_wire(row: Widget, base: str) -> dict[str, Any]:
    names = set(WidgetOut.model_fields) - {"agent_settings", "tag"}
    fields = {name: getattr(row, name) for name in names}
    return fields | {"agent_settings": row.agent_settings_id, "tag": _tag(row, base)}


def _tag(row: Widget, base: str) -> str:
    return render("widgets/tag.html", base=base, project_id=row.project_id, widget_id=row.id)
