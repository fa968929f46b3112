"""Numbers of the whole installation for Prometheus: disk, database, standbys, backups."""

import shutil
import time
from datetime import datetime

from citewell.backup.taking import LAST_BACKUP
from citewell.kit import metrics
from citewell.kit.outages import explain
from citewell.kit.time import now
from citewell.resources import Resources

_SECONDS = 15.0  # that the size of the database is good for: it looks at every file
_BACKUP = "SELECT value FROM server_marks WHERE name = %(name)s"
_STANDBYS = """
    SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS standby,
        coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag
    FROM pg_stat_replication WHERE state = 'streaming'
"""
_last_size = 0.0


async def measure(resources: Resources) -> None:
    """Set the gauges. What cannot be asked now keeps its former value, or is absent."""
    global _last_size
    disk = shutil.disk_usage(resources.settings.data_dir)
    metrics.DISK_FREE.set(disk.free)
    metrics.DISK_SIZE.set(disk.total)
    try:
        for row in await resources.database.direct.fetch(_BACKUP, {"name": LAST_BACKUP}):
            metrics.BACKUP_AGE.set((now() - datetime.fromisoformat(row.value)).total_seconds())
        metrics.REPLICATION_LAG.clear()
        for row in await resources.database.direct.fetch(_STANDBYS, {}):
            metrics.REPLICATION_LAG.labels(row.standby).set(row.lag)
        if time.monotonic() > _last_size + _SECONDS:
            [size] = await resources.database.direct.fetch("SELECT pg_database_size(current_database()) AS bytes", {})
            metrics.DATABASE_SIZE.set(size.bytes)
            _last_size = time.monotonic()
    except Exception as error:
        if explain(error) is None:
            raise
