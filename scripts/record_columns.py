"""Writes down the columns of this version's schema, for the test that the next versions keep them.

    .venv/bin/python scripts/record_columns.py tests/db/stores/X.Y.Z.columns.txt

A version that is upgraded goes on reading and writing the new schema until its servers are replaced. The test
`test_the_last_tagged_version_can_use_the_new_schema` compares this list with the migrated schema.
"""

import argparse
import tempfile
from pathlib import Path

import psycopg

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import libpq_url
from citewell.db.extensions import install
from citewell.db.upgrade import upgrade

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        CASE WHEN NOT a.attnotnull THEN 'null' WHEN a.atthasdef OR a.attidentity <> '' THEN 'default' ELSE 'required' END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
    ORDER BY c.relname, a.attname
"""
_HEAD = """\
# Columns of schema {revision}: table, column, type, and what a row without a value gets: null, its default, or an error
# (required). Written by scripts/record_columns.py at a release. Remove a line only if no server of that version reads or
# writes the column; loosen the last word by hand only if none reads a missing value.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--revision", default="head", help="of another version, such as 0301; default: the newest")
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cw-columns-") as folder,
        EmbeddedPostgres(Path(folder)) as url,
        psycopg.connect(libpq_url(url), autocommit=True) as connection,
    ):
        install(connection)
        upgrade(url, wanted.revision)
        [[revision]] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        rows = connection.execute(COLUMNS.encode()).fetchall()
    wanted.file.write_text(_HEAD.format(revision=revision) + "".join(f"{' | '.join(row)}\n" for row in rows))
    print(f"{wanted.file}: {len(rows)} columns of schema {revision}")


if __name__ == "__main__":
    main()
