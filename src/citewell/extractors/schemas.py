"""Extractors on the wire. Clients send back what lists gave them, so fields that are not known are ignored."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, field_validator

from citewell.extractors.classes import read_class
from citewell.extractors.trees import check_tree


def _checked_source(source: str) -> str:
    read_class(source)
    return source


Text = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]
ClassSource = Annotated[Text, AfterValidator(_checked_source)]
Model = Annotated[str, StringConstraints(max_length=200)]
Ids = Annotated[list[UUID], BeforeValidator(lambda value: [] if value is None else value), Field(max_length=100_000)]
BlockTypes = Annotated[
    list[Annotated[str, StringConstraints(max_length=100)]],
    BeforeValidator(lambda value: [] if value is None else value),
    Field(max_length=50),
]
Object = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]
PAGE_WINDOW = {"type": "page_window", "window_size_pages": 5}


class _Extractor(BaseModel, extra="ignore"):
    name: Annotated[str, StringConstraints(max_length=200)] | None = None


class ObjectExtractor(_Extractor):
    brief: Text | None = None
    document_ids: Ids = []
    extractable_pydantic_class: ClassSource | None = None
    extraction_prompt: Text | None = None
    llm_model: Model | None = None
    compute_alerts: bool = True
    block_grouping_config: Object = PAGE_WINDOW
    filtered_on_block_types: bool = False
    block_types: BlockTypes = []
    blocks_table_version: UUID | None = None
    add_anchoring_object: bool = True
    alerts_additional_instructions: Text | None = None
    pre_execution_filter: dict[str, Any] | None = None
    extraction_mode: Annotated[str, StringConstraints(max_length=100)] | None = None
    agentic_config: dict[str, Any] | None = None


class TagExtractor(_Extractor):
    brief: Text | None = None
    chunk_ids: Ids = []
    document_ids: Ids = []
    tagging_tree: dict[str, Any] | list[Any] | None = None
    extraction_prompt: Text | None = None
    llm_model: Model | None = None
    compute_alerts: bool = True
    enforce_single_tag: bool = False
    chunks_table_version: UUID | None = None
    pre_execution_filter: dict[str, Any] | None = None
    alerts_additional_instructions: Text | None = None
    deployed_tagging_tree: dict[str, Any] | list[Any] | None = None
    deployed_extraction_prompt: Text | None = None
    deployed_llm_model: Model | None = None

    @field_validator("tagging_tree", "deployed_tagging_tree")
    @classmethod
    def _is_tree(cls, tree: Any) -> Any:
        if tree is not None:
            check_tree(tree)
        return tree


class ChunksExtractor(_Extractor):
    document_ids: Ids = []
    maximum_chunk_size: Annotated[int, Field(ge=200, le=100_000)] = 10_000
    minimum_chunk_size: Annotated[int, Field(ge=0, le=100_000)] = 200
    page_as_separator: bool = False
    title_section_separator_mode: Literal["both", "title", "section", "none"] = "both"
    excluded_block_types: BlockTypes = []
    pre_execution_filter: dict[str, Any] | None = None


class ParsingExtractor(_Extractor):
    reducto_parsing_options: Object = {}
    llm_model: Model | None = None
    use_fast_parsing_for_pdfs: bool = False


class DocumentTag(BaseModel, extra="ignore"):
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    type: str | None = None
    description: Text = ""
    possible_values: Annotated[list[Annotated[str, StringConstraints(max_length=500)]], Field(max_length=1000)] = []
    allow_multiple_values: bool = False
    allow_llm_to_infer: bool = True


class DocumentTagExtractor(_Extractor):
    tags: Annotated[list[DocumentTag], Field(max_length=200)] = []
    llm_model: Model | None = None


class FilterExtractor(_Extractor):
    filter: Object = {}


class AlertsExtractor(_Extractor):
    instructions: Text = ""
    llm_model: Model | None = None


class ImportedObjectExtractor(_Extractor):
    extractable_pydantic_class: ClassSource | None = None


class ExtractorRun(BaseModel, extra="ignore"):
    """Which documents to run over: none named means all. Without `version_id`, the default version.

    `chunk_ids` narrows it to these chunks, `filtering_tag_extractor` to those that carry the tag `filtering_value` (or
    `filtering_key`) by that extractor. `chunks_table_version_id` names a version of a table of chunks to read instead
    of the documents' own. `llm_model` is the model of this run; without `compute_alerts`, it finds no alerts.
    """

    document_ids: Ids = []
    chunk_ids: Ids = []
    version_id: UUID | None = None
    llm_model: Model | None = None
    compute_alerts: bool | None = None
    filtering_tag_extractor: UUID | None = None
    filtering_key: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] | None = None
    filtering_value: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] | None = None
    chunks_table_version_id: UUID | None = None


class RunStarted(BaseModel):
    pipeline_run_id: UUID
    message: str


class ExtractorStats(BaseModel):
    """Documents that a run would read: of `reused` the result is kept, of `recomputed` it would be made.

    `recomputed_documents` are the ids of the latter, at most 10,000: new documents, and those that have changed since.
    """

    documents: int
    reused: int
    recomputed: int
    recomputed_documents: list[UUID]
