"""Parse: the uploaded file becomes blocks of text with their places on the pages."""

import hashlib
from pathlib import PurePath

import msgspec
from sqlalchemy import select, update

from citewell.ingestion.blocks import ParsedDocument, decode, encode
from citewell.ingestion.figures.store import new_figures
from citewell.ingestion.parsing import DEFAULT, ParseFailed, parse
from citewell.ingestion.run_log import log_line
from citewell.ingestion.sniff import UnsupportedFile, sniff_file
from citewell.ingestion.steps import StepContext, StepFailed
from citewell.models import Document, DocumentVersion, VersionStep
from citewell.resources import Resources
from citewell.search.language import detect_language

# Raise it when the parsers give other blocks for the same file: documents are then parsed anew when asked for.
PARSER_VERSION = 4
MAX_WARNINGS = 50
_LANGUAGE_SAMPLE = 20_000  # characters
_PARSED = ("parsed", "chunked", "embedded", "published", "superseded")


def parsed_key(version: DocumentVersion) -> str:
    return f"{version.project_id}/{version.document_id}/{version.id}/parsed.msgpack"


async def run(context: StepContext) -> None:
    resources, version = context.resources, context.version
    name = await _name_of(resources, version)
    key = parse_key(version.sha256, name)
    kind, parsed = await _known(resources, version, key) or await _parse(resources, version, name)
    await resources.files.put(parsed_key(version), encode(parsed))
    figures = await new_figures(resources, version, kind, key, parsed.blocks)
    async with resources.database.write() as session:
        await context.complete(session, input_hash=key)
        values = {
            "kind": kind,
            "page_count": parsed.page_count,
            "title": parsed.title,
            "language": detect_language(parsed.text[:_LANGUAGE_SAMPLE]),
            "warnings": parsed.warnings[:MAX_WARNINGS],
        }
        mine = (DocumentVersion.project_id == version.project_id) & (DocumentVersion.id == version.id)
        await session.execute(update(DocumentVersion).where(mine).values(**values))
        session.add_all(figures)
        for warning in parsed.warnings[:MAX_WARNINGS]:
            await log_line(session, version, f"{name}: {warning}")


def parse_key(sha256: bytes, name: str) -> str:
    """What the result of parsing depends on: the content, the name's suffix and the parsers."""
    suffix = PurePath(name).suffix.lower()
    return hashlib.sha256(f"{sha256.hex()}:{suffix}:{PARSER_VERSION}".encode()).hexdigest()


async def _known(resources: Resources, version: DocumentVersion, key: str) -> tuple[str, ParsedDocument] | None:
    """The result for the same content elsewhere in the project, if there is one."""
    query = (
        select(DocumentVersion)
        .join(
            VersionStep,
            (VersionStep.project_id == DocumentVersion.project_id) & (VersionStep.version_id == DocumentVersion.id),
        )
        .where(
            DocumentVersion.project_id == version.project_id,
            DocumentVersion.sha256 == version.sha256,
            DocumentVersion.stage.in_(_PARSED),
            VersionStep.step == "parse",
            VersionStep.input_hash == key,
        )
    )
    async with resources.database.read() as session:
        same = (await session.scalars(query.limit(1))).one_or_none()
    if same is None or same.kind is None:
        return None
    try:
        return same.kind, decode(await resources.files.get(parsed_key(same)))
    except (FileNotFoundError, msgspec.MsgspecError):
        return None  # deleted in the meantime, or of an older release: parsed as if it were new


async def _parse(resources: Resources, version: DocumentVersion, name: str) -> tuple[str, ParsedDocument]:
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
            sniffed = sniff_file(path, name)
            return sniffed.kind, sniffed.warned(await parse(path, sniffed.kind, limits=limits))
    except UnsupportedFile as error:
        raise StepFailed(error.code, error.message) from error
    except ParseFailed as error:
        if error.retryable:
            raise
        raise StepFailed(error.code, error.message) from error


async def _name_of(resources: Resources, version: DocumentVersion) -> str:
    async with resources.database.read() as session:
        document = await session.get_one(Document, (version.project_id, version.document_id))
        return document.name
