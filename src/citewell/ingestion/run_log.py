"""Pipeline runs: their log lines, their final state, and the notification at their end."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.publish_mode import publishes_manually
from citewell.ingestion.repository.runs import add_lines, count_by_stage, has_unfinished
from citewell.ingestion.stages import ENDED
from citewell.models import DocumentVersion, PipelineRun
from citewell.models.base import UNFINISHED
from citewell.notifications.codes import MessageCode
from citewell.notifications.service import Note, notify


async def log_line(session: AsyncSession, version: DocumentVersion, line: str) -> None:
    """Add a line to the log of the version's run, if it belongs to one."""
    await log_lines(session, [(version, line)])


async def log_lines(session: AsyncSession, lines: Sequence[tuple[DocumentVersion, str]]) -> None:
    """Like `log_line`, for several in one statement."""
    rows = [
        {"project_id": version.project_id, "run_id": version.run_id, "line": line[:2000]}
        for version, line in lines
        if version.run_id is not None
    ]
    if rows:
        await add_lines(session, rows)


async def finish_run(session: AsyncSession, version: DocumentVersion) -> None:
    """Give the version's run its final state if this was its last document."""
    if version.run_id is None:
        return
    # The lock serialises the transactions of the run's last two documents, so that one of them sees that the other is
    # done.
    key = (version.project_id, version.run_id)
    run = await session.get(PipelineRun, key, with_for_update=True, populate_existing=True)
    if run is None or run.status not in UNFINISHED:
        return
    # If a person publishes, the run ends when all documents are ready to be published.
    by_hand = run.mode != "publish" and await publishes_manually(session, run.project_id)
    ends = {*ENDED, "embedded"} if by_hand else ENDED
    # A cheap look first: most documents are not the last of their run.
    if await has_unfinished(session, *key, ends):
        return
    counts = await count_by_stage(session, *key)
    run.status = _final_status(failed=counts.get("failed", 0), total=sum(counts.values()))
    if run.user_id is not None:
        await notify(session, run.project_id, run.user_id, _note_of(run, counts))


def _note_of(run: PipelineRun, counts: Mapping[str, int]) -> Note:
    total, failed = sum(counts.values()), counts.get("failed", 0)
    documents = "1 document" if total == 1 else f"{total} documents"
    if failed == 0:
        code: MessageCode = "documents_to_publish" if counts.get("embedded") else "documents_ready"
        message = f"Ready{' to be published' if counts.get('embedded') else ''}: {documents}."
        title, values = "Processing finished", {"documents": total}
        return Note("pipeline_run_completed", title, message, code, values, "pipeline_run", str(run.id))
    message = f"Of {documents}, {failed} could not be processed. Each document's diagnosis says why."
    title = "Processing failed" if run.status == "failed" else "Processing finished, but not for all documents"
    values = {"documents": total, "failed": failed}
    return Note("pipeline_run_failed", title, message, "documents_failed", values, "pipeline_run", str(run.id))


def _final_status(failed: int, total: int) -> str:
    """Returns the status of an ended run: `failed` only if no document was processed, because clients wait for
    `completed` or `failed` only. The run and the warnings of its steps tell which documents failed, and why.
    """
    return "failed" if failed and failed == total else "completed"
