"""Evaluation runs: starting, stopping, reading and comparing them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agents.repository import find_default_agent
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.errors import BadRequest, Conflict, InvalidFields, NotFound
from citewell.evaluation.asking import snapshot
from citewell.evaluation.repository import runs as repository
from citewell.evaluation.schemas import RunCreate
from citewell.jobs.publishing import defer
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.metering.prices import Prices
from citewell.models import AgentSettings, EvaluationQuestion, EvaluationRun, GroundTruth
from citewell.models.base import UNFINISHED
from citewell.resources import Resources

MOST_QUESTIONS = 5000  # of one run
MOST_RUNS = 2  # unfinished runs of one project
AT_ONCE = 4  # questions of one run in the queue at a time
SECONDS = 5.0  # estimate for one question, by which projects take turns


async def start_run(session: AsyncSession, resources: Resources, access: Access, request: RunCreate) -> EvaluationRun:
    """Start a run. Raises InvalidFields for an agent or ground truths that the project does not have, BadRequest if
    there are none, and Conflict while MOST_RUNS runs of the project have not ended."""
    agent = await _agent(session, access.project_id, request.agent_settings)
    truths = await repository.ground_truths(session, access.project_id, request.ground_truths, MOST_QUESTIONS)
    if request.ground_truths is not None and len(truths) < len(set(request.ground_truths)):
        raise InvalidFields({"ground_truths": ["Some of these ground truths are not in this project."]})
    if await repository.lock_and_count_unfinished(session, access.project_id) >= MOST_RUNS:
        raise Conflict(
            f"{MOST_RUNS} evaluation runs of this project have not ended yet: wait for one to end, or stop one."
        )
    run = await begin(session, resources, agent, truths, request, started_by=access.acting.user_id)
    session.add(entry_of(access, "evaluation_started", "evaluation_run", run.id, questions=run.question_count))
    return run


async def begin(
    session: AsyncSession,
    resources: Resources,
    agent: AgentSettings,
    truths: Sequence[GroundTruth],
    request: RunCreate,
    *,
    started_by: UUID | None,
) -> EvaluationRun:
    """Create a run with its questions and first jobs; returns it. Raises BadRequest without ground truths."""
    if not truths:
        raise BadRequest(
            "The project has no ground truths to ask: add questions with their answers, or make some of feedback."
        )
    held = await snapshot(session, agent, request.model) | {"named_model": request.model}
    run = EvaluationRun(
        project_id=agent.project_id,
        id=new_id(),
        name=request.name or agent.name,
        trigger="manual" if started_by is not None else "automatic",
        agent_settings_id=agent.id,
        agent_name=agent.name,
        model=resources.models.served(held["model"]),
        agent=held,
        started_by=started_by,
        question_count=len(truths),
    )
    session.add(run)
    await session.flush()
    session.add_all(_question(run, position, truth) for position, truth in enumerate(truths))
    await session.flush()
    for position in range(min(AT_ONCE, len(truths))):
        await queue_question(session, resources, run, position)
    await session.refresh(run)
    return run


async def queue_question(session: AsyncSession, resources: Resources, run: EvaluationRun, position: int) -> None:
    """Publish the job of the question at this position, if there is one."""
    question_id = await repository.at_position(session, run, position)
    if question_id is not None:
        ids = {"project_id": str(run.project_id), "question_id": str(question_id)}
        await defer(session, resources.queue, "evaluation:ask", seconds=SECONDS, **ids)


def _question(run: EvaluationRun, position: int, truth: GroundTruth) -> EvaluationQuestion:
    return EvaluationQuestion(
        project_id=run.project_id,
        run_id=run.id,
        position=position,
        ground_truth_id=truth.id,
        query=truth.query,
        expected={
            "answer": truth.answer,
            "sources": truth.expected_sources,
            "figures": truth.expected_figures,
            "phrases": truth.expected_phrases,
            "refusal": truth.expects_refusal,
        },
    )


async def _agent(session: AsyncSession, project_id: UUID, agent_id: UUID | None) -> AgentSettings:
    found = await agent_of(session, project_id, agent_id)
    if found is None:
        reason = "There are no such agent settings in this project." if agent_id else "The project has no agent."
        raise InvalidFields({"agent_settings": [reason]})
    return found


async def agent_of(session: AsyncSession, project_id: UUID, agent_id: UUID | None) -> AgentSettings | None:
    """Returns the agent; without an id the project's default one, else its oldest."""
    if agent_id is not None:
        return await session.get(AgentSettings, (project_id, agent_id))
    return await find_default_agent(session, project_id)


async def get_run(session: AsyncSession, project_id: UUID, run_id: UUID, *, lock: bool = False) -> EvaluationRun:
    """Returns the run. Raises NotFound."""
    found = await session.get(EvaluationRun, (project_id, run_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no such evaluation run in this project.")
    return found


async def get_question(session: AsyncSession, project_id: UUID, run_id: UUID, question_id: UUID) -> EvaluationQuestion:
    """Returns a question of a run. Raises NotFound."""
    found = await session.get(EvaluationQuestion, (project_id, question_id))
    if found is None or found.run_id != run_id:
        raise NotFound("This evaluation run has no such question.")
    return found


async def scores_of(session: AsyncSession, resources: Resources, run: EvaluationRun) -> dict[str, Any]:
    """Returns the scores of the answered questions, with their cost if the model has a price."""
    scores, prices = await repository.scores(session, run), Prices(resources.settings)
    cost = prices.cost(run.model, scores["tokens_input"], scores["tokens_output"])
    return scores | {"cost": cost, "currency": None if cost is None else prices.currency}


async def stop_run(session: AsyncSession, resources: Resources, access: Access, run_id: UUID) -> EvaluationRun:
    """Stop a run: no further questions are asked, and its results stay. A run that has ended does not change."""
    run = await get_run(session, access.project_id, run_id, lock=True)
    if run.state in UNFINISHED:
        run.state, run.finished_at = "stopped", now()
        await repository.reset_questions_being_asked(session, run)
        run.scores = await scores_of(session, resources, run)
        session.add(entry_of(access, "evaluation_stopped", "evaluation_run", run_id))
        await session.flush()
        await session.refresh(run)
    return run


async def delete_run(session: AsyncSession, access: Access, run_id: UUID) -> None:
    """Delete a run and its questions. Raises BadRequest while it is running."""
    run = await get_run(session, access.project_id, run_id, lock=True)
    if run.state in UNFINISHED:
        raise BadRequest("The run is going on: stop it first.")
    session.add(entry_of(access, "evaluation_deleted", "evaluation_run", run_id))
    await session.delete(run)
