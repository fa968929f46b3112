"""Accounts that an operator deactivates."""

import pytest
from sqlalchemy import select, update

from citewell.errors import BadRequest
from citewell.kit.ids import new_id
from citewell.models import User
from citewell.process import Process
from citewell.users.activation import activate, deactivate
from tests.conftest import client_of


async def test_a_deactivated_user_is_let_in_nowhere_until_activated(process: Process, server: str) -> None:
    email = f"{new_id().hex}@example.org"
    async with client_of(process, server, email) as user:
        for active in (False, True):
            async with process.database.write() as session:
                row = (await session.scalars(select(User).where(User.email == email))).one()
                if active:
                    assert activate(row)
                else:
                    await deactivate(session, row)
            assert (await user.http.get("/api/v1/users/me/")).status_code == (200 if active else 401)
            if not active:
                async with client_of(process, server, f"{new_id().hex}@example.org", superuser=True) as owner:
                    listed = await owner.http.get("/api/v1/users/", params={"search": email})
                    assert [row["is_active"] for row in listed.json()["results"]] == [False]


async def test_the_last_superuser_stays(process: Process, server: str) -> None:
    email = f"{new_id().hex}@example.org"
    async with client_of(process, server, email, superuser=True), process.database.write() as session:
        await session.execute(update(User).where(User.email != email).values(is_superuser=False))
        row = (await session.scalars(select(User).where(User.email == email))).one()
        with pytest.raises(BadRequest, match="last superuser"):
            await deactivate(session, row)
        await session.rollback()
