"""What a cell's database may be, and that copies of accounts take nothing away that is new."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.cells import accounts
from citewell.cells.accounts import AccountCopies
from citewell.cells.hosting import settings_of
from citewell.db.engine import Database, PoolOptions
from citewell.errors import SetupError
from citewell.kit.ids import new_id
from citewell.process import open_process
from tests.cells.conftest import Installation


def sign_up(url: str, *emails: str) -> list[UUID]:
    ids = [new_id() for _ in emails]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO users (id, email, is_superuser) VALUES (%s, %s, false)", zip(ids, emails, strict=True)
        )
    return ids


def column(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query)]


CELL = "SELECT value FROM server_marks WHERE name = 'cell'"
EMAILS = "SELECT email FROM users ORDER BY email"


async def test_a_database_that_is_used_otherwise_does_not_become_a_cell(
    installation: Installation, clone: Callable[[], str]
) -> None:
    used = clone()
    sign_up(used, "somebody@example.org")
    wrong = {"another installation": used, "home cell's own": installation.urls["home"]}
    for words, url in wrong.items():
        settings = installation.settings.model_copy(update={"cells": {"west": SecretStr(url)}})
        with pytest.raises(SetupError, match=words):
            async with open_process(settings_of(settings, "west"), home=installation.home, cell="west"):
                pass
        assert not column(url, CELL)
    assert column(used, EMAILS) == ["somebody@example.org"]


async def test_comparing_accounts_removes_who_is_gone_and_nobody_who_is_new(
    clone: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_BATCH", 2)
    urls = clone(), clone()
    home, cell = (Database(url, PoolOptions()) for url in urls)
    copies = AccountCopies(home, cell)
    read = home.autocommit

    @asynccontextmanager
    async def sign_up_after_reading() -> AsyncIterator[AsyncConnection]:
        async with read() as connection:
            yield connection
        monkeypatch.setattr(home, "autocommit", read)
        [new] = sign_up(urls[0], "new@example.org")
        await copies.ensure_user(new)

    try:
        sign_up(urls[1], *(f"gone-{number}@example.org" for number in range(5)))
        sign_up(urls[0], "ada@example.org")
        monkeypatch.setattr(home, "autocommit", sign_up_after_reading)
        await copies.compare(("users",))
        assert column(urls[1], EMAILS) == ["ada@example.org", "new@example.org"]
        sign_up(urls[0], *(f"later-{number}@example.org" for number in range(5)))
        await copies.compare(("users",))
        assert column(urls[1], EMAILS) == column(urls[0], EMAILS)
    finally:
        await home.close()
        await cell.close()
