"""Shows the progress of documents through the pipeline."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from citewell.documents.repository.versions import indexing_rows
from citewell.ingestion.pipeline import STEPS
from citewell.ingestion.publish_mode import publishes_manually
from citewell.ingestion.stages import ENDED
from citewell.models import Document, DocumentVersion
from citewell.resources import Resources

_POLL_SECONDS = 0.15  # at first; reading the documents costs CPU time that indexing needs, so the polls become fewer
_MAX_POLL_SECONDS = 1.0
_POLL_GROWTH = 1.05
_DONE_STEPS = {"uploaded": 0} | {step.gives: number for number, step in enumerate(STEPS, start=1)}

Row = tuple[Document, DocumentVersion]


async def show_progress(
    resources: Resources, project_id: UUID, document_ids: Sequence[UUID], console: Console
) -> list[Row]:
    """Show the documents' progress until each has ended; returns each with its version.

    Where there is no terminal, a line for each document that has ended.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("documents, {task.fields[pages]}"),
        TimeElapsedColumn(),
    )
    reported: set[UUID] = set()
    pause = _POLL_SECONDS
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("indexing", total=len(document_ids), pages="")
        while True:
            async with resources.database.read() as session:
                rows = await indexing_rows(session, project_id, document_ids)
                ends = (*ENDED, "embedded") if await publishes_manually(session, project_id) else ENDED
            ended = [row for row in rows if row[1].stage in ends]
            for document, version in ended:
                if document.id not in reported:
                    reported.add(document.id)
                    progress.console.print(_line(document, version), markup=False)
            progress.update(task, completed=len(ended), description=_description(rows), pages=_pages(rows))
            if len(ended) >= len(document_ids):
                return rows
            await asyncio.sleep(pause)
            pause = min(pause * _POLL_GROWTH, _MAX_POLL_SECONDS)


def _description(rows: Sequence[Row]) -> str:
    done = sum(_DONE_STEPS.get(version.stage, len(STEPS)) for _, version in rows)
    return f"indexing ({100 * done // max(len(STEPS) * len(rows), 1)} %)"


def _pages(rows: Sequence[Row]) -> str:
    """Pages whose passages are stored, of those that are known so far."""
    total = sum(version.page_count or 0 for _, version in rows)
    done = sum(min(version.pages_done, version.page_count or 0) for _, version in rows)
    return f"{done:,} of {total:,} pages" if total else "no pages yet"


def _line(document: Document, version: DocumentVersion) -> str:
    if version.failure is not None:
        return f"  failed  {document.name}: {version.failure.error}"
    state = "to be published" if version.stage == "embedded" else "active"
    pages = f" ({version.page_count} pages)" if version.page_count else ""
    warnings = "".join(f"\n          {warning}" for warning in version.warnings)
    return f"  {state}  {document.name}{pages}{warnings}"
