"""The families of extractors: their fields, which of them make a new version, and the tables that they fill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from citewell.extractors import schemas


@dataclass(frozen=True)
class TableSpec:
    """A table of an extractor. `field` is where the extractor names it; `name` has {id} for the extractor's. A `late`
    table is made by the first run."""

    field: str
    name: str
    object_type: str
    columns: tuple[tuple[str, str], ...]
    late: bool = False

    def named(self, extractor_id: UUID) -> str:
        return self.name.format(id=extractor_id)


@dataclass(frozen=True)
class Family:
    """`path` is its part of the address, `create` and `change` its request bodies, `versioned` what makes a version."""

    name: str
    title: str
    create: type[BaseModel]
    versioned: frozenset[str]
    tables: tuple[TableSpec, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.name}-extractors"

    @property
    def fields(self) -> list[str]:
        return [name for name in self.create.model_fields if name != "name"]

    def defaults(self) -> dict[str, Any]:
        made = self.create.model_construct(name="")
        return {name: getattr(made, name, None) for name in self.fields}


_OBJECT = (
    ("id", "uuid"),
    ("json_object", "json"),
    ("object_bbox", "json"),
    ("document_id", "uuid"),
    ("min_page", "int"),
    ("max_page", "int"),
    ("content", "text"),
    ("blocks", "json"),
    ("selected_blocks", "json"),
    ("version", "text"),
    ("evidence", "json"),
)
_OBJECT_ALERT = (
    ("id", "uuid"),
    ("extracted_object_id", "uuid"),
    ("document_id", "uuid"),
    ("json_alert", "json"),
    ("min_page", "int"),
    ("max_page", "int"),
)
_TAG_ALERT = (("id", "uuid"), ("chunk_id", "uuid"), ("json_alert", "json"))
_CHUNK = (
    ("id", "uuid"),
    ("document_id", "uuid"),
    ("content", "text"),
    ("min_page", "int"),
    ("max_page", "int"),
    ("blocks", "json"),
)
_BLOCK = (
    ("id", "uuid"),
    ("document_id", "uuid"),
    ("number", "int"),
    ("type", "text"),
    ("page", "int"),
    ("place", "text"),
    ("bbox", "json"),
    ("content", "text"),
    ("heading_path", "json"),
    ("rows", "json"),
    ("confidence", "number"),
    ("evidence", "json"),
)
_PARSED_DOCUMENT = (
    ("id", "uuid"),
    ("document_id", "uuid"),
    ("document_version_id", "uuid"),
    ("name", "text"),
    ("title", "text"),
    ("content", "text"),
    ("page_count", "int"),
    ("block_count", "int"),
    ("warnings", "json"),
)
_DOCUMENT_TAG = (
    ("id", "uuid"),
    ("document_id", "uuid"),
    ("tag_name", "text"),
    ("tag_value", "text"),
    ("justification", "text"),
    ("verbatim", "text"),
)

FAMILIES: tuple[Family, ...] = (
    Family(
        "object",
        "Objects",
        schemas.ObjectExtractor,
        frozenset(
            {
                "extractable_pydantic_class",
                "extraction_prompt",
                "llm_model",
                "add_anchoring_object",
                "filtered_on_block_types",
                "block_types",
                "block_grouping_config",
                "alerts_additional_instructions",
                "pre_execution_filter",
                "extraction_mode",
                "agentic_config",
            }
        ),
        (
            TableSpec("extracted_objects_table", "extracted_objects_extractor_{id}", "object", _OBJECT),
            TableSpec("alerts_table", "alerts_extractor_{id}", "object_alert", _OBJECT_ALERT),
            TableSpec("pushed_objects_table", "pushed_objects_extractor_{id}", "status", (("status", "text"),)),
        ),
    ),
    Family(
        "tag",
        "Tags",
        schemas.TagExtractor,
        frozenset(
            {
                "tagging_tree",
                "extraction_prompt",
                "llm_model",
                "enforce_single_tag",
                "alerts_additional_instructions",
                "pre_execution_filter",
            }
        ),
        (
            TableSpec(
                "extracted_tags_table",
                "extracted_tags_extractor_{id}",
                "tag",
                (("chunk_id", "uuid"), ("metadata", "json"), ("id", "text")),
            ),
            TableSpec("alerts_tags_table", "alerts_tags_extractor_{id}", "tag_alert", _TAG_ALERT),
        ),
    ),
    Family(
        "chunks",
        "Chunks",
        schemas.ChunksExtractor,
        frozenset(
            {
                "maximum_chunk_size",
                "minimum_chunk_size",
                "page_as_separator",
                "title_section_separator_mode",
                "excluded_block_types",
                "chunking_mode",
                "pre_execution_filter",
            }
        ),
        (TableSpec("extracted_chunks_table", "extracted_chunks_extractor_{id}", "chunk", _CHUNK, late=True),),
    ),
    Family(
        "parsing",
        "Parsing",
        schemas.ParsingExtractor,
        frozenset({"reducto_parsing_options", "llm_model", "use_fast_parsing_for_pdfs"}),
        (
            TableSpec("extracted_blocks_table", "extracted_blocks_extractor_{id}", "block", _BLOCK),
            TableSpec(
                "extracted_parsed_documents_table",
                "parsed_documents_extractor_{id}",
                "parsed_document",
                _PARSED_DOCUMENT,
            ),
        ),
    ),
    Family(
        "document-tag",
        "Tags of documents",
        schemas.DocumentTagExtractor,
        frozenset({"tags", "llm_model"}),
        (TableSpec("extracted_document_tags_table", "document_tags_extractor_{id}", "document_tags", _DOCUMENT_TAG),),
    ),
    Family("document-filter", "Filter of documents", schemas.FilterExtractor, frozenset({"filter"})),
    Family("chunk-tag-filter", "Filter of chunks by tags", schemas.FilterExtractor, frozenset({"filter"})),
    Family(
        "object-alerts",
        "Alerts of objects",
        schemas.AlertsExtractor,
        frozenset({"instructions", "llm_model"}),
        (TableSpec("alerts_table", "object_alerts_extractor_{id}", "object_alert", _OBJECT_ALERT),),
    ),
    Family(
        "tag-alerts",
        "Alerts of tags",
        schemas.AlertsExtractor,
        frozenset({"instructions", "llm_model"}),
        (TableSpec("alerts_tags_table", "tag_alerts_extractor_{id}", "tag_alert", _TAG_ALERT),),
    ),
    Family(
        "imported-object",
        "Imported objects",
        schemas.ImportedObjectExtractor,
        frozenset({"extractable_pydantic_class"}),
        (TableSpec("imported_objects_table", "imported_objects_extractor_{id}", "object", _OBJECT),),
    ),
)
BY_NAME = {family.name: family for family in FAMILIES}
