"""The work of one extractor: the table that it fills, what it makes of each document, the version that is written."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import Model, ModelError
from citewell.extractors import results
from citewell.extractors.alerting_model import STATED, alert_rows
from citewell.extractors.answers import RememberedModel, known_answers
from citewell.extractors.corrections import corrected_rows, with_corrections
from citewell.extractors.engine.parsed import PARSED
from citewell.extractors.families import BY_NAME, Family
from citewell.extractors.making import Maker
from citewell.extractors.reading import chunks_of
from citewell.extractors.results import Input
from citewell.extractors.service import table_of
from citewell.jobs.progress import is_suspected, note_progress
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, PipelineRun, PipelineRunLog, TableVersion
from citewell.resources import Resources
from citewell.tables.columns import checked_rows
from citewell.tables.document_tags import publish_document_tags
from citewell.tables.repository.rows import insert_rows
from citewell.tables.repository.tables import add_version, deploy_version, newest_version
from citewell.tables.service import types_of

log = structlog.get_logger(__name__)

_AT_ONCE = 4  # documents whose rows are made at the same time
_WRITTEN_AT_ONCE = 200  # documents whose rows are read and written together
_LARGE_AT_ONCE = 5  # documents, where each has a row for every block
_BLOCK = "block"
_OUTPUT = {
    "object": "extracted_objects_table",
    "tag": "extracted_tags_table",
    "document-tag": "extracted_document_tags_table",
    "chunks": "extracted_chunks_table",
    "parsing": "extracted_blocks_table",
}


class Stopped(Exception):
    """The run was aborted or has ended."""


async def output_table(session: AsyncSession, family: Family, extractor: Extractor) -> KnowledgeTable | None:
    """Returns the table that a run fills; made now, if it comes late or the extractor is older than the table."""
    field = _OUTPUT.get(family.name)
    return await table_of(session, family, extractor, field) if field is not None else None


@dataclass
class Making:
    """What a run makes its results with, and of. `failing` are documents without a result."""

    run: PipelineRun
    version: ExtractorVersion
    model: Model
    maker: Maker
    total: int
    failing: set[UUID]
    table_id: UUID | None = None  # of a run by the definitions of a table


async def make_missing(resources: Resources, making: Making, missing: Sequence[Input], slice_seconds: float) -> int:
    """Make and keep the missing results, several at a time. Returns how many are left. Raises Stopped.

    Where the run is stopped, what is under way is still ended and kept: a model that has been asked is not asked again.
    Documents that the model has no answer for, now or for a result that this one is made of, are added to `failing`.
    """
    until = time.monotonic() + slice_seconds
    waiting = list(reversed(missing))
    done = making.total - len(missing)
    wanted = True
    async with resources.database.write() as session:  # a standby may be behind
        known = await known_answers(session, making.run.project_id, missing)

    async def make(one: Input) -> bool:
        nonlocal done
        rows, told = await _rows(resources, making, one, known)
        done += 1
        if rows is None:
            making.failing.add(one.document_id)
        line = f"{one.name}: {told} ({done:,} of {making.total:,})"
        goes_on = await results.keep(
            resources.database, making.run, making.version, one, rows, line, table_id=making.table_id
        )
        if rows is not None and is_suspected():
            async with resources.database.write() as session:
                await note_progress(session)
        return goes_on

    async def work() -> None:
        nonlocal wanted
        try:
            while waiting and wanted and time.monotonic() < until:
                goes_on = await make(waiting.pop())
                wanted = wanted and goes_on
        except BaseException:
            wanted = False  # the others end what they have begun
            raise

    tasks = [asyncio.create_task(work()) for _ in range(min(_AT_ONCE, len(missing)))]
    try:
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for error in ended:
        if error is not None:
            raise error
    if not wanted:
        raise Stopped
    return len(waiting)


async def _rows(
    resources: Resources, making: Making, one: Input, known: dict[UUID, str]
) -> tuple[list[dict[str, Any]] | None, str]:
    """Returns the rows of a document and what the log says; None if the model has no answer, or what they are made
    of is not there. Nothing may be kept then: a kept result is never made again.
    """
    project_id = making.run.project_id
    try:
        chunks = await chunks_of(resources.database, project_id, one)
        if not chunks:
            return [], "no text"
        model = RememberedModel(making.model, resources.database, project_id, one, known)
        rows = await making.maker(model, chunks, one.version_id)
    except ModelError as error:
        return None, f"failed: {error.message}"
    except results.NotMade:
        return None, "left out: a node before it has no result of this document"
    except (SQLAlchemyError, OSError):
        raise  # of the database and the files, not of this document: the run is tried again
    except Exception as error:
        log.error("extraction_broke", document=str(one.document_id), exc_info=error)
        return None, "failed: the document could not be read. The server's log says why"
    return rows, f"{len(rows)} rows"


async def write_output(
    session: AsyncSession,
    run: PipelineRun,
    version: ExtractorVersion,
    table: KnowledgeTable,
    wanted: Sequence[Input],
) -> tuple[TableVersion, list[dict[str, Any]]]:
    """Returns the new version of the table, and the alerts that a model stated of its rows."""
    corrected = await corrected_rows(session, table) if table.object_type == "object" else {}
    output = await _new_version(session, run, version, table, wanted)
    parsed = await _parsed_table(session, version) if table.object_type == _BLOCK else None
    documents = await _new_version(session, run, version, parsed, wanted) if parsed is not None else None
    types, count, alerts = types_of(table), 0, list[dict[str, Any]]()
    at_once = _LARGE_AT_ONCE if table.object_type == _BLOCK else _WRITTEN_AT_ONCE
    for start in range(0, len(wanted), at_once):
        some = wanted[start : start + at_once]
        kept = await results.rows_of(session, run.project_id, some)
        rows = [
            row
            for one in some
            for row in with_corrections(kept.get(one.document_id, []), corrected.get(str(one.document_id), []))
        ]
        await insert_rows(session, output, checked_rows(rows, types))
        if parsed is not None and documents is not None:
            of_documents = [row[PARSED] for row in rows if PARSED in row]
            await insert_rows(session, documents, checked_rows(of_documents, types_of(parsed)))
        count += len(rows)
        alerts += [alert for row in rows if row.get(STATED) for alert in alert_rows(row, row[STATED])]
    log_line(session, run, f"{len(wanted):,} documents: {count:,} rows in version {output.number} of {table.name}")
    return output, alerts


async def _new_version(
    session: AsyncSession, run: PipelineRun, version: ExtractorVersion, table: KnowledgeTable, wanted: Sequence[Input]
) -> TableVersion:
    made = await add_version(session, table)
    made.origin = {"run": str(run.id), "extractor_version": str(version.id), "inputs": inputs_digest(wanted)}
    await session.flush()
    return made


async def _parsed_table(session: AsyncSession, version: ExtractorVersion) -> KnowledgeTable:
    extractor = await session.get_one(Extractor, (version.project_id, version.extractor_id))
    return await table_of(session, BY_NAME["parsing"], extractor, "extracted_parsed_documents_table")


async def deploy_output(
    session: AsyncSession, version: ExtractorVersion, table: KnowledgeTable, output: TableVersion
) -> None:
    """Deploy a version that a run has written, with what belongs to it."""
    await deploy_version(session, output)
    await publish_document_tags(session, table, output)
    if table.object_type == _BLOCK:
        parsed = await _parsed_table(session, version)
        newest = await newest_version(session, parsed.project_id, parsed.id)
        if newest is not None:
            await deploy_version(session, newest)


def log_line(session: AsyncSession, run: PipelineRun, line: str) -> None:
    session.add(PipelineRunLog(project_id=run.project_id, run_id=run.id, line=line[:2000]))


def inputs_digest(wanted: Sequence[Input]) -> str:
    """Equal for versions that were made of the same results."""
    return hashlib.sha256(b"".join(sorted(one.result_id.bytes for one in wanted))).hexdigest()
