"""A model's alerts on the tables that an extractor of alerts watches, stored by document like other results."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import ModelError
from citewell.extractors import results
from citewell.extractors.alert_tables import watched_rows
from citewell.extractors.alerting_model import alert_rows, state_alerts
from citewell.extractors.answers import RememberedModel, known_answers
from citewell.extractors.families import Family
from citewell.extractors.making import EXTRACTIVE, model_of
from citewell.extractors.repository.chunks import find_documents_of_chunks
from citewell.extractors.repository.documents import find_live_versions
from citewell.extractors.results import Input, settings_hash
from citewell.extractors.work import Stopped
from citewell.models import ExtractorVersion, PipelineRun
from citewell.resources import Resources

_READ_AT_ONCE = 500  # documents
_Rows = list[dict[str, Any]]
_Groups = dict[UUID, tuple[UUID, _Rows]]  # by document: its published version and its rows


async def instructed_alerts(
    resources: Resources,
    run: PipelineRun,
    version: ExtractorVersion,
    family: Family,
    ids: Sequence[UUID],
    tables: Sequence[UUID] | None,
    slice_seconds: float,
) -> tuple[_Rows, int]:
    """Rows of alerts by the extractor's instructions, and of how many documents some are still to be made when the time
    is over; there are no rows then. None of both without instructions or without a model.

    At least one document is done. No transaction is open while the model answers. Raises ModelError, Stopped.
    """
    model, instructions = model_of(resources, version), str(version.settings.get("instructions") or "").strip()
    if not instructions or model.name == EXTRACTIVE:
        return [], 0
    async with resources.database.read() as session:
        rows = [row for _, some in await watched_rows(session, family, version, ids, tables) for row in some]
        groups = await _by_document(session, version.project_id, rows)
    inputs = await asyncio.to_thread(_inputs, version, model.name, groups)
    async with resources.database.write() as session:  # a standby may be behind
        done = await results.made(session, version.project_id, inputs)
        known = await known_answers(session, version.project_id, inputs)
    missing = [one for one in inputs if one.result_id not in done]
    until = time.monotonic() + slice_seconds
    for number, one in enumerate(missing):
        if number and time.monotonic() >= until:
            return [], len(missing) - number
        some = groups[one.document_id][1]
        remembered = RememberedModel(model, resources.database, version.project_id, one, known)
        try:
            stated = await state_alerts(remembered, some, instructions)
        except ModelError as error:
            # Answers that cannot be read must not be taken for the answer of the next try.
            await results.keep(resources.database, run, version, one, None, f"alerts failed: {error.message}")
            raise
        made = [alert for row, alerts in zip(some, stated, strict=True) for alert in alert_rows(row, alerts)]
        # Kept whether the run goes on or not: a model that has been asked is not asked again.
        line = f"{len(made):,} alerts ({len(inputs) - len(missing) + number + 1:,} of {len(inputs):,} documents)"
        if not await results.keep(resources.database, run, version, one, made, line):
            raise Stopped
    return await _kept(resources, version.project_id, inputs), 0


async def _kept(resources: Resources, project_id: UUID, inputs: Sequence[Input]) -> _Rows:
    found: _Rows = []
    for start in range(0, len(inputs), _READ_AT_ONCE):
        some = inputs[start : start + _READ_AT_ONCE]
        async with resources.database.read() as session:
            kept = await results.rows_of(session, project_id, some)
        found += [alert for one in some for alert in kept.get(one.document_id, [])]
    return found


async def _by_document(session: AsyncSession, project_id: UUID, rows: _Rows) -> _Groups:
    """Rows by the document that they are about, with its published version; those of others are left out."""
    chunks = [str(row["chunk_id"]) for row in rows if row.get("chunk_id")]
    of_chunk = await find_documents_of_chunks(session, project_id, chunks) if chunks else {}
    documents = {str(chunk): str(document) for chunk, document in of_chunk.items()}
    groups: dict[str, _Rows] = defaultdict(list)
    for row in rows:
        groups[str(row.get("document_id") or documents.get(str(row.get("chunk_id"))))].append(row)
    live = {str(document): version for document, version in (await find_live_versions(session, project_id)).items()}
    return {UUID(one): (live[one], some) for one, some in groups.items() if one in live}


def _inputs(version: ExtractorVersion, model: str, groups: _Groups) -> list[Input]:
    settings, made = settings_hash(version.settings, model).encode(), list[Input]()
    for document, (live, rows) in groups.items():
        input_hash = hashlib.sha256(settings + msgspec.json.encode(rows)).hexdigest()
        made.append(Input(document, live, "", input_hash, uuid5(live, f"{version.extractor_id}:{input_hash}")))
    return made
