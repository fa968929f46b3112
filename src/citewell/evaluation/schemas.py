"""Evaluation runs on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from citewell.models import EvaluationQuestion

State = Literal["pending", "running", "completed", "stopped", "failed"]
Outcome = Literal["right", "wrong", "failed", "waiting"]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]


class RunCreate(BaseModel, extra="forbid"):
    """A new run.

    Without an agent the project's default one is asked; without a model, that of the agent; without ground truths, all
    of the project, at most 5,000.
    """

    agent_settings: UUID | None = None
    model: _Name | None = None
    name: _Name = ""
    ground_truths: Annotated[list[UUID], Field(min_length=1, max_length=5000)] | None = None


class Scores(BaseModel):
    """Shares and means are null where no question tells. `cost` is null where a price is not known."""

    right: int
    wrong: int
    failed: int
    accuracy: float | None
    score_mean: float | None
    retrieval_judged: int
    retrieval_found: float | None
    mean_reciprocal_rank: float | None
    verified_share: float | None
    seconds_mean: float | None
    tokens_input: int
    tokens_output: int
    cost: float | None = None
    currency: str | None = None


class RunSettings(BaseModel):
    """The agent as it was when the run began; without a model, that of the server was asked."""

    instructions: str
    brief: str
    model: str
    tools: list[str]


class RunOut(BaseModel):
    """`scores` are there once the run has ended. `better_count` and `worse_count` are against `previous_run`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    state: State
    trigger: Literal["manual", "automatic"]
    agent_settings: UUID | None = Field(validation_alias="agent_settings_id")
    agent_name: str
    model: str
    settings: RunSettings
    started_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    question_count: int
    answered_count: int
    error: str | None
    previous_run: UUID | None = Field(validation_alias="previous_run_id")
    better_count: int
    worse_count: int
    scores: Scores | None


class RetrievalOut(BaseModel):
    """Null where no source was expected, and for ranks of what was not found. Ranks count from 1."""

    found: bool | None
    rank: int | None
    document_rank: int | None
    page_rank: int | None
    passage_rank: int | None


class QuestionOut(BaseModel):
    """`answer` is Markdown with links to the passages; `citations` are those of a chat message; `missing` is what was
    expected and does not stand in the answer."""

    id: UUID
    run: UUID
    position: int
    ground_truth: UUID
    query: str
    expected_answer: str
    expected: dict[str, Any]
    state: Literal["waiting", "asking", "done", "failed"]
    is_right: bool | None
    score: float | None
    missing: list[str]
    refused: bool
    answer: str
    citations: list[dict[str, Any]]
    retrieval: RetrievalOut
    retrieved: list[dict[str, Any]]
    verified_share: float | None
    seconds: float | None
    tokens_input: int
    tokens_output: int
    error: str | None


class MetricOut(BaseModel):
    """Means over the pairs, and the interval of their difference."""

    metric: str
    pairs: int
    before: float
    after: float
    difference: float
    low: float
    high: float


class BriefOut(BaseModel):
    id: UUID
    is_right: bool | None
    score: float | None
    found: bool | None
    rank: int | None
    verified_share: float | None
    seconds: float | None


class ChangedOut(BaseModel):
    ground_truth: UUID
    query: str
    change: Literal["better", "worse"]
    before: BriefOut
    after: BriefOut


class ComparisonOut(BaseModel):
    """`only_before` and `only_after` count answered questions without a partner; `changed` has the worse ones first."""

    before: RunOut
    after: RunOut
    pairs: int
    better: int
    worse: int
    same: int
    only_before: int
    only_after: int
    p_value: float | None
    confidence: float
    method: str
    metrics: list[MetricOut]
    changed: list[ChangedOut]


def question_to_wire(row: EvaluationQuestion) -> dict[str, Any]:
    names = ("id", "position", "query", "state", "is_right", "score", "refused", "answer", "verified_share", "seconds")
    ranks = ("document_rank", "page_rank", "passage_rank")
    return {
        **{name: getattr(row, name) for name in (*names, "tokens_input", "tokens_output", "error", "expected")},
        "run": row.run_id,
        "ground_truth": row.ground_truth_id,
        "expected_answer": row.expected["answer"],
        "missing": row.extra.get("missing", []),
        "citations": [dict(one) for one in row.extra.get("citations", [])],
        "retrieval": {"found": row.found, "rank": row.rank} | {name: row.extra.get(name) for name in ranks},
        "retrieved": row.extra.get("retrieved", []),
    }
