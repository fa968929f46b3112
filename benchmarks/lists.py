"""What lists cost in a project with 100,000 rows of each kind.

Usage: python -m benchmarks.lists [--rows N] [--seconds S]

The server runs on one core; the database and the clients have the rest. One client asks for the first page of 50 again
and again, which gives the times; then 16 at once do, which gives the requests per second.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.processes import Serving

from benchmarks.report import machine, percentile, table
from citewell.auth.tokens import create_token
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.migrate import migrate
from citewell.process import open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import Settings
from citewell.users.service import ensure_user

AT_ONCE = 16
TALKS = "/playground-conversations/"
# What to measure: name, path, whether under load as well.
MEASURES: Sequence[tuple[str, str, bool]] = (
    ("conversations", f"{TALKS}?limit=50", True),
    ("conversations, one tag of a hundred", f"{TALKS}?limit=50&tags=tag7", False),
    ("conversations, page 1,000", f"{TALKS}?limit=50&offset=50000", False),
    ("conversations by text: one has it", f"{TALKS}?limit=50&text=needle77", False),
    ("conversations by text: one of a hundred", f"{TALKS}?limit=50&text=rare7", False),
    ("conversations by text: two words of half", f"{TALKS}?limit=50&text=common%20word", False),
    ("all tags", f"{TALKS}all-tags/", False),
    ("feedback", "/feedbacks/?limit=50", True),
    ("feedback to review, grouped", "/feedbacks/grouped_by_conversation/?limit=50&status=to_review", False),
    ("feedback, grouped", "/feedbacks/grouped_by_conversation/?limit=50", False),
    ("feedback counts", "/feedbacks/counts/", False),
    ("signals", "/signals/?limit=50", True),
    ("notifications", "/notifications/?limit=50", True),
    ("documents without file", "/documents/get-without-file/?limit=50", True),
    ("audit log", "/audit-log/?limit=50", False),
)

_FILL = (
    """
    INSERT INTO conversations (project_id, id, name, type, created_by, agent_settings_id, tags, is_shared,
        message_count, tool_call_count, tokens_input, tokens_output, next_query_id, created_at, updated_at)
    SELECT :project, gen_random_uuid(), 'Conversation ' || n, 'playground', :user, :agent,
        ARRAY['tag' || n % 100], false, 2, 0, 100, 100, 1, now() - n * interval '1 minute', now()
    FROM generate_series(1, :rows) n
    """,
    """
    INSERT INTO messages (project_id, conversation_id, position, role, type, query_id, content, extra)
    SELECT :project, c.id, part, CASE part WHEN 0 THEN 'user' ELSE 'assistant' END, 'message', 0,
        CASE WHEN c.n % 2 = 0 THEN 'a common word, ' ELSE 'something else, ' END || 'rare' || c.n % 100
            || ' needle' || c.n || ' ' || (SELECT string_agg(md5((c.n * 37 + w)::text), ' ')
                FROM generate_series(1, 4 + 20 * part) w),
        '{}'
    FROM (SELECT id, substr(name, 14)::int AS n FROM conversations WHERE project_id = :project) c,
        generate_series(0, 1) part
    """,
    """
    INSERT INTO feedbacks (project_id, id, conversation_id, query_id, source, given_by, status, feedback, is_positive,
        suggested_action_data, created_at, updated_at)
    SELECT :project, gen_random_uuid(), id, 0, 'PlaygroundConversation', :user,
        CASE WHEN n % 3 = 0 THEN 'reviewed' ELSE 'to_review' END, 'feedback ' || n, n % 2 = 0, '{}',
        now() - n * interval '1 minute', now() - n * interval '1 minute'
    FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM conversations WHERE project_id = :project) c
    """,
    """
    INSERT INTO signals (project_id, id, context, given_by, status, feedback, suggested_action_data, created_at)
    SELECT :project, gen_random_uuid(), '{"additional_details": "x"}', :user, 'to_review', 'signal ' || n, '{}',
        now() - n * interval '1 minute'
    FROM generate_series(1, :rows) n
    """,
    """
    INSERT INTO notifications (project_id, id, user_id, status, access_level, title, message, notification_type,
        actions, source_object_type, source_object_id, created_at)
    SELECT :project, gen_random_uuid(), :user, 'unread', 'viewer', 'Title ' || n, 'Message', 'kind', '{}', '', '',
        now() - n * interval '1 minute'
    FROM generate_series(1, :rows) n
    """,
    """
    INSERT INTO documents (project_id, id, name, content_type, source, source_metadata, metadata, status, file_key,
        file_size, created_at)
    SELECT :project, gen_random_uuid(), 'document ' || n, 'text/plain', 'upload', '{}', '[]', 'active', '', 1,
        now() - n * interval '1 minute'
    FROM generate_series(1, :rows) n
    """,
    """
    INSERT INTO audit_log (id, at, project_id, action, actor_email, acting_email, object_type, object_id, detail)
    SELECT gen_random_uuid(), now() - n * interval '1 minute', :project, 'action', 'a@b', 'a@b', '', '', '{}'
    FROM generate_series(1, :rows) n
    """,
)


async def fill(url: str, folder: Path, rows: int, projects: int = 1) -> tuple[str, str]:
    """Projects with that many rows of each kind; the id of the last one, and a token of its user."""
    async with (
        open_process(Settings(database_url=url, data_dir=folder), embed=False) as process,
        process.database.write() as session,
    ):
        user = await ensure_user(session, "reader@example.org")
        token = await create_token(session, user.id)
        wanted = ProjectCreate(name="Large")
        made = [(await create_project(session, process.extensions, user.id, wanted)).id for _ in range(projects)]
    database = Database(url)
    for project in made:
        async with database.write() as session:
            await _fill_project(session, project, user.id, rows)
    async with database.autocommit() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    await database.close()
    return str(made[-1]), token


async def _fill_project(session: AsyncSession, project: UUID, user: UUID, rows: int) -> None:
    query = text("SELECT id FROM agent_settings WHERE project_id = :project")
    agent = (await session.scalars(query, {"project": project})).one()
    for statement in _FILL:
        values: dict[str, UUID | int] = {"project": project, "user": user, "agent": agent, "rows": rows}
        await session.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})


async def measure(base: str, token: str, seconds: float) -> list[list[str]]:
    rows = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for name, path, loaded in MEASURES:
            size = await ask(session, base + path)
            times = await alone(session, base + path, seconds)
            rate = f"{await together(session, base + path, seconds):,.0f}" if loaded else ""
            p50, p95 = (f"{1000 * percentile(times, share):.1f}" for share in (0.5, 0.95))
            rows.append([name, f"{size:,}", p50, p95, rate])
            print(f"  {' | '.join(rows[-1])}", flush=True)
    return rows


async def ask(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        body: Any = await answer.read()
        assert answer.status == 200, body
        return len(body)


async def alone(session: aiohttp.ClientSession, url: str, seconds: float) -> list[float]:
    times, end = [], time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        await ask(session, url)
        times.append(time.perf_counter() - begun)
    return times


async def together(session: aiohttp.ClientSession, url: str, seconds: float) -> float:
    end = time.perf_counter() + seconds
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await ask(session, url)
            done += 1

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return done / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each measure")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    postgres = EmbeddedPostgres(folder)
    server: Serving | None = None
    try:
        url = postgres.start()
        migrate(url)
        project, token = asyncio.run(fill(url, folder, chosen.rows))
        server = Serving(
            folder, "--no-worker", CITEWELL_DATABASE_URL=url, CITEWELL_EMBEDDING="none", CITEWELL_RATE_LIMIT_BURST="0"
        )
        psutil.Process(server.process.pid).cpu_affinity([sorted(psutil.Process().cpu_affinity())[0]])
        rows = asyncio.run(measure(f"{server.address}/api/v1/projects/{project}", token, chosen.seconds))
    finally:
        if server is not None:
            server.process.terminate()
            server.process.wait(30)
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{machine()}; the server on one core; {chosen.rows:,} rows of each kind\n")
    print(table(["first page of 50", "bytes", "p50 ms", "p95 ms", f"requests/s, {AT_ONCE} at once"], rows))


if __name__ == "__main__":
    main()
