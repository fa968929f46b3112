"""The settings of a project that clients read back as attributes, with their defaults."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from citewell.db.engine import Database
from citewell.ingestion.chunking import ChunkSettings
from citewell.models import Project

DEFAULTS: dict[str, Any] = {
    "default_llm_model": "",
    "reducto_parsing_options": {},
    "push_to_graph_options": {},
    "default_chunking_maximum_chunk_size": 10_000,
    "default_chunking_minimum_chunk_size": 200,
    "default_chunking_page_as_separator": False,
    "default_chunking_title_section_separator_mode": "both",
    "default_chunking_excluded_block_types": [],
    "max_fetchable_objects": 1000,
    "all_queries": [],
    "reasoning_workflows": [],
    "ontology": {},
}


async def chunk_settings(database: Database, project_id: UUID) -> ChunkSettings:
    async with database.read() as session:
        stored = (await session.scalars(select(Project.settings).where(Project.id == project_id))).one()
    merged = DEFAULTS | stored
    return ChunkSettings(
        maximum_chunk_size=merged["default_chunking_maximum_chunk_size"],
        minimum_chunk_size=merged["default_chunking_minimum_chunk_size"],
        page_as_separator=merged["default_chunking_page_as_separator"],
        title_section_separator_mode=merged["default_chunking_title_section_separator_mode"],
        excluded_block_types=tuple(merged["default_chunking_excluded_block_types"]),
    )
