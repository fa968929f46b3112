"""Evaluation runs and their questions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.evaluation.comparison import Result
from citewell.models import Document, EvaluationQuestion, EvaluationRun, GroundTruth
from citewell.models.base import UNFINISHED

_SCORES = text(
    """
    SELECT count(*) FILTER (WHERE is_right) AS "right", count(*) FILTER (WHERE NOT is_right) AS wrong,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        avg(CAST(is_right AS int)) AS accuracy, avg(score) AS score_mean,
        count(found) AS retrieval_judged, avg(CAST(found AS int)) AS retrieval_found,
        avg(CASE WHEN found IS NULL THEN NULL ELSE coalesce(1.0 / rank, 0) END) AS mean_reciprocal_rank,
        avg(verified_share) AS verified_share, avg(seconds) AS seconds_mean,
        coalesce(sum(tokens_input), 0) AS tokens_input, coalesce(sum(tokens_output), 0) AS tokens_output
    FROM evaluation_questions WHERE project_id = :project AND run_id = :run
    """
)
_COUNTS = frozenset({"right", "wrong", "failed", "retrieval_judged", "tokens_input", "tokens_output"})
_OUTCOMES = {
    "right": EvaluationQuestion.is_right.is_(True),
    "wrong": EvaluationQuestion.is_right.is_(False),
    "failed": EvaluationQuestion.state == "failed",
    "waiting": EvaluationQuestion.state.in_(("waiting", "asking")),
}


async def ground_truths(session: AsyncSession, project_id: UUID, ids: Sequence[UUID] | None, most: int) -> list[Any]:
    """Returns the ground truths with these ids (None: all), oldest first, at most `most`."""
    query = select(GroundTruth).where(GroundTruth.project_id == project_id).order_by(GroundTruth.id)
    if ids is not None:
        query = query.where(GroundTruth.id.in_(ids))
    return list(await session.scalars(query.limit(most)))


async def list_runs(
    session: AsyncSession, project_id: UUID, state: str | None, limit: int, offset: int
) -> tuple[int, list[EvaluationRun]]:
    """Returns (number of runs, page of them, newest first)."""
    query = select(EvaluationRun).where(EvaluationRun.project_id == project_id)
    if state is not None:
        query = query.where(EvaluationRun.state == state)
    newest_first = EvaluationRun.created_at.desc(), EvaluationRun.id.desc()
    return await select_page(session, query, limit, offset, *newest_first)


async def lock_and_count_unfinished(session: AsyncSession, project_id: UUID) -> int:
    """Counts the runs that have not ended. Locks until the transaction ends, so that others who ask wait."""
    key = {"key": f"evaluation:{project_id}"}
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    query = select(func.count()).select_from(EvaluationRun)
    of_project = (EvaluationRun.project_id == project_id) & EvaluationRun.state.in_(UNFINISHED)
    return await session.scalar(query.where(of_project)) or 0


async def is_going_on(session: AsyncSession, project_id: UUID) -> bool:
    """Whether a run of the project has not ended."""
    query = select(EvaluationRun.id).where(EvaluationRun.project_id == project_id, EvaluationRun.state.in_(UNFINISHED))
    return (await session.scalars(query.limit(1))).first() is not None


async def has_local_documents(session: AsyncSession, project_id: UUID, agent_id: UUID) -> bool:
    """Whether there are active documents that are local to the agent."""
    local = select(Document.id).where(
        Document.project_id == project_id, Document.local_to == agent_id, Document.status == "active"
    )
    return (await session.scalars(local.limit(1))).first() is not None


async def list_questions(
    session: AsyncSession, run: EvaluationRun, outcome: str | None, limit: int, offset: int
) -> tuple[int, list[EvaluationQuestion]]:
    query = select(EvaluationQuestion).where(*_questions_of(run))
    if outcome is not None:
        query = query.where(_OUTCOMES[outcome])
    return await select_page(session, query, limit, offset, EvaluationQuestion.position)


async def at_position(session: AsyncSession, run: EvaluationRun, position: int) -> UUID | None:
    """Returns the id of the question at this position; None behind the last."""
    query = select(EvaluationQuestion.id).where(*_questions_of(run), EvaluationQuestion.position == position)
    return (await session.scalars(query)).one_or_none()


async def first_error(session: AsyncSession, run: EvaluationRun) -> str | None:
    query = select(EvaluationQuestion.error).where(*_questions_of(run), EvaluationQuestion.error.is_not(None))
    return (await session.scalars(query.order_by(EvaluationQuestion.position).limit(1))).first()


async def reset_questions_being_asked(session: AsyncSession, run: EvaluationRun) -> None:
    """Sets questions that are being asked back to waiting."""
    asking = update(EvaluationQuestion).where(*_questions_of(run), EvaluationQuestion.state == "asking")
    await session.execute(asking.values(state="waiting"))


async def scores(session: AsyncSession, run: EvaluationRun) -> dict[str, Any]:
    """Counts, and means over the questions where something is known."""
    row = (await session.execute(_SCORES, {"project": run.project_id, "run": run.id})).one()._mapping
    return {name: _number(name, value) for name, value in row.items()}


def _number(name: str, value: Any) -> int | float | None:
    if value is None:
        return None
    return int(value) if name in _COUNTS else round(float(value), 6)


async def run_before(session: AsyncSession, run: EvaluationRun) -> UUID | None:
    """Returns the last complete run before this one of the same agent, with the same model where one was named."""
    model = EvaluationRun.agent["named_model"].astext
    named = run.agent.get("named_model")
    query = select(EvaluationRun.id).where(
        EvaluationRun.project_id == run.project_id,
        EvaluationRun.state == "completed",
        EvaluationRun.agent_settings_id == run.agent_settings_id,
        or_(EvaluationRun.created_at < run.created_at, EvaluationRun.id < run.id),
        EvaluationRun.id != run.id,
        model == named if named is not None else model.is_(None),
    )
    order = EvaluationRun.created_at.desc(), EvaluationRun.id.desc()
    return (await session.scalars(query.order_by(*order).limit(1))).first()


async def results(session: AsyncSession, project_id: UUID, run_id: UUID) -> list[Result]:
    """Returns the questions of a run as a comparison needs them, in their order."""
    table = EvaluationQuestion
    query = select(
        table.id,
        table.ground_truth_id,
        table.query,
        table.is_right,
        table.score,
        table.found,
        table.rank,
        table.verified_share,
        table.seconds,
        table.tokens_input + table.tokens_output,
        table.state,
    ).where(table.project_id == project_id, table.run_id == run_id)
    rows = await session.execute(query.order_by(table.position))
    return [Result(str(row[0]), str(row[1]), *row[2:10], is_done=row[10] == "done") for row in rows]


def _questions_of(run: EvaluationRun) -> tuple[Any, Any]:
    return EvaluationQuestion.project_id == run.project_id, EvaluationQuestion.run_id == run.id
