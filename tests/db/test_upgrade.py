"""A store of an older version, with data in it, comes to this version's schema, whatever breaks off in between."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from citewell.db.engine import libpq_url
from citewell.db.extensions import install
from citewell.db.migrate import newest_revision
from citewell.db.upgrade import upgrade
from citewell.db.upgrade_plan import plan_upgrade
from tests.processes import citewell, environment

OLD = "0130"


@pytest.fixture
def old_store(postgres: str) -> str:
    """The database of an older version, with a project and a document whose reading failed."""
    name = "old_store"
    with psycopg.connect(postgres.replace("/citewell?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    url = postgres.replace("/citewell?", f"/{name}?")
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        install(connection)
    upgrade(url, OLD)
    with psycopg.connect(libpq_url(url)) as connection:
        project, document, version = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
        insert(connection, "projects", id=project, name="Old")
        insert(connection, "documents", project_id=project, id=document, name="old.pdf", file_key="k")
        failed = {"stage": "failed", "failed_stage": "parsed", "failure_code": "broken", "failure_reason": "no PDF"}
        insert(connection, "document_versions", project_id=project, id=version, document_id=document, **failed)
    return url


def insert(connection: psycopg.Connection[Any], table: str, **values: Any) -> None:
    """A row with those values; what else must not be null gets a zero of its type."""
    zeros = {"text": "''", "integer": "0", "bigint": "0", "boolean": "false", "bytea": "''", "jsonb": "'{}'"}
    zeros |= {"uuid": "gen_random_uuid()", "ARRAY": "'{}'", "timestamp with time zone": "now()"}
    needed = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND column_default IS NULL",
        [table],
    ).fetchall()
    columns = {name: zeros[kind] for name, kind in needed if name not in values}
    names = ", ".join([*values, *columns])
    marks = ", ".join(["%s"] * len(values) + list(columns.values()))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


def revision(url: str) -> str:
    with psycopg.connect(libpq_url(url)) as connection:
        [found] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


def test_killed_in_the_middle_it_goes_on(old_store: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "citewell", "upgrade", "--database-url", old_store]
    with psycopg.connect(libpq_url(old_store)) as blocker:
        blocker.execute("LOCK TABLE projects IN ROW EXCLUSIVE MODE")  # which a later migration refers to
        process = subprocess.Popen(command, env=environment(), cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        alarm = threading.Timer(240, process.kill)
        alarm.start()
        for line in process.stderr:
            if "migration_waits" in line:
                break
        alarm.cancel()
        process.kill()
        process.wait(10)
    middle = revision(old_store)
    assert middle not in (OLD, newest_revision()), "the kill was in the middle"
    done = citewell("upgrade", "--database-url", old_store, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert revision(old_store) == newest_revision()
    with psycopg.connect(libpq_url(old_store)) as connection:
        steps = connection.execute("SELECT step, state, error_code FROM version_steps ORDER BY step").fetchall()
    assert ("chunk", "failed", "broken") in steps, "what the older version knew is kept"


def test_a_check_says_what_would_change_and_changes_nothing(old_store: str, tmp_path: Path) -> None:
    plan = plan_upgrade(old_store)
    assert (plan.current, plan.newest) == (OLD, newest_revision())
    steps = next(change for change in plan.changes if change.revision == "0132")
    assert any(action.startswith("removes columns of document_versions") for action in steps.actions)
    assert steps.is_final
    shown = citewell("upgrade", "--check", "--database-url", old_store, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "0132" in shown.stdout
    assert "Take one first: citewell backup" in shown.stdout
    assert revision(old_store) == OLD


def test_an_index_whose_building_broke_off_is_built_again(old_store: str) -> None:
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'version_steps_waiting'::regclass"
    upgrade(old_store, "0272")
    with psycopg.connect(libpq_url(old_store), autocommit=True) as connection:
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'version_steps_waiting'::regclass"
        )
        upgrade(old_store)
        assert connection.execute(valid).fetchone() == (True,)
