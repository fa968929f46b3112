"""The settings of a project that clients read back as attributes, with their defaults."""

from typing import Any

from citewell.ingestion.chunk_settings import CHUNK_DEFAULTS

DEFAULTS: dict[str, Any] = {
    **CHUNK_DEFAULTS,
    "default_llm_model": "",
    "reducto_parsing_options": {},
    "push_to_graph_options": {},
    "max_fetchable_objects": 1000,
    "all_queries": [],
    "reasoning_workflows": [],
    "ontology": {},
    "evaluate_after_changes": False,
}
