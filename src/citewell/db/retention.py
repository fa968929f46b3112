"""Deletes what has passed its retention period, in small batches, so that nobody waits for a lock or for the disk."""

from collections.abc import Mapping

from sqlalchemy import text

from citewell.db.engine import Database

_BATCH = 5000
# Name of the period -> tables with the condition of rows that have passed it; `:days` is the period. The last entries
# of a stream's log stay: they hold the answer and the end, so a late reader gets both.
_RULES: tuple[tuple[str, str, str], ...] = (
    (
        "streams",
        "turn_log",
        "(project_id, turn_id) IN (SELECT project_id, id FROM turns WHERE state <> 'running' AND updated_at < {before})"
        " AND last_seq < (SELECT max(last_seq) FROM turn_log l WHERE l.project_id = turn_log.project_id"
        " AND l.turn_id = turn_log.turn_id)",
    ),
    ("run_logs", "pipeline_run_logs", "at < {before}"),
    (
        "run_logs",
        "source_syncs",  # the last sync of a source says how it is
        "ended_at < {before} AND EXISTS (SELECT FROM source_syncs later"
        " WHERE later.project_id = source_syncs.project_id"
        " AND later.source_id = source_syncs.source_id AND later.created_at > source_syncs.created_at)",
    ),
    ("run_logs", "import_export_operations", "status IN ('completed', 'failed') AND updated_at < {before}"),
    (
        "jobs",
        "procrastinate_jobs",
        "status IN ('failed', 'succeeded', 'cancelled', 'aborted') AND NOT EXISTS (SELECT FROM procrastinate_events e"
        " WHERE e.job_id = procrastinate_jobs.id AND e.at >= {before})",
    ),
    ("notifications", "notifications", "updated_at < {before}"),
    ("sign_ins", "login_failures", "last_at < {before} AND (blocked_until IS NULL OR blocked_until < now())"),
    ("sign_ins", "user_sessions", "expires_at < {before}"),
    ("sign_ins", "setup_links", "expires_at < {before}"),
    ("sign_ins", "oauth_secrets", "expires_at < {before}"),
    ("webhooks", "webhook_deliveries", "state <> 'waiting' AND updated_at < {before}"),
    ("audit", "audit_log", "at < {before}"),
)
# A request for a sign-in makes a row for its client before anybody consents. A deleted metadata document is fetched
# again when it is needed; a deleted registered client must register again.
_UNUSED_CLIENTS = (
    "created_at < {before} AND (kind = 'document' OR created_at < {before} - interval '6 days')"
    " AND NOT EXISTS (SELECT FROM oauth_grants g WHERE g.client_id = oauth_clients.id)"
)


async def delete_expired(database: Database, days: Mapping[str, int]) -> dict[str, int]:
    """Delete the rows that have passed their period. Returns how many, by table. A period of 0 days keeps them for
    ever."""
    gone: dict[str, int] = {}
    for period, table, condition in _RULES:
        if days[period] > 0:
            gone[table] = await _delete(database, table, condition, days[period])
    gone["oauth_clients"] = await _delete(database, "oauth_clients", _UNUSED_CLIENTS, 1)
    return gone


async def _delete(database: Database, table: str, condition: str, days: int) -> int:
    before = "clock_timestamp() - make_interval(days => :days)"
    which = f"SELECT ctid FROM {table} WHERE {condition.format(before=before)} LIMIT {_BATCH}"  # noqa: S608
    statement = text(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({which}))")  # noqa: S608
    total = 0
    while True:
        async with database.write() as session:
            await session.execute(text("SET LOCAL citewell.retention = 'on'"))  # the audit log refuses all others
            gone = (await (await session.connection()).execute(statement, {"days": days})).rowcount
        total += gone
        if gone < _BATCH:
            return total
