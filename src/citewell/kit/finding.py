"""One finding of a check of the installation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Value = str | int | float

# Those of `GET /health/`, for which the web app has words (ui/src/people/finding-texts.ts). They are stable.
HealthCode = Literal[
    "allowed_hosts.any",
    "backup.none",
    "backup.old",
    "backup.recent",
    "cell.answers",
    "cell.unreachable",
    "connections.few_left",
    "connections.enough",
    "database.unreadable",
    "disk.enough",
    "disk.low",
    "documents.failed",
    "documents.fine",
    "isolation.filter",
    "isolation.namespace",
    "isolation.none",
    "jobs.flowing",
    "jobs.late",
    "jobs.no_worker",
    "log_archive.failing",
    "log_archive.working",
    "loop.failing",
    "office.missing",
    "office.ready",
    "public_address.no_tls",
    "read_replica.behind",
    "read_replica.disconnected",
    "read_replica.following",
    "read_replica.no_standby",
    "read_replica.no_word_search",
    "read_replica.unreachable",
    "recognition.missing",
    "recognition.no_language",
    "recognition.ready",
    "schema.outdated",
    "secret_key.own",
    "standby.behind",
    "standby.following",
    "synchronous_standby.missing",
]
HEALTH_CODES: tuple[str, ...] = get_args(HealthCode)


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    `level`: ok, note (works without it), bad (must be mended). `code` names the sentence in `text` for programs with
    words of their own, and `values` are the values in it; findings that only the command line makes have no code.
    Values whose name ends in `_bytes` are sizes.
    """

    level: str
    subject: str
    text: str
    code: HealthCode | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
