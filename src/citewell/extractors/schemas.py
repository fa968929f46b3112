"""Extractors on the wire. Clients send back what lists gave them, so fields that are not known are ignored."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from citewell.extractors.class_source import read_class
from citewell.extractors.trees import check_tree


def _checked_source(source: str) -> str:
    read_class(source)
    return source


Text = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]
ClassSource = Annotated[Text, AfterValidator(_checked_source)]
Model = Annotated[str, StringConstraints(max_length=200)]
Ids = Annotated[list[UUID], BeforeValidator(lambda value: [] if value is None else value), Field(max_length=100_000)]
BlockTypes = Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(max_length=50)]
PAGE_WINDOW = {"type": "page_window", "window_size_pages": 5}


Mode = Literal["recreate-all", "recreate-single", "upsert-single", "upsert-all"]


class _NullIsDefault(BaseModel, extra="ignore"):
    """A body in which null stands for a field's default: clients send what they have not set as null."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        defaults = {name: field.default for name, field in cls.model_fields.items()}
        return {name: value for name, value in sent.items() if value is not None or defaults.get(name) is None}


class _Extractor(_NullIsDefault):
    name: Annotated[str, StringConstraints(max_length=200)] | None = None


class _AgenticConfig(BaseModel, extra="ignore"):
    """How a model reads a document in the mode `agentic`. Fields that are not set have the server's defaults."""

    agent_llm_model: Model | None = None
    max_agent_iterations: Annotated[int, Field(ge=1, le=100)] | None = None
    agent_reasoning_effort: Annotated[str, StringConstraints(max_length=50)] | None = None
    max_parallel_tool_calls: Annotated[int, Field(ge=1, le=50)] | None = None


def _checked_config(config: dict[str, Any]) -> dict[str, Any]:
    """Checks the configuration and returns it as it was sent: clients compare it with what they get back."""
    _AgenticConfig.model_validate(config)
    return config


class ObjectExtractor(_Extractor):
    """An extractor of objects.

    With `import_mode`, it gets no version before its first change. In the `extraction_mode` "agentic", a model looks
    things up in the document instead of reading all of its pages.
    """

    brief: Text | None = None
    document_ids: Ids = []
    extractable_pydantic_class: ClassSource | None = None
    extraction_prompt: Text | None = None
    llm_model: Model | None = None
    compute_alerts: bool = True
    block_grouping_config: dict[str, Any] = PAGE_WINDOW
    filtered_on_block_types: bool = False
    block_types: BlockTypes = []
    blocks_table_version: UUID | None = None
    add_anchoring_object: bool = True
    alerts_additional_instructions: Text | None = None
    pre_execution_filter: dict[str, Any] | None = None
    extraction_mode: Annotated[str, StringConstraints(max_length=100)] | None = None
    agentic_config: Annotated[dict[str, Any], AfterValidator(_checked_config)] | None = None
    import_mode: bool = False


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
    chunking_mode: Annotated[str, StringConstraints(max_length=100)] | None = None
    pre_execution_filter: dict[str, Any] | None = None


class ParsingExtractor(_Extractor):
    reducto_parsing_options: dict[str, Any] = {}
    llm_model: Model | None = None
    use_fast_parsing_for_pdfs: bool = False


class DocumentTag(_NullIsDefault):
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
    filter: dict[str, Any] = {}


class AlertsExtractor(_Extractor):
    instructions: Text = ""
    llm_model: Model | None = None


class ImportedObjectExtractor(_Extractor):
    extractable_pydantic_class: ClassSource | None = None


class ExtractorRun(_NullIsDefault):
    """Which documents to run over: none named means all. Without `version_id`, the default version.

    `chunk_ids` narrows it to these chunks, `filtering_tag_extractor` to those that carry the tag `filtering_value` (or
    `filtering_key`) by that extractor. `chunks_table_version_id` names a version of a table of chunks to read instead
    of the documents' own, for extractors of objects also `blocks_table_version` one of a table of blocks; without them,
    those of the extractor count. `llm_model` is the model of this run; without `compute_alerts`, it finds no alerts.
    With a `mode` of upsert, the new version of the table keeps the rows of other documents.
    """

    mode: Mode = "recreate-all"

    document_ids: Ids = []
    chunk_ids: Ids = []
    version_id: UUID | None = None
    llm_model: Model | None = None
    compute_alerts: bool | None = None
    filtering_tag_extractor: UUID | None = None
    filtering_key: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] | None = None
    filtering_value: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] | None = None
    chunks_table_version_id: UUID | None = None
    blocks_table_version: UUID | None = None


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


class ExtractionCase(BaseModel):
    """A value that a person corrected: `expected` is theirs, `found` what the extractor finds by itself."""

    document_id: UUID
    document_name: str
    object_id: UUID
    pointer: str
    expected: Any
    found: Any
    state: Literal["passed", "failed", "not_run"]


class ExtractionCases(BaseModel):
    """How a version of an extractor does on the corrected values.

    `results` holds at most 10,000 of them; the counts are of all. `not_run` are those whose document this version has
    no result of.
    """

    version_id: UUID
    version: int
    cases: int
    passed: int
    failed: int
    not_run: int
    results: list[ExtractionCase]
