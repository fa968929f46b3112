"""What a model says of the tables that an extractor of alerts watches, kept by document like other results."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import ARRAY, Uuid, any_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import Model
from citewell.extractors import results
from citewell.extractors.alert_tables import watched_rows
from citewell.extractors.alerting_model import alert_rows, state_alerts
from citewell.extractors.families import Family
from citewell.extractors.making import EXTRACTIVE, model_of
from citewell.extractors.results import Input, settings_hash
from citewell.models import Chunk, Document, ExtractorVersion
from citewell.resources import Resources

_Rows = list[dict[str, Any]]


async def instructed_alerts(
    resources: Resources,
    version: ExtractorVersion,
    family: Family,
    ids: Sequence[UUID],
    tables: Sequence[UUID] | None = None,
) -> _Rows:
    """Rows of alerts by the extractor's instructions; none without instructions or without a model. No transaction is
    open while the model answers. Raises ModelError."""
    model, instructions = model_of(resources, version), str(version.settings.get("instructions") or "").strip()
    if not instructions or model.name == EXTRACTIVE:
        return []
    async with resources.database.read() as session:
        rows = [row for _, some in await watched_rows(session, family, version, ids, tables) for row in some]
        groups = await _by_document(session, version.project_id, rows)
        inputs = {one: _input(version, model, one, key, some) for one, (key, some) in groups.items()}
        done = await results.made(session, version.project_id, list(inputs.values()))
    found: _Rows = []
    for one, (_, some) in groups.items():
        if inputs[one].result_id in done:
            async with resources.database.read() as session:
                kept = await results.rows_of(session, version.project_id, [inputs[one]])
            found += kept.get(one, [])
        else:
            stated = await state_alerts(model, some, instructions)
            made = [alert for row, alerts in zip(some, stated, strict=True) for alert in alert_rows(row, alerts)]
            async with resources.database.write() as session:
                await results.keep(session, version, inputs[one], made)
            found += made
    return found


async def _by_document(session: AsyncSession, project_id: UUID, rows: _Rows) -> dict[UUID, tuple[UUID, _Rows]]:
    """Rows by the document that they are about, with its published version; those of others are left out."""
    chunks = [str(row["chunk_id"]) for row in rows if row.get("chunk_id")]
    named = Chunk.id == any_(cast(chunks, ARRAY(Uuid)))
    of_chunk = select(Chunk.id, Chunk.document_id).where(Chunk.project_id == project_id, named)
    documents = {str(row.id): str(row.document_id) for row in await session.execute(of_chunk)} if chunks else {}
    groups: dict[str, _Rows] = defaultdict(list)
    for row in rows:
        groups[str(row.get("document_id") or documents.get(str(row.get("chunk_id"))))].append(row)
    query = select(Document.id, Document.live_version_id).where(
        Document.project_id == project_id, Document.status == "active", Document.live_version_id.is_not(None)
    )
    live = {str(row.id): row.live_version_id for row in await session.execute(query)}
    return {UUID(one): (live[one], some) for one, some in groups.items() if one in live}


def _input(version: ExtractorVersion, model: Model, document: UUID, live: UUID, rows: _Rows) -> Input:
    stated = settings_hash(version.settings, model.name).encode() + msgspec.json.encode(rows)
    input_hash = hashlib.sha256(stated).hexdigest()
    return Input(document, live, "", input_hash, uuid5(live, f"{version.extractor_id}:{input_hash}"))
