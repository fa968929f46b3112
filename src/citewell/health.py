"""Whether the server is alive, whether it can work, what an administrator should know, and numbers for Prometheus.

`/healthz` answers as long as the process does. `/readyz` is for load balancers: 503 while the database does not answer,
is not migrated, or a background loop cannot run, and from the moment that the server is told to stop. Of the other
cells of an installation, it counts broken loops, but no database that is away: the other projects are served then.
`/metrics` is for this machine, and for others with CITEWELL_METRICS_TOKEN.
"""

import asyncio
import hmac
import ipaddress
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from citewell import __version__
from citewell.agent.models.abilities import read_abilities
from citewell.auth.dependencies import CallerParam, ResourcesParam
from citewell.db.engine import Database
from citewell.db.migrate import newest_revision
from citewell.errors import Forbidden, NotAuthenticated
from citewell.installation.checks import examine
from citewell.installation.gauges import measure
from citewell.installation.repository import count_waiting_steps, fetch_revisions, fetch_server_version
from citewell.jobs.repository import fetch_startable_by_queue
from citewell.kit import metrics
from citewell.kit.answers import NO_STORE
from citewell.kit.finding import Finding
from citewell.kit.outages import explain
from citewell.resources import Resources

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/health", tags=["Administration"])


@router.get("/healthz")
async def healthz() -> Response:
    return JSONResponse({"status": "alive"}, headers=NO_STORE)


@router.get("/readyz")
async def readyz(request: Request, resources: ResourcesParam) -> Response:
    if request.app.state.turns.is_closing:
        return JSONResponse({"status": "stopping"}, 503, headers=NO_STORE)
    problems = {f"loop {name}": reason for name, reason in _failing_loops(resources).items()}
    found, writes_wait = await _database_problems(resources)
    if problems | found:
        # Only names: everybody may read this answer. The reasons are in the log.
        return JSONResponse({"status": "not ready", "failing": sorted(problems | found)}, 503, headers=NO_STORE)
    return JSONResponse({"status": "ready"} | ({"waiting": ["writes"]} if writes_wait else {}), headers=NO_STORE)


@router.get("/metrics")
async def show_metrics(request: Request, resources: ResourcesParam) -> Response:
    """Raises NotAuthenticated for others than this machine without the token."""
    if not _may_read(request, resources):
        raise NotAuthenticated(
            "Metrics need a token from other machines: send CITEWELL_METRICS_TOKEN as a bearer token."
        )
    for cell, of_cell in _reachable(resources).items():
        for name, state in of_cell.loops.states.items():
            metrics.LOOP_RESTARTS.labels(_loop_name(resources, cell, name)).set(state.restarts)
    metrics.TURNS_RUNNING.set(len(request.app.state.turns.live))
    await _count_jobs(resources)
    await measure(resources)
    return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)


def _failing_loops(resources: Resources) -> dict[str, str]:
    """Returns the loops that cannot run, each with its last error. Loops of other cells have the cell in their name."""
    found = resources.loops.failing()
    for cell, of_cell in _reachable(resources).items():
        if cell != resources.cell:
            failing = of_cell.loops.failing(with_outages=False)
            found |= {_loop_name(resources, cell, name): reason for name, reason in failing.items()}
    return found


def _loop_name(resources: Resources, cell: str, name: str) -> str:
    return name if cell == resources.cell else f"{cell}: {name}"


async def _database_problems(resources: Resources) -> tuple[dict[str, str], bool]:
    """Returns (what keeps the server from working, whether commits wait for a synchronous standby while reading
    goes on).
    """
    try:
        found = await fetch_revisions(resources.database)
    except Exception as error:
        explained = explain(error)
        if explained is None:
            raise
        return {"database": explained.message}, False
    if [row.version_num for row in found] != [newest_revision()]:
        return {"migrations": "the database has another schema than this version"}, False
    return {}, resources.database.standby.is_holding or any(row.waits for row in found)


async def _count_jobs(resources: Resources) -> None:
    metrics.JOBS_WAITING.clear()
    metrics.JOBS_OLDEST.clear()
    outside: list[int] = []
    oldest: dict[str, float] = {}
    for database in _databases(resources):
        try:
            rows = await fetch_startable_by_queue(database)
            outside.append(await count_waiting_steps(database))
        except Exception as error:
            if explain(error) is None:
                raise
            continue  # the numbers of this process are still of use
        for row in rows:
            oldest[row.queue_name] = max(oldest.get(row.queue_name, 0.0), row.oldest)
            metrics.JOBS_WAITING.labels(row.queue_name).inc(row.jobs)
            metrics.JOBS_OLDEST.labels(row.queue_name).set(oldest[row.queue_name])
    if outside:
        metrics.DOCUMENTS_WAITING.set(sum(outside))


def _databases(resources: Resources) -> list[Database]:
    """Returns the databases of all cells that answer, and notes which do."""
    reachable = _reachable(resources)
    for name in resources.placement.names() if resources.placement is not None else ():
        metrics.CELL_UP.labels(name).set(name in reachable)
    return [of_cell.database for of_cell in reachable.values()]


def _reachable(resources: Resources) -> Mapping[str, Resources]:
    """The parts of the process for each cell that answers."""
    return resources.placement.reachable() if resources.placement is not None else {resources.cell: resources}


class FindingOut(BaseModel):
    """A line of `citewell doctor`.

    `level` is ok, note (works without it) or bad (to be mended). `code` is a stable name of the sentence in `text`, and
    `values` are the values in it: sizes in bytes where the name ends in `_bytes`. In another cell than the home cell,
    `values.cell` is the name of the cell.
    """

    model_config = ConfigDict(from_attributes=True)

    level: str
    subject: str
    text: str
    code: str | None
    values: dict[str, str | int | float]


class QueueOut(BaseModel):
    """Jobs that wait to be done; `oldest_seconds` is how long the oldest has waited."""

    name: str
    jobs: int
    oldest_seconds: float


class CheckedModelOut(BaseModel):
    """The result of `citewell model check` for a model.

    `context_tokens` is the size of its context; null if unknown.
    """

    name: str
    takes_tools: bool
    context_tokens: int | None


class HealthOut(BaseModel):
    """`findings` has what must be mended first.

    `model` and `embedding_model` are those of the settings; `turns_running` are the answers of the server process that
    was asked.
    """

    version: str
    python_version: str
    database_version: str
    model: str
    embedding_model: str | None
    checked_models: list[CheckedModelOut]
    findings: list[FindingOut]
    queues: list[QueueOut]
    turns_running: int


@api.get("/", operation_id="getHealth", response_model=HealthOut)
async def get_health(request: Request, caller: CallerParam, resources: ResourcesParam) -> Any:
    """Tells what works, what does not and what to do about it; what waits; and which versions run. For superusers."""
    if not caller.is_superuser:
        raise Forbidden("Only a superuser may see the health of the server.")
    findings = [
        Finding("bad", f"loop {name}", reason, "loop.failing", {"name": name, "reason": reason})
        for name, reason in _failing_loops(resources).items()
    ]
    findings += await asyncio.to_thread(examine, resources.settings, resources.database.url)
    rows = await fetch_startable_by_queue(resources.database)
    return {
        "version": __version__,
        "python_version": platform.python_version(),
        "database_version": await fetch_server_version(resources.database),
        "model": resources.settings.model,
        "embedding_model": resources.settings.embedding_model,
        "checked_models": await asyncio.to_thread(_checked_models, resources.settings.data_dir),
        "findings": sorted(findings, key=lambda finding: finding.level != "bad"),
        "queues": [{"name": row.queue_name, "jobs": row.jobs, "oldest_seconds": row.oldest} for row in rows],
        "turns_running": len(request.app.state.turns.live),
    }


def _may_read(request: Request, resources: Resources) -> bool:
    token = resources.settings.metrics_token
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    # A proxy on this machine forwards others' requests.
    is_forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    try:
        return not is_forwarded and ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


def _checked_models(data_dir: Path) -> list[CheckedModelOut]:
    known = sorted(read_abilities(data_dir).items())
    return [
        CheckedModelOut(name=name, takes_tools=found.takes_tools, context_tokens=found.context_tokens)
        for name, found in known
    ]
