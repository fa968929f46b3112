"""Numbers of the whole installation for Prometheus: disk, database, standbys, backups."""

import math
import shutil
import time
from datetime import datetime

from citewell.backup.repository import fetch_last_backup
from citewell.db.engine import Database
from citewell.installation.repository import fetch_lags, fetch_size
from citewell.kit import metrics
from citewell.kit.outages import explain
from citewell.kit.time import now
from citewell.resources import Resources
from citewell.settings import HOME

_SIZE_SECONDS = 15.0  # for which the size of a database is reused: measuring reads the size of every file
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
    for standby, lag in (await fetch_lags(database)).items():
        metrics.REPLICATION_LAG.labels(name, standby).set(lag)
    if time.monotonic() > _sized.get(name, -math.inf) + _SIZE_SECONDS:
        metrics.DATABASE_SIZE.labels(name).set(await fetch_size(database))
        _sized[name] = time.monotonic()
