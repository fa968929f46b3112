"""The route that tells what the caller may do in a project."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from citewell.auth.dependencies import Viewer
from citewell.auth.permissions import Permission

router = APIRouter(tags=["Projects"])


class AccessOut(BaseModel):
    """`permissions` are those that hold, also where they follow from another: an admin may run tasks and view."""

    permissions: list[Permission]
    is_admin: bool


@router.get("/projects/{project_id}/access/", operation_id="getProjectAccess", response_model=AccessOut)
async def get_access(access: Viewer) -> Any:
    """Your own permissions in the project, so that a user interface knows what to offer."""
    allowed = [permission for permission in Permission if access.allows(permission)]
    return {"permissions": allowed, "is_admin": access.is_admin}
