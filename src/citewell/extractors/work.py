"""The work of one extractor: the table that it fills, what it makes of each document, the version that is written."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import ModelError
from citewell.extractors import results
from citewell.extractors.alerting_model import STATED, alert_rows
from citewell.extractors.corrections import corrected_rows, with_corrections
from citewell.extractors.families import Family
from citewell.extractors.making import Maker
from citewell.extractors.results import Input
from citewell.extractors.service import make_table, tables_of
from citewell.models import Extractor, ExtractorVersion, KnowledgeTable, PipelineRun, PipelineRunLog, TableVersion
from citewell.resources import Resources
from citewell.tables.columns import checked_rows
from citewell.tables.repository import add_version, insert_rows
from citewell.tables.service import types_of

_AT_ONCE = 4  # documents whose rows are made at the same time
_WRITTEN_AT_ONCE = 200  # documents whose rows are read and written together
_OUTPUT = {
    "object": "extracted_objects_table",
    "tag": "extracted_tags_table",
    "document-tag": "extracted_document_tags_table",
    "chunks": "extracted_chunks_table",
}


class Stopped(Exception):
    """The run was aborted or has ended."""


async def output_table(session: AsyncSession, family: Family, extractor: Extractor) -> KnowledgeTable | None:
    """The table that a run fills; made now, if it is one that comes late."""
    field = _OUTPUT.get(family.name)
    spec = next((one for one in family.tables if one.field == field), None)
    if spec is None:
        return None
    found = (await tables_of(session, extractor.project_id, family, [extractor.id]))[extractor.id].get(spec.field)
    if found is None:
        found = make_table(spec, extractor)
        session.add(found)
        await session.flush()
    return found


async def make_missing(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    maker: Maker,
    missing: Sequence[Input],
    failing: set[UUID],
    total: int,
    slice_seconds: float,
) -> int:
    """Make and keep the missing results, several at a time. Returns how many are left. Raises Stopped.

    Documents that the model has no answer for, now or for a result that this one is made of, are added to `failing`.
    """
    until = time.monotonic() + slice_seconds
    waiting = list(reversed(missing))
    done = total - len(missing)

    async def work() -> None:
        nonlocal done
        while waiting and time.monotonic() < until:
            one = waiting.pop()
            rows, told = await _rows(resources, maker, one, run.project_id)
            done += 1
            async with resources.database.write() as session:
                await still_wanted(session, run)
                if rows is None:
                    failing.add(one.document_id)
                else:
                    await results.keep(session, version, one, rows)
                log_line(session, run, f"{one.name}: {told} ({done:,} of {total:,})")

    tasks = [asyncio.create_task(work()) for _ in range(min(_AT_ONCE, len(missing)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return len(waiting)


async def _rows(
    resources: Resources, maker: Maker, one: Input, project_id: UUID
) -> tuple[list[dict[str, Any]] | None, str]:
    """The rows of a document and what the log says; None where the model has no answer, or what they are made of is
    not there. Nothing may be kept then: a kept result is never made again."""
    try:
        async with resources.database.read() as session:
            chunks = await results.chunks_of(session, project_id, one)
        if not chunks:
            return [], "no text"
        rows = await maker(chunks, one.version_id)
    except ModelError as error:
        return None, f"failed: {error.message}"
    except results.NotMade:
        return None, "left out: a node before it has no result of this document"
    return rows, f"{len(rows)} rows"


async def still_wanted(session: AsyncSession, run: PipelineRun) -> None:
    """Raises Stopped where the run is not to go on."""
    current = await session.get(PipelineRun, (run.project_id, run.id))
    if current is None or current.status != "running":
        raise Stopped


async def write_output(
    session: AsyncSession,
    run: PipelineRun,
    version: ExtractorVersion,
    table: KnowledgeTable,
    wanted: Sequence[Input],
) -> tuple[TableVersion, list[dict[str, Any]]]:
    """The new version of the table, and the alerts that a model stated of its rows."""
    corrected = await corrected_rows(session, table) if table.object_type == "object" else {}
    output = await add_version(session, table)
    output.origin = {"run": str(run.id), "extractor_version": str(version.id), "inputs": inputs_digest(wanted)}
    await session.flush()
    types, count, alerts = types_of(table), 0, list[dict[str, Any]]()
    for start in range(0, len(wanted), _WRITTEN_AT_ONCE):
        some = wanted[start : start + _WRITTEN_AT_ONCE]
        kept = await results.rows_of(session, run.project_id, some)
        rows = [
            row
            for one in some
            for row in with_corrections(kept.get(one.document_id, []), corrected.get(str(one.document_id), []))
        ]
        await insert_rows(session, output, checked_rows(rows, types))
        count += len(rows)
        alerts += [alert for row in rows if row.get(STATED) for alert in alert_rows(row, row[STATED])]
    log_line(session, run, f"{len(wanted):,} documents: {count:,} rows in version {output.number} of {table.name}")
    return output, alerts


def log_line(session: AsyncSession, run: PipelineRun, line: str) -> None:
    session.add(PipelineRunLog(project_id=run.project_id, run_id=run.id, line=line[:2000]))


def inputs_digest(wanted: Sequence[Input]) -> str:
    """Equal for versions that were made of the same results."""
    return hashlib.sha256(b"".join(sorted(one.result_id.bytes for one in wanted))).hexdigest()
