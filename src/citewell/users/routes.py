"""The caller about themselves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from citewell.auth.dependencies import CallerParam, DatabaseParam
from citewell.models import User

router = APIRouter(tags=["Users"])


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    date_joined: datetime
    is_superuser: bool


@router.get("/users/me/", operation_id="getCurrentUser", response_model=UserOut)
async def me(caller: CallerParam, database: DatabaseParam) -> Any:
    async with database.read() as session:
        return await session.get_one(User, caller.user_id)
