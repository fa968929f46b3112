"""A store of an older version, with data in it, comes to this version's schema, whatever breaks off in between."""

import re
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic.config import Config
from scripts.record_columns import COLUMNS
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from citewell.db.engine import Database, libpq_url
from citewell.db.extensions import install
from citewell.db.migrate import newest_revision
from citewell.db.partitions import create_project_partition
from citewell.db.upgrade import configuration, upgrade
from citewell.db.upgrade_plan import plan_upgrade
from citewell.process import open_process
from tests.conftest import Api, client_of, make_settings, serving
from tests.processes import citewell, environment, launch

OLD = "0130"
# What the last tagged version had stored, and its schema. To be made anew at a release; its head says how.
TAGGED, TAGGED_STORE = "0301", Path(__file__).parent / "stores" / "0.1.0.sql"
TAGGED_COLUMNS = TAGGED_STORE.with_suffix(".columns.txt")
_WIDER = {
    ("smallint", "integer"),
    ("smallint", "bigint"),
    ("integer", "bigint"),
    ("real", "double precision"),
    ("character varying", "text"),
}
SENTENCE = "The boiler in hall four was inspected on 3 May 2024 by Ruth Adler."


def empty_database(postgres: str, name: str) -> str:
    with psycopg.connect(postgres.replace("/citewell?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    url = postgres.replace("/citewell?", f"/{name}?")
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        install(connection)
    return url


@pytest.fixture
def old_store(postgres: str) -> str:
    """The database of an older version, with a project and a document whose reading failed."""
    url = empty_database(postgres, "old_store")
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


def upgrade_and_kill(url: str, locked: str) -> str:
    """Begin an upgrade and kill it while it waits for the table that somebody uses; the schema that it has come to."""
    command = ["upgrade", "--database-url", url]
    with psycopg.connect(libpq_url(url)) as blocker:
        blocker.execute(f"LOCK TABLE {locked} IN ROW EXCLUSIVE MODE".encode())
        process, shown = launch(command, environment())
        alarm = threading.Timer(240, process.kill)
        alarm.start()
        with shown:
            assert any("migration_waiting" in line for line in shown)
        alarm.cancel()
        process.kill()
        process.wait(10)
    return revision(url)


def upgrade_again(url: str, folder: Path) -> None:
    done = citewell("upgrade", "--database-url", url, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert revision(url) == newest_revision()


def test_killed_in_the_middle_it_goes_on(old_store: str, tmp_path: Path) -> None:
    middle = upgrade_and_kill(old_store, "projects")  # a later migration refers to it
    assert middle not in (OLD, newest_revision()), "the kill was in the middle"
    upgrade_again(old_store, tmp_path)
    with psycopg.connect(libpq_url(old_store)) as connection:
        steps = connection.execute("SELECT step, state, error_code FROM version_steps ORDER BY step").fetchall()
    assert ("chunk", "failed", "broken") in steps, "what the older version knew is kept"


async def test_what_the_last_tagged_version_stored_is_used_after_an_upgrade_that_was_killed(
    postgres: str, tmp_path: Path
) -> None:
    url = empty_database(postgres, "tagged_store")
    upgrade(url, TAGGED)
    data = TAGGED_STORE.read_text()
    [project] = {UUID(found) for found in re.findall(r"INTO public.projects .* VALUES \('([0-9a-f-]+)'", data)}
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        extensions = install(connection)
    database = Database(url)
    async with database.autocommit() as engine:
        await create_project_partition(engine, project, extensions)
    await database.close()
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger acts on what is only copied
        connection.execute(data.encode())
    middle = upgrade_and_kill(url, "source_syncs")  # a later migration changes it
    assert middle != newest_revision()
    upgrade_again(url, tmp_path)
    async with (
        open_process(make_settings(url, tmp_path, embedding="none")) as process,
        serving(process) as address,
        client_of(process, address, "owner@localhost") as owner,
    ):
        await _use(Api(owner.http, owner.token, owner.server, str(project)))


def test_servers_of_the_last_tagged_version_can_use_the_new_schema(postgres: str) -> None:
    """They read and write it until the last of them is replaced."""
    lines = [line for line in TAGGED_COLUMNS.read_text().splitlines() if not line.startswith("#")]
    with psycopg.connect(libpq_url(postgres)) as connection:
        rows = connection.execute(COLUMNS.encode()).fetchall()
    found = broken_columns(lines, [" | ".join(row) for row in rows])
    assert not found, "Expand in this release, contract in the next: see A release in CONTRIBUTING.md"


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("t | a | text | null", "t | b | text | null", "t.a is gone"),
        ("t | a | text | null", "t | a | bytea | null", "t.a was text and is bytea"),
        ("t | a | bigint | null", "t | a | integer | null", "t.a was bigint and is integer"),
        ("t | a | text | null", "t | a | text | default", "t.a was null and is default"),
        ("t | a | text | default", "t | a | text | null", "t.a was default and is null"),
        ("t | a | text | default", "t | a | text | required", "t.a was default and is required"),
        ("t | a | text | null", "t | a | text | null\nt | b | text | required", "t.b is new and has no default"),
        ("t | a | text | required", "t | a | text | default\nu | b | text | required", None),
        ("t | a | integer | null", "t | a | bigint | null\nt | b | text | default", None),
    ],
)
def test_a_change_that_the_version_before_does_not_bear_is_found(before: str, now: str, words: str | None) -> None:
    assert broken_columns(before.splitlines(), now.splitlines()) == ([words] if words else [])


def broken_columns(before: list[str], now: list[str]) -> list[str]:
    """What breaks a server that knows the columns of `before` on a schema with those of `now`, in words."""
    kept, found = (
        {(table, name): kind for table, name, *kind in (line.split(" | ") for line in lines)} for lines in (before, now)
    )
    broken = []
    for (table, name), (kind, missing) in kept.items():
        if (table, name) not in found:
            broken.append(f"{table}.{name} is gone")
            continue
        new_kind, new_missing = found[table, name]
        if new_kind != kind and (kind.partition("(")[0], new_kind) not in _WIDER:
            broken.append(f"{table}.{name} was {kind} and is {new_kind}")
        if new_missing != missing and (missing, new_missing) != ("required", "default"):
            broken.append(f"{table}.{name} was {missing} and is {new_missing}")
    tables = {table for table, _ in kept}
    for (table, name), (_, missing) in found.items():
        if table in tables and (table, name) not in kept and missing == "required":
            broken.append(f"{table}.{name} is new and has no default")
    return broken


async def _use(api: Api) -> None:
    """Open an old answer and its citation, and ask again."""
    talks = (await api.get("/playground-conversations/")).json()["results"]
    history = (await api.get(f"/playground-conversations/{talks[0]['id']}/")).text
    [chunk] = set(re.findall(r"/reference/([0-9a-f-]+)\?verbatim=The%20boiler", history))
    source = (await api.get(f"/sources/{chunk}/", params={"verbatim": SENTENCE})).json()
    assert source["content"][source["start"] : source["end"]] == SENTENCE
    question = {"message": "Who inspected the boiler in hall four?"}
    asked = await api.post(f"/playground-conversations/{talks[0]['id']}/send_message_stream/", json=question)
    assert asked.status_code == 200, asked.text
    assert chunk in asked.text.rpartition("streaming_completed")[0]
    kept = {
        "agent-settings": "Inspector",
        "webhooks": "example.org/hook",
        "document-sources": "feed.xml",
        "tables": "Parts",
    }
    for path, words in kept.items():
        assert words in (await api.get(f"/{path}/")).text


_BATCHED = """
from alembic import op
from citewell.db.migrations.batches import change_in_batches

revision, down_revision, branch_labels, depends_on = "batched", "{newest}", None, None


def upgrade():
    with op.get_context().autocommit_block():
        rows = "SELECT ctid FROM many WHERE times = 0 LIMIT :size"
        change_in_batches(f"UPDATE many SET times = times + 1 WHERE ctid = ANY(ARRAY({{rows}}))", 10)
"""
# Ends the connection as a kill does, in the third batch.
_BREAK = """
    CREATE TABLE many (times int DEFAULT 0);
    INSERT INTO many SELECT FROM generate_series(1, 45);
    CREATE SEQUENCE batch;
    CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('batch') = 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER break_off AFTER UPDATE ON many EXECUTE FUNCTION break_off();
"""


def test_a_batched_migration_that_breaks_off_goes_on_where_it_was(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "batched.py").write_text(_BATCHED.format(newest=newest_revision()))
    ours = configuration().get_main_option("script_location")

    def extended(connection: Connection | None = None) -> Config:
        config = configuration(connection)
        config.set_main_option("version_locations", f"{ours}/versions;{tmp_path}")
        config.set_main_option("path_separator", ";")
        return config

    monkeypatch.setattr("citewell.db.upgrade.configuration", extended)
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(_BREAK)
        changed = "SELECT count(*) FILTER (WHERE times = 1), count(*) FILTER (WHERE times > 1) FROM many"
        with pytest.raises(SQLAlchemyError):
            upgrade(database_url)
        assert connection.execute(changed).fetchone() == (20, 0), "two batches are kept"
        assert revision(database_url) == newest_revision()
        upgrade(database_url)
        assert connection.execute(changed).fetchone() == (45, 0), "no row was changed twice"
    assert revision(database_url) == "batched"


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
