"""No list reads a whole table: after every list of a project, no large table was scanned from end to end."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import psycopg
from benchmarks.lists import MEASURES, fill

from citewell.db.engine import libpq_url
from citewell.process import open_process
from tests.conftest import make_settings, serving
from tests.processes import wait_until

ROWS = 1500
PROJECTS = 6
# The large tables of a project. Small ones are read whole because that is the fastest way.
TABLES = ("conversations", "messages", "feedbacks", "signals", "notifications", "documents", "audit_log")
MORE = (
    "/feedbacks/?search=rare7",
    "/signals/?search=signal",
    "/notifications/?status=read",
    "/playground-conversations/",
)


async def test_no_list_scans_a_table(clone: Any, tmp_path: Path) -> None:
    url = clone()
    project, token = await fill(url, tmp_path, ROWS, PROJECTS)
    before = scans(url)
    settings = make_settings(url, tmp_path, embedding="none")
    async with open_process(settings) as process, serving(process) as address:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=f"{address}/api/v1/projects/{project}", headers=headers) as http:
            for path in [path for _, path, _ in MEASURES] + list(MORE):
                answer = await http.get(path)
                assert answer.status_code == 200, answer.text
    # The server's connections are closed, and with that their counts are written.
    assert scans(url) == before


def scans(url: str) -> dict[str, int]:
    """How often each table was scanned from end to end."""
    query = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(%s)"
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        wait = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        wait_until(lambda: connection.execute(wait).fetchall() == [(0,)], 120)
        return dict(connection.execute(query, [list(TABLES)]).fetchall())
