"""Tells what an upgrade will do to this database, from the text of the migrations and the sizes of the tables.

Times are estimates for a disk of 2020 or later, doubled for safety.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from citewell.db.engine import libpq_url
from citewell.errors import SetupError

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_REVISION = re.compile(r"^revision\b[^=]*= *[\"'](\w+)", re.MULTILINE)
_PARENT = re.compile(r"^down_revision\b[^=]*= *[\"'](\w+)", re.MULTILINE)
# (what is done, bytes of the table per second or None if its size does not matter, whether it cannot be undone, pattern
# of the call in a migration, whose group is the table).
_KINDS: tuple[tuple[str, float | None, bool, str], ...] = (
    ("fills", 15e6, False, r"\bUPDATE (\w+)"),
    ("deletes from", 15e6, True, r"\bDELETE FROM (\w+)"),
    ("rewrites", 30e6, False, r"alter_column\(\s*\"(\w+)\"[^)]*type_="),
    ("checks", 200e6, False, r"(?:create_foreign_key|create_check_constraint)\(\s*[^,]+,\s*\"(\w+)\""),
    ("indexes", 40e6, False, r"create_index\(\s*[^,]+,\s*\"(\w+)\"|CREATE (?:UNIQUE )?INDEX [^;]*? ON (?:ONLY )?(\w+)"),
    ("reads", 100e6, False, r"\bFROM (\w+)"),
    ("removes columns of", None, True, r"drop_column\(\s*\"(\w+)\"|ALTER TABLE (\w+) DROP COLUMN"),
    ("removes", None, True, r"drop_table\(\s*\"(\w+)\"|DROP TABLE (?:IF EXISTS )?(\w+)"),
)
_LEAST_SECONDS = 0.2  # of a migration


@dataclass
class Change:
    """One migration. `actions` read like "indexes messages (1.2 GiB)"; `bytes` is the disk space that it may need."""

    revision: str
    title: str
    actions: list[str] = field(default_factory=list)
    seconds: float = _LEAST_SECONDS
    bytes: int = 0
    is_final: bool = False


@dataclass
class Plan:
    """The migrations to run. `current` is the revision of the database (None if empty), `newest` that of this
    version."""

    current: str | None
    newest: str
    changes: list[Change]

    @property
    def seconds(self) -> float:
        return sum(change.seconds for change in self.changes)

    @property
    def bytes(self) -> int:
        return sum(change.bytes for change in self.changes)


def plan_upgrade(url: str) -> Plan:
    """Plan the upgrade; changes nothing. Blocks. Raises SetupError for a database that a newer version made, or that
    does not answer."""
    sources = _in_order()
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=10) as connection:
            current = _current(connection)
            sizes = _sizes(connection)
    except psycopg.OperationalError as error:
        raise SetupError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
    revisions = [revision for revision, _ in sources]
    if current is not None and current not in revisions:
        raise SetupError("The database was made by a newer version of Citewell: update Citewell.")
    first = revisions.index(current) + 1 if current is not None else 0
    changes = [_change(revision, source, sizes) for revision, source in sources[first:]]
    return Plan(current, revisions[-1], changes)


def _in_order() -> list[tuple[str, str]]:
    """(revision, source) of each migration, the oldest first."""
    by_parent: dict[str | None, tuple[str, str]] = {}
    for path in _VERSIONS.glob("*.py"):
        source = path.read_text()
        if (revision := _REVISION.search(source)) is not None:
            parent = _PARENT.search(source)
            by_parent[parent[1] if parent else None] = (revision[1], source)
    found, last = list[tuple[str, str]](), None
    while last in by_parent:
        found.append(by_parent[last])
        last = found[-1][0]
    return found


def _current(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _sizes(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, int]:
    """Returns the bytes of each table with all its partitions."""
    rows = connection.execute(
        "SELECT c.relname, coalesce((SELECT sum(pg_table_size(relid)) FROM pg_partition_tree(c.oid)), "
        "pg_table_size(c.oid))::bigint FROM pg_class c WHERE c.relkind IN ('r', 'p')"
        " AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"
    ).fetchall()
    return {str(name): int(str(size)) for name, size in rows}


def _change(revision: str, source: str, sizes: dict[str, int]) -> Change:
    title = source.split('"""')[1].split("\n")[0].strip() if '"""' in source else revision
    change = Change(revision, title)
    seen = set[str]()
    for verb, rate, is_final, pattern in _KINDS:
        for groups in re.findall(pattern, source):
            table = next(name for name in ([groups] if isinstance(groups, str) else groups) if name)
            if table not in sizes or (verb == "reads" and table in seen):
                continue
            seen.add(table)
            action = f"{verb} {table} ({readable(sizes[table])})"
            if action in change.actions:
                continue
            change.actions.append(action)
            change.is_final = change.is_final or is_final
            if rate is not None:
                change.seconds += 2 * sizes[table] / rate
                change.bytes += sizes[table] if verb in ("fills", "rewrites", "indexes") else 0
    return change


def readable(size: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
