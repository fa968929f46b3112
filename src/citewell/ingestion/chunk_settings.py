"""How a project wants its documents to be cut into chunks, with the defaults."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from citewell.db.engine import Database
from citewell.ingestion.chunking import ChunkSettings
from citewell.models import Project

CHUNK_DEFAULTS: dict[str, Any] = {
    "default_chunking_maximum_chunk_size": 10_000,
    "default_chunking_minimum_chunk_size": 200,
    "default_chunking_page_as_separator": False,
    "default_chunking_title_section_separator_mode": "both",
    "default_chunking_excluded_block_types": [],
}


async def chunk_settings(database: Database, project_id: UUID) -> ChunkSettings:
    async with database.read() as session:
        stored = (await session.scalars(select(Project.settings).where(Project.id == project_id))).one()
    merged = CHUNK_DEFAULTS | stored
    return ChunkSettings(
        maximum_chunk_size=merged["default_chunking_maximum_chunk_size"],
        minimum_chunk_size=merged["default_chunking_minimum_chunk_size"],
        page_as_separator=merged["default_chunking_page_as_separator"],
        title_section_separator_mode=merged["default_chunking_title_section_separator_mode"],
        excluded_block_types=tuple(merged["default_chunking_excluded_block_types"]),
    )
