"""Numbers of the whole installation for Prometheus: disk, database, standbys, backups."""

import math
import shutil
import time
from datetime import datetime

from citewell.backup.repository import fetch_last_backup
from citewell.db.engine import Database
from citewell.kit import metrics
from citewell.kit.outages import explain
from citewell.kit.time import now
from citewell.resources import Resources
from citewell.settings import HOME

_SECONDS = 15.0  # that the size of a database is good for: it looks at every file
_STANDBYS = """
    SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS standby,
        coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag
    FROM pg_stat_replication WHERE state = 'streaming'
"""
_SIZE = "SELECT pg_database_size(current_database()) AS bytes"
_sized: dict[str, float] = {}  # by cell: when its size was asked for


async def measure(resources: Resources) -> None:
    """Set the gauges. What cannot be asked now keeps its former value, or is absent."""
    disk = shutil.disk_usage(resources.settings.data_dir)
    metrics.DISK_FREE.set(disk.free)
    metrics.DISK_SIZE.set(disk.total)
    metrics.REPLICATION_LAG.clear()
    cells = resources.placement.reachable() if resources.placement is not None else {HOME: resources}
    for name, cell in cells.items():
        try:
            await _measure_cell(name, cell.database)
        except Exception as error:
            if explain(error) is None:
                raise


async def _measure_cell(name: str, database: Database) -> None:
    ended = await fetch_last_backup(database)
    age = (now() - datetime.fromisoformat(ended)).total_seconds() if ended else math.inf
    metrics.BACKUP_AGE.labels(name).set(age)
    for row in await database.direct.fetch(_STANDBYS, {}):
        metrics.REPLICATION_LAG.labels(name, row.standby).set(row.lag)
    if time.monotonic() > _sized.get(name, -math.inf) + _SECONDS:
        [size] = await database.direct.fetch(_SIZE, {})
        metrics.DATABASE_SIZE.labels(name).set(size.bytes)
        _sized[name] = time.monotonic()
