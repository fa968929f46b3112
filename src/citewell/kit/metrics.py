"""The Prometheus metrics of this process; docs/monitoring.md lists them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

REQUESTS = Counter("citewell_requests", "HTTP requests answered.", ["method", "status"], registry=REGISTRY)
TURNS = Counter("citewell_turns", "Turns that have ended.", ["state"], registry=REGISTRY)
TURNS_RUNNING = Gauge("citewell_turns_running", "Turns that this process works on.", registry=REGISTRY)
TOKENS = Counter("citewell_tokens", "Tokens of models, as they report them.", ["direction"], registry=REGISTRY)
SEARCH_SECONDS = Histogram(
    "citewell_search_seconds",
    "Time of a search, its query's embedding included.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
    registry=REGISTRY,
)
STEP_SECONDS = Histogram(
    "citewell_step_seconds",
    "Time of one processing step of a document version.",
    ["step"],
    buckets=(0.05, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
    registry=REGISTRY,
)
STEPS_FAILED = Counter(
    "citewell_steps_failed", "Documents that failed for good, by step and code.", ["step", "code"], registry=REGISTRY
)
MODEL_ERRORS = Counter(
    "citewell_model_errors", "Failed calls of models, repeated ones included.", ["model", "code"], registry=REGISTRY
)
SLOW_STATEMENTS = Counter(
    "citewell_slow_statements", "Statements slower than CITEWELL_SLOW_STATEMENT_SECONDS.", registry=REGISTRY
)
DISK_FREE = Gauge("citewell_disk_free_bytes", "Free space for the data folder.", registry=REGISTRY)
DISK_SIZE = Gauge("citewell_disk_size_bytes", "Size of that disk.", registry=REGISTRY)
DATABASE_SIZE = Gauge("citewell_database_size_bytes", "Size of the database.", ["cell"], registry=REGISTRY)
REPLICATION_LAG = Gauge(
    "citewell_replication_lag_seconds",
    "How far a standby is behind the primary.",
    ["cell", "standby"],
    registry=REGISTRY,
)
BACKUP_AGE = Gauge(
    "citewell_backup_age_seconds",
    "Since the last whole backup ended; infinite before the first.",
    ["cell"],
    registry=REGISTRY,
)
CELL_UP = Gauge("citewell_cell_up", "Whether a database cell answers (1) or not (0).", ["cell"], registry=REGISTRY)
LOOP_LAG = Histogram(
    "citewell_event_loop_lag_seconds",
    "How late the event loop runs what is due.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
LOOP_STALLS = Counter(
    "citewell_event_loop_stalls",
    "Times that code held the event loop for CITEWELL_LOOP_STALL_SECONDS of CPU.",
    registry=REGISTRY,
)
LOOP_RESTARTS = Gauge("citewell_loop_restarts", "Failures of a background loop.", ["loop"], registry=REGISTRY)
JOBS_WAITING = Gauge("citewell_jobs_waiting", "Jobs that may start now.", ["queue"], registry=REGISTRY)
DOCUMENTS_WAITING = Gauge("citewell_documents_waiting", "Documents that wait outside the queue.", registry=REGISTRY)
JOBS_OLDEST = Gauge("citewell_jobs_oldest_seconds", "Age of the oldest of them.", ["queue"], registry=REGISTRY)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe the seconds that the body takes, also if it raises."""
    started = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - started)
