"""The queues, and which of them a job goes to."""

QUEUES = ("parse", "embed", "extract", "evaluate", "mail", "sync", "maintenance")
QUICK = "quick"
# Queue -> the queue for jobs that several small documents share. Versions that do not know such jobs do not fetch from
# it.
BATCHES = {"parse": "parse_batch", "embed": "embed_batch"}
_QUICK_SECONDS = 4.5  # a file of 70 kB: see `ingestion.step_jobs`


def queue_of(task: str) -> str:
    """Returns the queue of a task. Each queue has its own workers, so that no kind of work waits for another."""
    namespace, _, name = task.partition(":")
    if namespace == "ingestion":
        return "embed" if name == "embed" else "parse"
    if namespace == "mail":
        return "mail"
    if namespace == "connectors":
        return "sync"
    if namespace == "evaluation":
        return "evaluate"
    extracts = namespace in ("extractors", "extraction", "flows", "datasets", "graph", "artifacts")
    return "extract" if extracts else "maintenance"


def lane_of(name: str, seconds: float) -> str:
    """Returns the queue for a job of this estimated duration: small files have a queue apart from large ones."""
    return QUICK if name == "parse" and seconds <= _QUICK_SECONDS else name
