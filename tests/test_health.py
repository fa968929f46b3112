"""What those who watch a server ask it."""

import copy
import socket
from types import SimpleNamespace
from typing import Any, cast

import httpx2 as httpx
import pytest
from alembic.script import ScriptDirectory
from pydantic import SecretStr

from citewell import __version__
from citewell.cli.outside_checks import check_running
from citewell.db.migrate import newest_revision
from citewell.db.upgrade import configuration
from citewell.kit.loops import LoopState, Supervisor
from citewell.process import Process
from citewell.settings import Settings
from tests.conftest import Api, client_of, serving
from tests.sse import ask
from tests.words import FINDINGS, lacking


def test_the_newest_revision_is_the_one_that_alembic_would_take() -> None:
    assert newest_revision() == ScriptDirectory.from_config(configuration()).get_current_head()


async def test_a_server_that_works(server: str) -> None:
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        alive, ready = await nobody.get("/healthz"), await nobody.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert (await check_running(Settings(public_url=server))).level == "ok"
    other = await check_running(Settings(), f"{server}/app")
    assert (other.level, "not as Citewell does" in other.text) == ("note", True)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    nobody_there = await check_running(Settings(), address)
    assert (nobody_there.level, address in nobody_there.text) == ("note", True)


async def test_an_administrator_is_told_what_to_mend(process: Process, server: str) -> None:
    async with client_of(process, server, "admin-of-health@example.org", superuser=True) as admin:
        report = (await admin.http.get("/api/v1/health/")).json()
    subjects = {finding["subject"]: finding["level"] for finding in report["findings"]}
    assert {"disk", "backup", "old Office formats", "text recognition"} <= set(subjects)
    for finding in report["findings"]:
        assert not lacking(FINDINGS, finding["code"], finding["values"])
    levels = [finding["level"] == "bad" for finding in report["findings"]]
    assert levels == sorted(levels, reverse=True), "what must be mended stands first"
    assert report["version"] == __version__
    assert report["database_version"]


async def test_what_cannot_work_is_not_ready(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = copy.copy(process)
    broken.loops = Supervisor()
    broken.loops.states["leases"] = LoopState(failures=5, error="a detail for the log")
    async with serving(broken) as address, httpx.AsyncClient(base_url=address, timeout=60) as nobody:
        answer = await nobody.get("/readyz")
        assert (answer.status_code, answer.json()["failing"]) == (503, ["loop leases"])
        assert "detail" not in answer.text
        found = await check_running(process.settings, address)
        assert (found.level, "its background loop leases cannot run" in found.text) == ("bad", True)
        broken.loops.states.clear()
        monkeypatch.setattr("citewell.health.newest_revision", lambda: "9999")
        assert (await nobody.get("/readyz")).json()["failing"] == ["migrations"]
        assert "has another schema" in (await check_running(process.settings, address)).text
        assert (await nobody.get("/healthz")).status_code == 200


async def test_numbers_of_what_was_done(server: str, handbook: Api) -> None:
    await ask(handbook, "How much may a hotel room cost in Oslo?")
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        shown = (await nobody.get("/metrics")).text
    values = dict(line.rsplit(" ", 1) for line in shown.splitlines() if not line.startswith("#"))
    for name in (
        'citewell_turns_total{state="completed"}',
        'citewell_step_seconds_count{step="parse"}',
        "citewell_search_seconds_count",
        'citewell_requests_total{method="POST",status="200"}',
    ):
        assert float(values[name]) >= 1, name
    assert any(name.startswith("citewell_loop_restarts") for name in values)
    assert handbook.project not in shown


def _cell(process: Process, leases: LoopState) -> SimpleNamespace:
    """A cell with one loop."""
    cell = SimpleNamespace(database=process.database, loops=Supervisor())
    cell.loops.states["leases"] = leases
    return cell


def _with_cell(process: Process, north: SimpleNamespace) -> Process:
    """The process in an installation that has the cell "north" too."""
    several = copy.copy(process)
    several.placement = cast(
        Any, SimpleNamespace(reachable=lambda: {"home": process, "north": north}, names=lambda: ["home", "north"])
    )
    return several


async def test_loops_of_other_cells_are_counted(process: Process) -> None:
    north = _cell(process, LoopState(restarts=7))
    several = _with_cell(process, north)
    async with serving(several) as address, httpx.AsyncClient(base_url=address, timeout=60) as nobody:
        shown = (await nobody.get("/metrics")).text
    assert 'citewell_loop_restarts{loop="north: leases"} 7.0' in shown.splitlines()
    assert any(line.startswith('citewell_loop_restarts{loop="leases"}') for line in shown.splitlines())


async def test_a_broken_loop_of_another_cell_is_not_ready(process: Process) -> None:
    """Its projects get no answers. A cell whose database is away takes no server out of its load balancer, though."""
    north = _cell(process, LoopState(failures=5))
    several = _with_cell(process, north)
    async with serving(several) as address, httpx.AsyncClient(base_url=address, timeout=60) as nobody:
        broken = await nobody.get("/readyz")
        assert (broken.status_code, broken.json()["failing"]) == (503, ["loop north: leases"])
        async with client_of(several, address, "admin-of-cells@example.org", superuser=True) as admin:
            findings = (await admin.http.get("/api/v1/health/")).json()["findings"]
        assert "loop north: leases" in [finding["subject"] for finding in findings]
        north.loops.states["leases"] = LoopState(failures=5, is_outage=True)
        assert (await nobody.get("/readyz")).status_code == 200


async def test_numbers_are_not_for_everybody(process: Process, server: str) -> None:
    async with httpx.AsyncClient(base_url=server, timeout=60) as nobody:
        forwarded = await nobody.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert forwarded.status_code == 401
    closed = copy.copy(process)
    more = {"metrics_token": SecretStr("for-prometheus"), "allowed_hosts": ["kb.example.org"]}
    closed.settings = process.settings.model_copy(update=more)
    async with serving(closed) as address, httpx.AsyncClient(base_url=address, timeout=60) as nobody:
        assert (await nobody.get("/metrics")).status_code == 401
        wrong = await nobody.get("/metrics", headers={"Authorization": "Bearer for-others"})
        right = await nobody.get(
            "/metrics", headers={"Authorization": "Bearer for-prometheus", "Host": "192.0.2.7:8000"}
        )
        other = await nobody.get("/api/v1/projects/", headers={"Host": "192.0.2.7:8000"})
    assert other.status_code == 400, "only what is scraped is answered by address"
    assert (wrong.status_code, right.status_code) == (401, 200)
