"""The background tasks of evaluation: asking one question, and looking for projects that have changed."""

from functools import partial
from uuid import UUID

import procrastinate

from citewell.evaluation import watching, work
from citewell.jobs.queue import RETRIES, work_or_give_up
from citewell.resources import Resources


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of the namespace `evaluation`."""
    blueprint = procrastinate.Blueprint()

    @blueprint.task(name="ask", pass_context=True, retry=RETRIES)
    async def ask(context: procrastinate.JobContext, *, project_id: str, question_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        ids = UUID(project_id), UUID(question_id)

        async def give_up(error: Exception) -> None:
            await work.give_up(resources, *ids, error)

        ask_it = partial(work.ask_question, resources, *ids)
        await work_or_give_up(context.job, ask_it, give_up, "evaluation_question_broke", question=question_id)

    @blueprint.periodic(cron="* * * * *")
    @blueprint.task(name="watch", queue="evaluate", queueing_lock="evaluation_watch", pass_context=True, retry=RETRIES)
    async def watch(context: procrastinate.JobContext, timestamp: int) -> None:
        await watching.look(context.additional_context["resources"])

    return blueprint
