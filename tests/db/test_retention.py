"""Nothing grows for ever, and what is still needed stays."""

from sqlalchemy import text

from citewell.db.engine import Database
from citewell.db.retention import delete_expired

DAYS = dict.fromkeys(("streams", "run_logs", "jobs", "notifications", "sign_ins", "webhooks", "audit"), 30)
_OLD = "clock_timestamp() - interval '31 days'"


async def test_what_is_past_its_period_goes(database_url: str) -> None:
    database = Database(database_url)
    async with database.write() as session:
        for subject, at in (("old", _OLD), ("new", "clock_timestamp()")):
            insert = f"INSERT INTO login_failures (subject, failures, last_at) VALUES ('{subject}', 1, {at})"
            await session.execute(text(insert))
            entry = "INSERT INTO audit_log (id, at, action, actor_email, acting_email, object_type, object_id, detail)"
            await session.execute(
                text(f"{entry} VALUES (gen_random_uuid(), {at}, '{subject}', '', '', '', '', '{{}}')")
            )
    kept = await delete_expired(database, DAYS | {"audit": 0})
    assert kept["login_failures"] == 1
    assert "audit_log" not in kept
    assert (await delete_expired(database, DAYS))["audit_log"] == 1
    async with database.read() as session:
        assert list(await session.scalars(text("SELECT action FROM audit_log"))) == ["new"]
        assert list(await session.scalars(text("SELECT subject FROM login_failures"))) == ["new"]
    await database.close()


async def test_of_an_old_stream_the_end_stays(database_url: str) -> None:
    """A late reader still gets the answer and the end."""
    database = Database(database_url)
    async with database.write() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))  # without the conversation
        turn = (
            "INSERT INTO turns (project_id, id, conversation_id, query_id, user_id, state, owner, cancel_requested,"
            " lease_until, updated_at) SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 0,"
            f" gen_random_uuid(), 'completed', '', false, {_OLD}, {_OLD} RETURNING project_id, id"
        )
        row = (await session.execute(text(turn))).one()
        for first in (1, 11, 21):
            batch = (
                "INSERT INTO turn_log (project_id, turn_id, first_seq, last_seq, events)"
                f" VALUES (:project, :turn, {first}, {first + 9}, '')"
            )
            await session.execute(text(batch), {"project": row[0], "turn": row[1]})
    assert (await delete_expired(database, DAYS))["turn_log"] == 2
    async with database.read() as session:
        assert list(await session.scalars(text("SELECT first_seq FROM turn_log"))) == [21]
    await database.close()


async def test_syncs_and_imports_that_ended_go_but_for_the_last_sync_of_a_source(database_url: str) -> None:
    database = Database(database_url)
    async with database.write() as session:
        await session.execute(
            text("SET LOCAL session_replication_role = replica")
        )  # without the project and its source
        for number, state, ended in ((1, "completed", _OLD), (2, "failed", _OLD), (3, "completed", _OLD)):
            sync = (
                "INSERT INTO source_syncs (project_id, id, source_id, state, phase, allow_empty, added, changed,"
                " unchanged, deleted, failed, checkpoint, ended_at, created_at)"
                " SELECT CAST(:id AS uuid), gen_random_uuid(),"
                f" CAST(:id AS uuid), '{state}', '', false, 0, 0, 0, 0, {number}, '{{}}', {ended},"
                f" clock_timestamp() - interval '{40 - number} days'"
            )
            await session.execute(text(sync), {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"})
        for status in ("completed", "running"):
            operation = (
                "INSERT INTO import_export_operations (project_id, id, job_type, scope, table_version_id, dataset_id,"
                " options, status, updated_at) SELECT gen_random_uuid(), gen_random_uuid(), 'import', 'table_version',"
                f" gen_random_uuid(), gen_random_uuid(), '{{}}', '{status}', {_OLD}"
            )
            await session.execute(text(operation))
    gone = await delete_expired(database, DAYS)
    assert (gone["source_syncs"], gone["import_export_operations"]) == (2, 1)
    async with database.read() as session:
        assert list(await session.scalars(text("SELECT failed FROM source_syncs"))) == [3]
        assert list(await session.scalars(text("SELECT status FROM import_export_operations"))) == ["running"]
    await database.close()
