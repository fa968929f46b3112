"""The SQL of checks of the installation: its server, standbys, archive and failed documents."""

from typing import Any

import psycopg

from citewell.db.engine import Database

Connection = psycopg.Connection[Any]

_FAILED = """
    SELECT s.step, coalesce(s.error_code, 'unknown'), count(*) FROM document_versions v
    JOIN documents d ON d.project_id = v.project_id AND d.id = v.document_id AND d.status = 'active'
    JOIN version_steps s ON s.project_id = v.project_id AND s.version_id = v.id AND s.state = 'failed'
    WHERE v.stage = 'failed' GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 3
"""
_CONNECTIONS = """
    SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections')::int
    FROM pg_stat_activity
"""
# A role without special rights sees that there are standbys, but not their state.
_STANDBYS = """
    SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text), state, sync_state,
        coalesce(extract(epoch FROM replay_lag), 0)::float8
    FROM pg_stat_replication WHERE state IS NOT NULL
"""
_STREAMING = """
    SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS standby,
        coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag
    FROM pg_stat_replication WHERE state = 'streaming'
"""
_ARCHIVER = """
    SELECT last_failed_wal, last_failed_time > coalesce(last_archived_time, '-infinity')
    FROM pg_stat_archiver WHERE last_failed_wal IS NOT NULL
"""
_REPLICA = """
    SELECT pg_is_in_recovery(), (SELECT extversion FROM pg_extension WHERE extname = 'pg_textsearch'),
        CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8,
        EXISTS (SELECT FROM pg_stat_wal_receiver)
"""
_REVISIONS = """
    SELECT version_num, EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
            AND wait_event = 'SyncRep' AND query_start < now() - interval '2 seconds'
    ) AS waits
    FROM alembic_version
"""
_SIZE = "SELECT pg_database_size(current_database()) AS bytes"


def find_failures(connection: Connection) -> list[tuple[str, str, int]]:
    """(step, error code, number of documents) of the three most frequent failures of active documents."""
    return connection.execute(_FAILED).fetchall()


def count_connections(connection: Connection) -> tuple[int, int]:
    """(connections in use, the most that the server allows)."""
    used, most = connection.execute(_CONNECTIONS).fetchall()[0]
    return used, most


def find_standbys(connection: Connection) -> list[tuple[str, str, str, float]]:
    """(name, state, synchronous state, seconds behind) of each standby whose state the role may see."""
    return connection.execute(_STANDBYS).fetchall()


def has_standbys(connection: Connection) -> bool:
    """Whether there are standbys, also where the role may not see their state."""
    return bool(connection.execute("SELECT EXISTS (SELECT FROM pg_stat_replication)").fetchall()[0][0])


def find_setting(connection: Connection, name: str) -> str:
    """Returns the value of a setting of the server."""
    return str(connection.execute("SELECT current_setting(%s)", [name]).fetchall()[0][0])


def find_archive_failure(connection: Connection) -> tuple[str, bool] | None:
    """(the file of the log whose copy failed last, whether none was copied since); None if none ever failed."""
    return connection.execute(_ARCHIVER).fetchone()


def find_replica_state(connection: Connection) -> tuple[bool, str | None, float | None, bool]:
    """(is a standby, version of pg_textsearch, seconds behind, receives from its primary)."""
    is_standby, text_search, lag, receives = connection.execute(_REPLICA).fetchall()[0]
    return is_standby, text_search, lag, receives


async def fetch_lags(database: Database) -> dict[str, float]:
    """Returns the seconds that each streaming standby is behind, by its name."""
    return {row.standby: row.lag for row in await database.direct.fetch(_STREAMING, {})}


async def fetch_size(database: Database) -> int:
    """Returns the size of the database in bytes. PostgreSQL looks at each of its files."""
    [size] = await database.direct.fetch(_SIZE, {})
    return int(size.bytes)


async def fetch_revisions(database: Database) -> list[Any]:
    """`version_num` of the schema, and whether a commit `waits` for a synchronous standby since more than 2 seconds."""
    return await database.direct.fetch(_REVISIONS, {})


async def count_waiting_steps(database: Database) -> int:
    """Steps of documents that wait for room in the queue."""
    [row] = await database.direct.fetch("SELECT count(*) AS documents FROM version_steps WHERE state = 'waiting'", {})
    return int(row.documents)


async def fetch_server_version(database: Database) -> str:
    """Returns the version of PostgreSQL."""
    [row] = await database.direct.fetch("SELECT current_setting('server_version') AS version", {})
    return str(row.version)
