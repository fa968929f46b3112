"""A project's settings of chunking, with the defaults."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.chunking import ChunkSettings
from citewell.ingestion.repository.projects import find_settings

CHUNK_DEFAULTS: dict[str, Any] = {
    "default_chunking_maximum_chunk_size": 10_000,
    "default_chunking_minimum_chunk_size": 200,
    "default_chunking_page_as_separator": False,
    "default_chunking_title_section_separator_mode": "both",
    "default_chunking_excluded_block_types": [],
}


async def chunk_settings(session: AsyncSession, project_id: UUID) -> ChunkSettings:
    """Returns the project's settings, with defaults for those that it does not state."""
    merged = CHUNK_DEFAULTS | await find_settings(session, project_id)
    return ChunkSettings(
        maximum_chunk_size=merged["default_chunking_maximum_chunk_size"],
        minimum_chunk_size=merged["default_chunking_minimum_chunk_size"],
        page_as_separator=merged["default_chunking_page_as_separator"],
        title_section_separator_mode=merged["default_chunking_title_section_separator_mode"],
        excluded_block_types=tuple(merged["default_chunking_excluded_block_types"]),
    )
