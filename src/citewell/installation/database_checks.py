"""Checks of PostgreSQL's own state: workers that ask it for jobs, free connections, standbys, and the archive of
its log.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from citewell.db.engine import libpq_url
from citewell.db.replica import has_replicated_index
from citewell.installation.repository import (
    count_connections,
    find_archive_failure,
    find_replica_state,
    find_setting,
    find_standbys,
    has_standbys,
)
from citewell.jobs.repository import count_live_workers, find_startable_by_queue
from citewell.kit.finding import Finding, HealthCode, Value
from citewell.settings import Settings

_OLD_JOB = 900.0  # seconds
_SOON = 60.0  # within which an active worker begins a job
_ALIVE = 30.0  # seconds since a worker's last sign of life
_MOST_USED = 0.8  # of the server's connections
_MOST_BEHIND = 60.0  # seconds that a standby may be behind
_CONNECT_SECONDS = 5  # to connect


def check_server(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """Jobs and their workers, free connections, standbys and the log's archive of the server behind a connection."""
    workers = count_live_workers(connection, _ALIVE)
    yield _queue(find_startable_by_queue(connection), workers)
    yield _connections(*count_connections(connection))
    yield from _standbys(connection)
    yield from _archive(connection)


def _queue(rows: list[tuple[str, int, float]], workers: int) -> Finding:
    total = sum(count for _, count, _ in rows)
    if not workers and max((age for *_, age in rows), default=0.0) > _SOON:
        text = f"{total:,} wait and no worker is alive: `citewell serve` has one, `citewell worker` is one"
        return Finding("bad", "jobs", text, "jobs.no_worker", {"jobs": total})
    late = [f"{count:,} in {name}, the oldest for {age / 60:.0f} min" for name, count, age in rows if age > _OLD_JOB]
    if late:
        text = f"{'; '.join(late)}: is there a worker for these queues? Start more, or look for one that hangs"
        queues = ", ".join(f"{name} ({count}, {age / 60:.0f} min)" for name, count, age in rows if age > _OLD_JOB)
        return Finding("note", "jobs", text, "jobs.late", {"queues": queues})
    text = f"{total:,} wait, none for long; {workers} workers are alive"
    return Finding("ok", "jobs", text, "jobs.flowing", {"jobs": total, "workers": workers})


def _connections(used: int, most: int) -> Finding:
    values = {"used": used, "most": most}
    if used > _MOST_USED * most:
        text = f"{used} of {most} are in use, and a process takes up to 20: raise max_connections, or use pgbouncer"
        return Finding("bad", "connections", text, "connections.few_left", values)
    return Finding("ok", "connections", f"{used} of {most} are in use", "connections.enough", values)


def _standbys(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    rows = find_standbys(connection)
    wanted = find_setting(connection, "synchronous_standby_names")
    commits = find_setting(connection, "synchronous_commit")
    sees = bool(rows) or not has_standbys(connection)
    waits = bool(wanted) and commits not in ("off", "local") and sees
    if waits and not any(sync in ("sync", "quorum") for *_, sync, _ in rows):
        text = f"no standby of synchronous_standby_names ({wanted}) is connected, so each write waits: start one"
        text = f"{text}, or empty that setting"
        yield Finding("bad", "synchronous standby", text, "synchronous_standby.missing", {"wanted": wanted})
    for name, _, _, lag in rows:
        values: dict[str, Value] = {"name": name, "seconds": round(lag, 1)}
        if lag > _MOST_BEHIND:
            text = f"it is {lag:,.0f} s behind: look at its disk and network; long queries there hold replay back"
            yield Finding("bad", f"standby {name}", text, "standby.behind", values)
        else:
            yield Finding("ok", f"standby {name}", f"{lag:,.1f} s behind", "standby.following", values)


def _archive(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    if find_setting(connection, "archive_mode") == "off":
        return
    failed = find_archive_failure(connection)
    if failed is not None and failed[1]:
        text = f"{failed[0]} cannot be copied to the archive: the disk fills until it can. Look at PostgreSQL's log"
        yield Finding("bad", "log archive", text, "log_archive.failing", {"file": failed[0]})
    else:
        yield Finding("ok", "log archive", "the database's log is archived", "log_archive.working")


def check_replica(url: str, settings: Settings, subject: str = "read replica") -> Finding:
    """Whether a standby for reading answers, follows its primary, and can search words."""
    try:
        with psycopg.connect(libpq_url(url), autocommit=True, connect_timeout=_CONNECT_SECONDS) as connection:
            is_standby, text_search, lag, receives = find_replica_state(connection)
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0]
        text = f"it does not answer, so the primary serves everything: {reason}"
        return Finding("bad", subject, text, "read_replica.unreachable", {"reason": reason})
    if not is_standby:
        text = "the URL names no standby, so it is not used: name a streaming standby"
        return Finding("bad", subject, text, "read_replica.no_standby")
    values = {"seconds": round(lag or 0, 1)}
    if not receives or (lag or 0) > settings.database_read_lag_seconds:
        code: HealthCode = "read_replica.behind" if receives else "read_replica.disconnected"
        what = f"it is {lag or 0:,.0f} s behind" if receives else "it receives nothing from its primary"
        text = f"{what}, so the primary serves everything: look at its log and network"
        return Finding("bad", subject, text, code, values)
    if not has_replicated_index(text_search):
        text = f"pg_textsearch {text_search} does not replicate its index, so the primary serves word searches"
        text = f"{text}: use 1.2 or later"
        return Finding("note", subject, text, "read_replica.no_word_search", {"version": text_search or ""})
    return Finding("ok", subject, f"it answers, {lag or 0:,.1f} s behind", "read_replica.following", values)
