"""Rows of users' tables as one JSON object each, or as columns: what each costs to write, to read and to keep.

    python -m benchmarks.table_layouts                 # 200,000 rows
    python -m benchmarks.table_layouts --rows 50000

Both layouts stand in one embedded database and have the same indexes: by place, by id and by document. Rows go in as
one JSON text of 10,000 rows a statement, in turns; times of reading are medians of 20. `by amount` filters on a column
that nobody made an index for.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import psycopg

from benchmarks.report import machine, table
from citewell.db.embedded import EmbeddedPostgres
from citewell.kit.ids import new_id

_BATCH, _TIMES, _PAGE, _DOCUMENT_ROWS = 10_000, 20, 100, 50
_JSON = """
CREATE TABLE as_json (version int, place bigint, id text, document text, data jsonb, PRIMARY KEY (version, place));
CREATE INDEX ON as_json (version, id);
CREATE INDEX ON as_json (version, document, place);
"""
_COLUMNS = """
CREATE TABLE as_columns (version int, place bigint, id text, document text, name text, amount numeric, due date,
    lines jsonb, PRIMARY KEY (version, place));
CREATE INDEX ON as_columns (version, id);
CREATE INDEX ON as_columns (version, document, place);
"""
_FROM = "FROM jsonb_array_elements(%(rows)s::jsonb) WITH ORDINALITY AS r (one, n)"
_INSERT = {
    "as_json": f"INSERT INTO as_json SELECT 1, %(first)s + n, one ->> 'id', one ->> 'document', one {_FROM}",
    "as_columns": "INSERT INTO as_columns SELECT 1, %(first)s + n, one ->> 'id', one ->> 'document', one ->> 'name',"
    f" (one ->> 'amount')::numeric, (one ->> 'due')::date, one -> 'lines' {_FROM}",
}
_SHOWN = {"as_json": "data", "as_columns": "id, document, name, amount, due, lines"}
_AMOUNT = {"as_json": "(data ->> 'amount')::numeric", "as_columns": "amount"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cw-layouts-") as folder,
        EmbeddedPostgres(Path(folder)) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        measured = _measure(connection, wanted.rows)
    print(machine())
    print(table(["measure", "JSON objects", "columns"], [(name, *both) for name, both in measured.items()]))


def _measure(connection: psycopg.Connection[Any], count: int) -> dict[str, list[str]]:
    made = {name: _timed(lambda ddl=ddl: connection.execute(ddl)) for name, ddl in _layouts().items()}  # type: ignore[misc]
    spent = dict.fromkeys(_INSERT, 0.0)
    for first in range(0, count, _BATCH):
        rows = json.dumps([_row(number) for number in range(first, min(first + _BATCH, count))])
        for name, statement in _INSERT.items():
            spent[name] += _timed(lambda s=statement: connection.execute(s, {"rows": rows, "first": first}))  # type: ignore[misc]  # noqa: B023
    connection.execute("ANALYZE")
    found: dict[str, list[str]] = {
        "making a table, ms": [f"{made[name] * 1000:,.1f}" for name in _INSERT],
        "insert, rows/s": [f"{count / spent[name]:,.0f}" for name in _INSERT],
    }
    document = str(_document(count // 2 // _DOCUMENT_ROWS))
    for title, where in {
        "page in the middle, ms": f"place > {count // 2}",
        "one document, ms": f"document = '{document}'",
        "by amount, ms": "{amount} BETWEEN 1000 AND 1001",
    }.items():
        found[title] = [f"{_median(connection, name, where.format(amount=_AMOUNT[name])):,.2f}" for name in _INSERT]
    size = "SELECT pg_total_relation_size(%s) / 1048576.0"
    found["size, MiB"] = [f"{_scalar(connection, size, name):,.0f}" for name in _INSERT]
    return found


def _layouts() -> dict[str, str]:
    return {"as_json": _JSON, "as_columns": _COLUMNS}


def _scalar(connection: psycopg.Connection[Any], statement: str, *values: Any) -> Any:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return row[0]


def _median(connection: psycopg.Connection[Any], name: str, where: str) -> float:
    """Milliseconds."""
    query = f"SELECT {_SHOWN[name]} FROM {name} WHERE version = 1 AND {where} ORDER BY place LIMIT {_PAGE}"
    return statistics.median(_timed(lambda: connection.execute(query).fetchall()) for _ in range(_TIMES)) * 1000


def _timed(work: Callable[[], Any]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _document(number: int) -> Any:
    return uuid5(NAMESPACE_URL, str(number))


def _row(number: int) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "document": str(_document(number // _DOCUMENT_ROWS)),
        "name": f"Invoice {number}",
        "amount": number / 7,
        "due": "2026-01-31",
        "lines": [{"text": "Paper", "count": number % 10}],
    }


if __name__ == "__main__":
    main()
