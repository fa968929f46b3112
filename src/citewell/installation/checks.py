"""Checks of `citewell doctor` and of the administrator's page: disk, schema, backups, cells, documents, and the
programs that documents need.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import psycopg

from citewell.backup.taking import last_backup
from citewell.db.engine import libpq_url
from citewell.db.upgrade_plan import plan_upgrade, readable
from citewell.errors import SetupError
from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.isolation import Isolation, available
from citewell.installation.database_checks import check_replica, check_server
from citewell.installation.repository import find_failures
from citewell.kit.finding import Finding, Value
from citewell.kit.time import now
from citewell.settings import Settings

_LEAST_FREE = 0.1  # of the disk
_ENOUGH_FREE = 10 * 2**30  # bytes, on a disk of any size
_OLD_BACKUP = 2 * 86_400.0  # seconds
_CELL_SECONDS = 5
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def check_disk(settings: Settings) -> Finding:
    disk = shutil.disk_usage(settings.data_dir.expanduser())
    values: dict[str, Value] = {"free_bytes": disk.free, "total_bytes": disk.total, "folder": str(settings.data_dir)}
    text = f"{readable(disk.free)} of {readable(disk.total)} are free for {settings.data_dir}"
    if disk.free < min(_LEAST_FREE * disk.total, _ENOUGH_FREE):
        text = f"only {text}: a full disk stores nothing new. Free some space or enlarge it"
        return Finding("bad", "disk", text, "disk.low", values)
    return Finding("ok", "disk", text, "disk.enough", values)


def check_schema(url: str) -> Finding | None:
    """Returns what an upgrade would change; None if there is nothing to upgrade. Raises SetupError."""
    plan = plan_upgrade(url)
    if plan.current is None or not plan.changes:
        return None
    text = (
        f"{plan.current}, and this version needs {plan.newest}: see `citewell upgrade --check`, then `citewell upgrade`"
    )
    return Finding("bad", "schema", text, "schema.outdated", {"current": plan.current, "newest": plan.newest})


def check_use(url: str) -> Iterator[Finding]:
    """Backups, documents, jobs and the server of a database with this version's schema."""
    yield _backup(last_backup(url))
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        yield _documents(find_failures(connection))
        yield from check_server(connection)


def _backup(ended: str | None) -> Finding:
    if ended is None:
        text = "there is none: `citewell backup DIR` takes one while the server runs"
        return Finding("note", "backup", text, "backup.none")
    age = (now() - datetime.fromisoformat(ended)).total_seconds()
    if age > _OLD_BACKUP:
        text = f"the last one ended {age / 86_400:.0f} days ago: take one, and check why no newer one was taken"
        return Finding("bad", "backup", text, "backup.old", {"days": round(age / 86_400)})
    text = f"the last one ended {age / 3600:.0f} h ago"
    return Finding("ok", "backup", text, "backup.recent", {"hours": round(age / 3600)})


def _documents(rows: list[tuple[str, str, int]]) -> Finding:
    if not rows:
        return Finding("ok", "documents", "none has failed", "documents.fine")
    shown = ", ".join(f"{count:,} at {step} ({code})" for step, code, count in rows)
    text = f"failed: {shown}. `citewell why` says why, `citewell retry` tries again"
    steps = ", ".join(f"{step} ({code}): {count}" for step, code, count in rows)
    return Finding("note", "documents", text, "documents.failed", {"steps": steps})


def check_cells(settings: Settings) -> Iterator[Finding]:
    """Yields for each cell other than the home cell whether it answers and has this version's schema, and what is
    wrong in it.
    """
    for name, url in settings.urls_of_cells.items():
        try:
            with psycopg.connect(libpq_url(url), connect_timeout=_CELL_SECONDS):
                if plan_upgrade(url).current is None:
                    reason = "its database is empty: the next start of a server creates its tables"
                    yield Finding("note", f"cell {name}", reason, "cell.unreachable", {"name": name, "reason": reason})
                    continue
                outdated = check_schema(url)
            found = [outdated] if outdated is not None else list(check_use(url))
        except (SetupError, psycopg.Error) as error:
            reason = str(error).strip().split("\n", 1)[0]
            text = f"it does not answer, so its projects are unavailable: {reason}"
            yield Finding("bad", f"cell {name}", text, "cell.unreachable", {"name": name, "reason": reason})
            continue
        if outdated is None:
            yield Finding("ok", f"cell {name}", "answers", "cell.answers", {"name": name})
        for finding in found:
            if finding.level != "ok":
                yield _in_cell(name, finding)
        if (standby := settings.cells_read.get(name)) is not None:
            yield _in_cell(name, check_replica(standby.get_secret_value(), settings))


def _in_cell(name: str, finding: Finding) -> Finding:
    return replace(finding, subject=f"cell {name}, {finding.subject}", values={**finding.values, "cell": name})


def check_exposure(settings: Settings) -> Iterator[Finding]:
    """Yields what others on the network could make use of: see docs/securing.md."""
    address = urlsplit(settings.public_url or "")
    if address.hostname and address.scheme != "https" and address.hostname not in _LOCAL:
        text = "CITEWELL_PUBLIC_URL has no TLS, so others can read passwords and tokens: put a proxy in front"
        yield Finding("note", "public address", text, "public_address.no_tls")
    if address.hostname and address.hostname not in _LOCAL and not settings.allowed_hosts:
        text = f"the server answers to any host name: set CITEWELL_ALLOWED_HOSTS='[\"{address.hostname}\"]'"
        yield Finding("note", "allowed hosts", text, "allowed_hosts.any", {"host": address.hostname})
    if settings.database_url is not None and settings.secret_key is None:
        text = "each machine creates its own in its data folder: set the same CITEWELL_SECRET_KEY on all"
        yield Finding("note", "secret key", text, "secret_key.own")


def check_recognition(settings: Settings) -> Finding:
    """Whether pictures of pages can be read, in the languages that the settings name."""
    command = programs.tesseract()
    if command is None:
        text = "missing; scanned pages and pictures fail: install tesseract (apt-get install tesseract-ocr)"
        return Finding("note", "text recognition", text, "recognition.missing")
    present = programs.languages(command)
    missing = [name for name in settings.recognition_languages.split("+") if name not in present]
    if missing:
        text = f"tesseract has no {', '.join(missing)}: install it, or set CITEWELL_RECOGNITION_LANGUAGES"
        values = {"missing": ", ".join(missing), "present": ", ".join(present)}
        text = f"{text} to some of {values['present'] or 'none'}."
        return Finding("bad", "text recognition", text, "recognition.no_language", values)
    wanted = settings.recognition_languages
    return Finding("ok", "text recognition", f"tesseract with {wanted}", "recognition.ready", {"languages": wanted})


def check_isolation() -> Finding:
    """Whether parsers and converters are kept from fetching what a document names, and how."""
    found = available()
    if found is Isolation.NONE:
        text = "not possible here: a converter may fetch what a document links to. Use a firewall, or Linux"
        return Finding("note", "isolation of parsers", text, "isolation.none")
    text = "they reach no network, by"
    if found is Isolation.NAMESPACE:
        return Finding("ok", "isolation of parsers", f"{text} a network namespace", "isolation.namespace")
    return Finding("ok", "isolation of parsers", f"{text} a filter of system calls (seccomp)", "isolation.filter")


def check_converter() -> Finding:
    if programs.libreoffice() is None:
        text = "DOC, XLS and PPT are refused: install LibreOffice"
        return Finding("note", "old Office formats", text, "office.missing")
    return Finding("ok", "old Office formats", "read by LibreOffice", "office.ready")


def examine(settings: Settings, url: str) -> list[Finding]:
    """Returns the findings of a running server, without asking a model. `url` is that of its database."""
    findings = [check_disk(settings), check_recognition(settings), check_converter(), check_isolation()]
    findings += [*check_cells(settings), *check_exposure(settings)]
    if (standby := settings.database_read_url) is not None:
        findings.append(check_replica(standby.get_secret_value(), settings))
    try:
        schema = check_schema(url)
        return findings + ([schema] if schema is not None else list(check_use(url)))
    except (SetupError, psycopg.Error) as error:
        reason = str(error).strip()
        return [*findings, Finding("bad", "database", reason, "database.unreadable", {"reason": reason})]
