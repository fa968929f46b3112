"""Backups of a store that works meanwhile, and what comes back from them."""

import asyncio
import hashlib
import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from citewell.backup.folder import BackupFolder
from citewell.backup.manifest import Backup
from citewell.backup.repository import find_last_backup
from citewell.backup.restoring import damages, restore, restore_cell
from citewell.backup.taking import Source, take_backup
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database, libpq_url
from citewell.db.file_hold import FilesHeld, holding_files
from citewell.documents.incoming import incoming_folder
from citewell.documents.incoming.folder import FolderIncoming
from citewell.documents.orphans import check_files
from citewell.errors import SetupError
from citewell.kit.ids import new_id
from citewell.process import Process
from citewell.settings import Settings
from citewell.storage import FileStore
from citewell.storage.hold import holding_local_files
from tests.prepared import begin_as_prepared
from tests.processes import Serving, citewell, postgres_of, wait_until
from tests.samples import HANDBOOK, PRICES
from tests.sse import final_answer, parse

MOST = 25  # uploads and questions beside a backup
QUESTION = "How much may a hotel room cost in Oslo?"


@pytest.fixture(scope="module")
def folders() -> Iterator[Path]:
    """Where each test makes its data folders."""
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    yield folder
    for data_dir in folder.iterdir():
        for process in postgres_of(data_dir):
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)


class Store:
    """A running server with a project, and the backups of it."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "store"
        self.serving = Serving(self.data_dir, CITEWELL_EMBEDDING="none")
        token = citewell(
            "token", "create", "a@example.org", "--data-dir", str(self.data_dir), cwd=folder
        ).stdout.strip()
        self.token = token
        self.backups = BackupFolder(folder / "backups")
        with self.serving.client(token) as client:
            self.project = client.post("/projects/", json={"name": "Backed up"}).json()["id"]
        for name, content in (("handbook.md", HANDBOOK), ("prices.html", PRICES)):
            self.upload(name, content)
        self.wait_until_indexed()

    def upload(self, name: str, content: bytes) -> str:
        with self.serving.client(self.token) as client:
            answer = client.post(f"/projects/{self.project}/documents/bulk-upload/", files=[("files", (name, content))])
            assert answer.status_code == 201, answer.text
            return str(answer.json()[0]["id"])

    def wait_until_indexed(self) -> None:
        with self.serving.client(self.token) as client:
            path = f"/projects/{self.project}/documents/indexing-status/"
            ended = ("active", "failed", "deleted")
            wait_until(lambda: all(row["status"] in ended for row in client.get(path).json()), 240)

    def back_up(self, **more: Any) -> Backup:
        settings = Settings(data_dir=self.data_dir)
        with EmbeddedPostgres(self.data_dir) as url:
            source = Source(settings, url, FileStore.local(settings.files_dir), is_embedded=True)
            return take_backup(source, self.backups, **{"tell": lambda text: None} | more)


@pytest.fixture(scope="module")
def store(folders: Path) -> Iterator[Store]:
    made = Store(folders)
    yield made
    if made.serving.process.poll() is None:
        made.serving.stop()


def ask(serving: Serving, token: str, project: str) -> tuple[str, list[str]]:
    """The answer, and the names and words of its citations."""
    with serving.client(token) as client:
        base = f"/projects/{project}/playground-conversations"
        agent = client.get(f"/projects/{project}/agent-settings/").json()["results"][0]["id"]
        conversation = client.post(f"{base}/", json={"agent_settings": agent}).json()["id"]
        answer = client.post(f"{base}/{conversation}/send_message_stream/", json={"message": QUESTION})
        last = final_answer(parse(answer.text))
        return last["content"].replace(serving.address, ""), [
            f"{one['document_name']} {one['chunk_id']}" for one in last["citations"]
        ]


def counts(url: str) -> dict[str, int]:
    """Rows of each table, without the queue's, this process's own, and the usage counters, written seconds later."""
    with psycopg.connect(libpq_url(url)) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname !~ '^procrastinate_' AND relname NOT IN ('server_marks', 'rate_limits',"
            " 'token_counts', 'retrieval_counts')"
        ).fetchall()
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}


def hashes(data_dir: Path) -> dict[str, str]:
    files = [path for path in (data_dir / "files").rglob("*") if path.is_file()]
    return {str(path.relative_to(data_dir)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.timeout(900)
def test_a_backup_of_a_busy_store_is_restored_completely(store: Store, folders: Path) -> None:
    """Uploads, questions and deletions go on; what was acknowledged before the backup is in it, with its files."""
    stop, deleted = threading.Event(), set[str]()
    before = [store.upload(f"before{number}.md", f"# Before {number}\n\nIt was there.".encode()) for number in range(6)]

    def work() -> None:
        for number in itertools.takewhile(lambda _: not stop.is_set(), range(1, MOST)):
            store.upload(f"during{number}.md", f"# During {number}\n\nA file that came in meanwhile.".encode())
            if before[number:]:
                deleted.add(before[number])
                with store.serving.client(store.token) as client:
                    client.delete(f"/projects/{store.project}/documents/{before[number]}/")

    def question() -> None:
        for _ in itertools.takewhile(lambda _: not stop.is_set(), range(MOST)):
            ask(store.serving, store.token, store.project)

    threads = [threading.Thread(target=target) for target in (work, question)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: deleted, 240)
        backup = store.back_up()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    settings = Settings(data_dir=folders / "busy")
    restore(store.backups, backup, settings, lambda: FileStore.local(settings.files_dir))
    with EmbeddedPostgres(settings.data_dir) as url:
        found = asyncio.run(missing_files(url, settings))
        with psycopg.connect(libpq_url(url)) as connection:
            rows = connection.execute("SELECT id::text FROM documents WHERE status = 'active'").fetchall()
    assert found == []
    assert {row[0] for row in rows} >= set(before) - deleted


async def missing_files(url: str, settings: Settings) -> list[Any]:
    database = Database(url)
    try:
        return (await check_files(database, FileStore.local(settings.files_dir))).missing
    finally:
        await database.close()


@pytest.mark.timeout(900)
def test_an_incremental_backup_brings_back_every_row_file_and_answer(store: Store, folders: Path) -> None:
    store.wait_until_indexed()
    answer = ask(store.serving, store.token, store.project)
    if not store.backups.backups():  # where this test runs alone
        store.back_up()
    with pytest.raises(RuntimeError, match="cut off"):
        store.back_up(tell=cut_off)
    assert len(list(store.backups.root.glob("*.partial"))) == 1, "an interrupted one is there, and not taken for whole"
    backup = store.back_up()
    assert backup.manifest.parent == store.backups.backups()[0].manifest.name
    assert not list(store.backups.root.glob("*.partial"))
    assert list(damages(store.backups, backup)) == []
    settings = Settings(data_dir=folders / "quiet")
    told = citewell("restore", str(store.backups.root), "--data-dir", str(settings.data_dir), cwd=folders)
    assert f"citewell serve --data-dir {settings.data_dir}\n" in told.stdout
    with EmbeddedPostgres(store.data_dir) as first, EmbeddedPostgres(settings.data_dir) as second:
        assert counts(second) == counts(first)
        with psycopg.connect(libpq_url(first)) as connection:
            value = find_last_backup(connection)
    assert value == backup.manifest.ended_at.isoformat()
    assert hashes(settings.data_dir) == hashes(store.data_dir)
    again = Serving(settings.data_dir, CITEWELL_EMBEDDING="none")
    try:
        assert ask(again, store.token, store.project) == answer
    finally:
        again.stop()
    assert "210 EUR" in answer[0]


def cut_off(text: str) -> None:
    raise RuntimeError("cut off")


def test_a_damaged_backup_is_detected_and_not_restored(store: Store, folders: Path) -> None:
    backup = store.backups.find(None)
    content = next(store.backups.objects.glob("*/*"))
    kept = content.read_bytes()
    content.write_bytes(kept[:-1] + b"?")
    assert any("content has changed" in line for line in damages(store.backups, backup))
    content.write_bytes(kept)
    table = next(path for path in backup.database.rglob("*") if path.is_file() and path.stat().st_size > 8192)
    with table.open("r+b") as file:
        file.write(b"?")
    assert any(table.name in line for line in damages(store.backups, backup))
    with pytest.raises(SetupError, match="is not empty"):
        restore(store.backups, backup, Settings(data_dir=store.data_dir), lambda: FileStore.local(folders))


@pytest.mark.timeout(900)
def test_a_copied_folder_starts_and_counts_as_stopped_in_order(store: Store, folders: Path) -> None:
    with EmbeddedPostgres(store.data_dir) as url, psycopg.connect(libpq_url(url)) as connection:
        [crash] = connection.execute("SELECT stats_reset FROM pg_stat_wal").fetchone()
        hot = shutil.copytree(store.data_dir, folders / "hot", ignore=shutil.ignore_patterns(".s.*"))
        with pytest.raises(SetupError, match="while its database ran"):
            EmbeddedPostgres(hot).start()
    assert store.serving.stop() == 0
    copy = shutil.copytree(store.data_dir, folders / "copy")
    if os.geteuid() == 0:
        assert (copy / "postgres").stat().st_uid == 0, "the copy belongs to whoever copied"
    (copy / "postgres").chmod(0o755)
    with EmbeddedPostgres(copy) as url, psycopg.connect(libpq_url(url)) as connection:
        assert connection.execute("SELECT stats_reset FROM pg_stat_wal").fetchone() == (crash,)


def mark(connection: psycopg.Connection[Any], name: str) -> datetime:
    """Write a mark anew; the time of its commit, as the log has it."""
    connection.execute("DELETE FROM server_marks WHERE name = %s", [name])
    connection.execute("INSERT INTO server_marks (name, value) VALUES (%s, '')", [name])
    row = connection.execute("SELECT pg_xact_commit_timestamp(xmin) FROM server_marks WHERE name = %s", [name])
    [committed] = row.fetchone()
    assert isinstance(committed, datetime)
    return committed


@pytest.mark.timeout(900)
def test_a_restore_to_a_point_in_time_has_nothing_that_came_after_it(folders: Path) -> None:
    archive = folders / "log archive"
    backups = BackupFolder(folders / "of-log")
    settings = Settings(data_dir=folders / "log", wal_archive_dir=archive)
    begin_as_prepared(settings.data_dir)
    with (settings.data_dir / "postgres" / "postgresql.auto.conf").open("a") as file:
        # The replay waits, so that the server answers read-only for a while before it reaches the moment.
        file.write("track_commit_timestamp = on\nrecovery_min_apply_delay = '5 s'\n")
    with EmbeddedPostgres(settings.data_dir, archive) as url:
        backup = take_backup(Source(settings, url, FileStore.local(settings.files_dir), True), backups, tell=len)
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            before, moment = mark(connection, "wanted"), mark(connection, "last")
            assert before < moment
            # Replay stops at the first commit with a later time: a clock that was set back does not give one at once.
            wait_until(lambda: mark(connection, "later") > moment, 240)
            mark(connection, "mistake")
            [segment] = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            wait_until(lambda: (archive / segment).exists(), 240)
    again = Settings(data_dir=folders / "then", wal_archive_dir=archive)
    restore(backups, backup, again, lambda: FileStore.local(again.files_dir), moment)
    assert not (again.data_dir / "postgres" / "recovery.signal").exists(), "it has come to the end of its replay"
    with EmbeddedPostgres(again.data_dir, archive) as url, psycopg.connect(libpq_url(url)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM server_marks").fetchall()}
    assert {"wanted", "last"} <= names, "the moment itself is included"
    assert names.isdisjoint({"later", "mistake"})
    with pytest.raises(SetupError, match="No backup in"):
        backups.last_before(datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.timeout(900)
def test_dumps_of_several_cells_and_the_oldest_go(
    empty_databases: dict[str, str], clone: Any, database_url: str, folders: Path
) -> None:
    backups = BackupFolder(folders / "dumps")
    north = clone()
    settings = Settings(data_dir=folders / "outside", database_url=database_url)
    settings.data_dir.mkdir()
    files = FileStore.local(settings.files_dir)
    project = new_id()
    asyncio.run(files.put(f"{project}/b/original", b"content"))
    for url, value in ((database_url, "home"), (north, "north")):
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            connection.execute("INSERT INTO server_marks (name, value) VALUES ('kept', %s)", [value])
            connection.execute(
                "INSERT INTO projects (id, name, business_brief, settings) VALUES (%s, 'P', '', '{}')", [project]
            )
    source = Source(settings, database_url, files, is_embedded=False, cells={"north": north})
    backup = take_backup(source, backups, tell=len)
    assert (backup.manifest.kind, list(backup.manifest.cells)) == ("dump", ["north"])
    assert 0 < backup.manifest.spread_seconds < 30
    assert list(damages(backups, backup)) == []
    target = Settings(data_dir=folders / "moved", database_url=empty_databases["home"])
    with pytest.raises(SetupError, match="the cell north as well"):
        restore(backups, backup, target, lambda: FileStore.local(target.files_dir))
    target = target.model_copy(update={"cells": {"north": SecretStr(north)}})
    with pytest.raises(SetupError, match="the cell north is not empty"):
        restore(backups, backup, target, lambda: FileStore.local(target.files_dir))
    target = target.model_copy(update={"cells": {"north": SecretStr(empty_databases["north"])}})
    done = restore(backups, backup, target, lambda: FileStore.local(target.files_dir))
    assert done.files == 1
    assert hashes(target.data_dir) == hashes(settings.data_dir)
    assert counts(empty_databases["home"]) == counts(database_url)
    assert counts(empty_databases["north"]) == counts(north)
    with psycopg.connect(libpq_url(empty_databases["north"])) as connection:
        assert connection.execute("SELECT value FROM server_marks WHERE name = 'kept'").fetchone() == ("north",)

    alone = target.model_copy(update={"cells": {"north": SecretStr(empty_databases["alone"])}})
    store = FileStore.local(alone.files_dir)
    asyncio.run(store.delete(f"{project}/b/original"))
    assert asyncio.run(restore_cell(backups, backup, alone, "north", store)) == 1, "its file was gone"
    assert hashes(alone.data_dir) == hashes(settings.data_dir)
    assert counts(empty_databases["alone"]) == counts(north)
    with pytest.raises(SetupError, match="has no cell south: it has north"):
        asyncio.run(restore_cell(backups, backup, alone, "south", store))

    (backup.folder / "cells" / "north" / "toc.dat").write_bytes(b"?")
    assert any("north/toc.dat" in line for line in damages(backups, backup))
    newer = take_backup(Source(settings, database_url, files, is_embedded=False), backups, tell=len)
    assert backups.prune(1) == 1
    assert [one.manifest.name for one in backups.backups()] == [newer.manifest.name]
    assert list(damages(backups, newer)) == []


@pytest.fixture
def empty_databases(postgres: str) -> dict[str, str]:
    """Databases to restore into."""
    names = ("home", "north", "alone")
    with psycopg.connect(postgres.replace("/citewell?", "/postgres?"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE restored_{name}")
    return {name: postgres.replace("/citewell?", f"/restored_{name}?") for name in names}


async def test_no_file_is_deleted_while_a_backup_copies_files(process: Process) -> None:
    await process.files.put("held/held/original", b"content")
    upload = FolderIncoming(incoming_folder(process.settings.data_dir), new_id())
    upload.whole.parent.mkdir(exist_ok=True)
    upload.whole.write_bytes(b"content")
    with holding_files(process.database.url), holding_local_files(process.settings.data_dir):
        with pytest.raises(FilesHeld):
            await process.files.delete("held/held/original")
        with pytest.raises(FilesHeld):
            await process.files.delete_prefix("held")
        await upload.forget()
        assert upload.whole.exists()
        assert await process.files.exists("held/held/original")
    await upload.forget()
    await process.files.delete("held/held/original")
    assert not upload.whole.exists()
    assert not await process.files.exists("held/held/original")
