"""What is said where an extension is missing, and what a plain role can do."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from citewell.db import extensions
from citewell.db.migrate import migrate
from citewell.errors import SetupError
from citewell.kit.ids import new_id


@pytest.fixture
def plain(postgres: str) -> Iterator[str]:
    """The URL of an empty database, as a role that may make tables there and no extension."""
    name = f"plain_{new_id().hex[-12:]}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name}")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    url = postgres.replace("/citewell?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"GRANT ALL ON SCHEMA public TO {name}")
    yield f"{url}&options=-crole%3D{name}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name}")
        admin.execute(f"DROP ROLE {name}")


def test_a_role_that_may_not_make_extensions_is_told_who_can(plain: str) -> None:
    with pytest.raises(SetupError, match=r"not created: a superuser has to run CREATE EXTENSION vector in .*plain_"):
        migrate(plain)


def test_a_plain_role_works_with_extensions_made_beforehand(plain: str) -> None:
    with psycopg.connect(plain.split("&options")[0], autocommit=True) as admin:
        for name in ("vector", "pg_textsearch"):
            admin.execute(f"CREATE EXTENSION {name}")
    assert migrate(plain).text_search


def test_one_that_is_installed_but_not_preloaded_is_not_used(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_loaded(connection: Any) -> bool:
        return False

    monkeypatch.setattr(extensions, "_is_loaded", nothing_loaded)
    found = migrate(postgres)
    assert not found.text_search
    assert "shared_preload_libraries" in found.missing["pg_textsearch"]
