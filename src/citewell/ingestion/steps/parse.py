"""The step that parses the uploaded file into blocks of text with their positions on pages."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.figures.store import new_figures
from citewell.ingestion.parsed_files import parsed_key
from citewell.ingestion.parsing import DEFAULT, ParseFailed, parsed_file
from citewell.ingestion.parsing.summary import Summary
from citewell.ingestion.repository.versions import find_parsed, update_versions
from citewell.ingestion.run_log import log_lines
from citewell.ingestion.sniff import Sniffed, UnsupportedFile, sniff_file
from citewell.ingestion.step import Done, Result, StepContext, StepFailed
from citewell.models import DocumentVersion, ExtractedFigure
from citewell.resources import Resources
from citewell.search.language import detect_language

# Raise it when the parsers return other blocks for the same file. A document is then parsed anew when it is processed
# again.
PARSER_VERSION = 7
MAX_WARNINGS = 50
# What a version keeps of the result.
_RESULT = ("kind", "page_count", "title", "language", "warnings")


async def run(context: StepContext) -> Result:
    resources, version, name = context.resources, context.version, context.document.name
    key = parse_key(version.sha256, name)
    values = await _find_parsed(resources, version, key) or await _parse(resources, version, name)
    figures = await new_figures(resources, version, values["kind"], key, parsed_key(version))
    return Result(_Parsed(name, values, figures), input_hash=key)


async def store(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
    rows = [{"project_id": one.version.project_id, "id": one.version.id, **one.result.made.values} for one in done]
    await update_versions(session, rows)
    lines: list[tuple[DocumentVersion, str]] = []
    for one in done:
        session.add_all(one.result.made.figures)
        lines += [(one.version, f"{one.result.made.name}: {warning}") for warning in one.result.made.values["warnings"]]
    await log_lines(session, lines)


@dataclass(frozen=True)
class _Parsed:
    """What `run` passes to `store`: the document's name, columns of its version, and rows of its figures."""

    name: str
    values: dict[str, Any]
    figures: Sequence[ExtractedFigure]


def parse_key(sha256: bytes, name: str) -> str:
    """Returns the key of all that the result depends on: the content, the name's suffix and the parsers' version."""
    suffix = PurePath(name).suffix.lower()
    return hashlib.sha256(f"{sha256.hex()}:{suffix}:{PARSER_VERSION}".encode()).hexdigest()


async def _find_parsed(resources: Resources, version: DocumentVersion, key: str) -> dict[str, Any] | None:
    """Reuses the result of the same content in another document of the project; None if there is none."""
    async with resources.database.read() as session:
        same = await find_parsed(session, version.project_id, version.sha256, key)
    if same is None or same.kind is None:
        return None
    try:
        await resources.files.copy(parsed_key(same), parsed_key(version))
    except FileNotFoundError:
        return None  # the other document was deleted in the meantime
    return {name: getattr(same, name) for name in _RESULT}


async def _parse(resources: Resources, version: DocumentVersion, name: str) -> dict[str, Any]:
    """Parses the file and stores the child's result. Returns the columns of the version's row (see `_RESULT`)."""
    settings = resources.settings
    limits = msgspec.structs.replace(
        DEFAULT,
        seconds=settings.parse_timeout,
        recognition_seconds=settings.recognition_timeout,
        languages=settings.recognition_languages,
        memory_bytes=settings.parse_memory_bytes,
    )
    try:
        async with resources.files.local_path(version.file_key) as path:
            sniffed = await asyncio.to_thread(sniff_file, path, name)
            async with parsed_file(path, sniffed.kind, limits=limits) as parsed:
                with parsed.path.open("rb") as encoded:
                    await resources.files.put_stream(parsed_key(version), encoded)
                return _result(sniffed, parsed.summary)
    except UnsupportedFile as error:
        raise StepFailed(error.code, error.message) from error
    except ParseFailed as error:
        if error.retryable:
            raise
        raise StepFailed(error.code, error.message) from error


def _result(sniffed: Sniffed, summary: Summary) -> dict[str, Any]:
    """Returns the values of `_RESULT`."""
    warnings = [*([sniffed.warning] if sniffed.warning else []), *summary.warnings]
    return {
        "kind": sniffed.kind,
        "page_count": summary.page_count,
        "title": summary.title,
        "language": detect_language(summary.sample),
        "warnings": warnings[:MAX_WARNINGS],
    }
