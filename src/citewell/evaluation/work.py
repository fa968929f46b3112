"""The work of a run: one job asks one question, and publishes the next with its result. The last one ends the run.

A server that dies loses the answers that were under way: their jobs come back to the queue and ask again. A question
whose result is stored is never asked again.
"""

import asyncio
import time
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.loop import Answer
from citewell.agent.protocol import ModelError
from citewell.auth.permissions import Permission
from citewell.evaluation.asking import ask
from citewell.evaluation.comparison import change_of, pair_up
from citewell.evaluation.judging import Expected, judge_answer, judge_retrieval, retrieved_of, verified_share
from citewell.evaluation.repository import runs as repository
from citewell.evaluation.service import AT_ONCE, queue_question, scores_of
from citewell.jobs.queue import reason_of
from citewell.kit.time import now
from citewell.models import EvaluationQuestion, EvaluationRun
from citewell.models.base import UNFINISHED
from citewell.notifications.service import Note, notify_members
from citewell.resources import Resources

log = structlog.get_logger(__name__)

MOST_SECONDS = 900.0  # for one answer
_LOOK_SECONDS = 2.0  # between two looks whether the run was stopped
_SHOWN = ("uuid", "name", "document_id", "min_page", "max_page", "place", "score", "reference_url")
_SHOWN_AS = {"uuid": "chunk_id", "name": "document_name"}


async def ask_question(resources: Resources, project_id: UUID, question_id: UUID) -> None:
    """Ask the question, unless it has its result or the run has ended."""
    begun = await _begin(resources, project_id, question_id)
    if begun is None:
        return
    run, question = begun
    started = time.perf_counter()
    work = asyncio.create_task(
        ask(resources, project_id, run.agent_settings_id, run.agent, question.query), name="evaluation-question"
    )
    try:
        values = await _judged(resources, run, question, work)
    finally:
        work.cancel()
    if values is not None:
        await store(resources, project_id, question_id, values | {"seconds": time.perf_counter() - started})


async def give_up(resources: Resources, project_id: UUID, question_id: UUID, error: Exception) -> None:
    """Store that the question could not be asked, so that the run goes on without it."""
    reason = reason_of(error)
    await store(resources, project_id, question_id, {"state": "failed", "error": reason})


async def _begin(
    resources: Resources, project_id: UUID, question_id: UUID
) -> tuple[EvaluationRun, EvaluationQuestion] | None:
    async with resources.database.write() as session:
        question = await session.get(EvaluationQuestion, (project_id, question_id))
        if question is None or question.state in ("done", "failed"):
            return None
        run = await session.get_one(EvaluationRun, (project_id, question.run_id), with_for_update=True)
        await session.refresh(question)  # another worker may have ended it while this one waited for the run
        if run.state not in UNFINISHED or question.state in ("done", "failed"):
            return None
        question.state = "asking"
        if run.state == "pending":
            run.state, run.started_at = "running", now()
        await session.flush()
        await session.refresh(run)
        await session.refresh(question)
        session.expunge_all()
        return run, question


async def _judged(
    resources: Resources, run: EvaluationRun, question: EvaluationQuestion, work: asyncio.Task[Answer]
) -> dict[str, Any] | None:
    """Returns the values of the question's row; None if the run was stopped meanwhile."""
    deadline = time.monotonic() + MOST_SECONDS
    while not work.done():
        await asyncio.wait([work], timeout=_LOOK_SECONDS)
        if work.done():
            break
        if not await _goes_on(resources, run):
            return None
        if time.monotonic() > deadline:
            return {"state": "failed", "error": f"There was no answer within {MOST_SECONDS:g} seconds."}
    try:
        return judged(question, work.result())
    except ModelError as error:
        return {"state": "failed", "error": error.message}


async def _goes_on(resources: Resources, run: EvaluationRun) -> bool:
    async with resources.database.read() as session:
        found = await session.get(EvaluationRun, (run.project_id, run.id))
        return found is None or found.state in UNFINISHED  # None: not on the replica yet


def judged(question: EvaluationQuestion, answer: Answer) -> dict[str, Any]:
    """Returns the judgement of the answer, as values of the question's row."""
    expected = msgspec.convert(question.expected, Expected)
    results = retrieved_of(answer)
    said = judge_answer(question.query, answer.content, expected)
    retrieval = judge_retrieval(results, expected.sources)
    evidence = [citation.to_wire() for citation in answer.citations] + [claim.to_wire() for claim in answer.claims]
    shown = [{_SHOWN_AS.get(name, name): result.get(name) for name in _SHOWN} for result in results]
    return {
        "state": "done",
        "is_right": said.is_right,
        "score": said.score,
        "refused": said.refused,
        "found": retrieval.found,
        "rank": retrieval.rank,
        "verified_share": verified_share(answer),
        "tokens_input": answer.usage.input_tokens,
        "tokens_output": answer.usage.output_tokens,
        "answer": answer.content.replace("\x00", ""),
        "extra": {
            "missing": said.missing,
            "citations": evidence,
            "retrieved": [{"rank": rank, **one} for rank, one in enumerate(shown, 1)],
            "document_rank": retrieval.document_rank,
            "page_rank": retrieval.page_rank,
            "passage_rank": retrieval.passage_rank,
        },
    }


async def store(resources: Resources, project_id: UUID, question_id: UUID, values: dict[str, Any]) -> None:
    """Store the result of a question, queue the next one, and end the run with the last one, in one transaction."""
    async with resources.database.write() as session:
        question = await session.get(EvaluationQuestion, (project_id, question_id))
        if question is None:
            return
        run = await session.get_one(EvaluationRun, (project_id, question.run_id), with_for_update=True)
        await session.refresh(question)
        if run.state not in UNFINISHED or question.state in ("done", "failed"):
            return
        for name, value in values.items():
            setattr(question, name, value)
        run.answered_count += 1
        await session.flush()
        if run.answered_count == run.question_count:
            await _finish(session, resources, run)
        else:
            await queue_question(session, resources, run, question.position + AT_ONCE)


async def _finish(session: AsyncSession, resources: Resources, run: EvaluationRun) -> None:
    """Scores, what changed against the run before, and a notification where something got worse."""
    run.scores = await scores_of(session, resources, run)
    run.finished_at = now()
    run.state = "completed"
    if run.scores["failed"] == run.question_count:
        run.state, run.error = "failed", await repository.first_error(session, run)
        return
    before_id = await repository.run_before(session, run)
    if before_id is None:
        return
    former = await repository.results(session, run.project_id, before_id)
    pairs = pair_up(former, await repository.results(session, run.project_id, run.id))
    changes = [change_of(*pair) for pair in pairs]
    run.previous_run_id = before_id
    run.better_count, run.worse_count = changes.count("better"), changes.count("worse")
    if run.worse_count:
        await notify_members(session, run.project_id, _note(run, len(pairs)), wanted=Permission.ADMIN)
    log.info("evaluation_ended", run=str(run.id), better=run.better_count, worse=run.worse_count)


def _note(run: EvaluationRun, pairs: int) -> Note:
    better = f"; {run.better_count} got better" if run.better_count else ""
    return Note(
        "evaluation_worse",
        f"{run.worse_count} of {pairs} evaluated questions got worse",
        f"{run.name}, {run.agent_name}: {run.worse_count} of {pairs} got worse than in the run before{better}.",
        "evaluation_worse",
        {
            "name": run.name,
            "agent": run.agent_name,
            "worse": run.worse_count or 0,
            "pairs": pairs,
            "better": run.better_count or 0,
        },
        "evaluation_run",
        str(run.id),
        access_level="admin",
    )
