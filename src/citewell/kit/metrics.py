"""What this process counts for Prometheus: docs/monitoring.md lists them."""

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
LOOP_RESTARTS = Gauge("citewell_loop_restarts", "Failures of a background loop.", ["loop"], registry=REGISTRY)
JOBS_WAITING = Gauge("citewell_jobs_waiting", "Jobs that may start now.", ["queue"], registry=REGISTRY)
JOBS_OLDEST = Gauge("citewell_jobs_oldest_seconds", "Age of the oldest of them.", ["queue"], registry=REGISTRY)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe the seconds that the body takes, however it ends."""
    started = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - started)
