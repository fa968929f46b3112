"""People with passwords, and the browsers they sign in with."""

import itertools
from typing import Any

import httpx2 as httpx

from citewell.kit.ids import new_id
from citewell.process import Process
from citewell.users.service import ensure_user

PASSWORD = "plum harbour violin 7"
_networks = itertools.count(1)


async def person(process: Process, password: str | None = PASSWORD, *, superuser: bool = False) -> str:
    """The address of a new user."""
    email = f"{new_id().hex}@example.org"
    stored = await process.passwords.hash(password) if password else None
    async with process.database.write() as session:
        (await ensure_user(session, email, superuser=superuser)).password_hash = stored
    return email


def new_peer() -> str:
    """An address that no other test comes from."""
    number = next(_networks)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Browser(httpx.AsyncClient):
    """Keeps cookies, and comes from a network of its own, as behind a proxy."""

    def __init__(self, server: str, peer: str | None = None, **more: Any) -> None:
        headers = {"X-Forwarded-For": peer or new_peer()}
        super().__init__(base_url=f"{server}/api/v1", headers=headers, timeout=60, **more)

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.post("/auth/login/", json={"email": email, "password": password})
        if answer.status_code == 200:
            self.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return answer
