"""`citewell ask`: a question about some files, without a server, or about the documents of a project."""

import asyncio
import contextlib
import re
import shlex
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from citewell.agent.citations import plain_history
from citewell.agents.repository import find_default_agent
from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.cli.options import DatabaseUrl, DataDir, load_settings, settings_of_existing
from citewell.cli.progress import show_progress
from citewell.cli.projects import open_project, owner_of
from citewell.cli.uploads import opened
from citewell.cli.welcome import OWNER
from citewell.conversations.schemas import ConversationCreate
from citewell.conversations.service import create_conversation
from citewell.conversations.turns import ask as ask_in
from citewell.documents.repository.counts import count_searchable
from citewell.documents.uploads import Upload, add_documents
from citewell.errors import BadRequest, CitewellError
from citewell.process import Process, open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project, delete_project
from citewell.resources import Resources
from citewell.settings import Settings
from citewell.turns import entries
from citewell.turns.reader import read_log
from citewell.turns.runner import TurnRunner
from citewell.turns.turn import TurnKey
from citewell.users.service import ensure_user

console = Console(highlight=False, soft_wrap=True)
_LINK = re.compile(r"\[([^\]]*)\]\((/[^/()]*/reference/[^)]*)\)")
status = Console(highlight=False, soft_wrap=True, stderr=True)


def add_to(app: typer.Typer) -> None:
    examples = (
        'Example: citewell ask "What were the total net sales?" report.pdf, '
        'or citewell ask --project "Quarterly reports" "What were the total net sales?"'
    )
    app.command(epilog=examples)(ask)


def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Files to read.", metavar="[FILE]...")] = None,
    project: Annotated[str | None, typer.Option(help="Name or id of a project to ask in place of files.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Read the files into a temporary store, or search a project, and stream the answer with its citations."""
    if not question.strip():
        raise BadRequest("The question is empty.")
    if bool(files) == (project is not None):
        raise BadRequest("Name files to read, or a project to ask with --project, and not both.")
    if project is not None:
        settings = settings_of_existing(data_dir, database_url)
        asyncio.run(_ask_project(settings, question.strip(), project))
        return
    assert files
    if Path(question).is_file() and not files[0].exists():
        raise BadRequest(f"The question comes first, then the files: citewell ask {str(files[0])!r} {question}")
    with opened(files) as uploads, _store(data_dir, database_url) as settings:
        asyncio.run(_ask(settings, question.strip(), uploads))


@contextlib.contextmanager
def _store(data_dir: Path | None, database_url: str | None) -> Any:
    """Settings of a store that is gone afterwards, unless the user named one: then only the project is."""
    if data_dir is not None or database_url is not None:
        yield load_settings(data_dir, database_url)
        return
    folder = Path(tempfile.mkdtemp(prefix="citewell-"))
    try:
        yield load_settings(folder, None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _ask(settings: Settings, question: str, uploads: list[Upload]) -> None:
    async with open_process(settings, worker=True) as process, _temporary_project(process) as access:
        documents = await add_documents(process, access.project_id, access.acting.user_id, uploads)
        rows = await show_progress(process, access.project_id, [row.id for row in documents], status)
        if all(version.stage == "failed" for _, version in rows):
            raise BadRequest("None of the files could be read; the reasons are above.")
        status.print()
        await _answer(process, access, question)


async def _ask_project(settings: Settings, question: str, name: str) -> None:
    """Asks as the owner; the conversation stays in the project's history."""
    async with open_project(settings, name) as project:
        process = project.process
        await _expect_documents(process, project.id, name)
        owner = await owner_of(process)
        async with process.database.write() as session:
            access = await resolve_access(session, project.id, owner)
        await _answer(process, access, question)


async def _expect_documents(resources: Resources, project_id: UUID, name: str) -> None:
    async with resources.database.read() as session:
        total, searchable = await count_searchable(session, project_id)
    if not total:
        raise BadRequest(f"The project has no documents yet. Add some: citewell ingest {shlex.quote(name)} FILE...")
    if not searchable:
        raise BadRequest("No document of the project can be searched yet: they wait for `citewell serve`, or failed.")


async def _answer(process: Process, access: Access, question: str) -> None:
    conversation_id = await _conversation(process, access)
    key = await ask_in(process.turns, access, conversation_id, question)
    await _print_turn(process.turns, key, process.settings.public_url)


@contextlib.asynccontextmanager
async def _temporary_project(resources: Resources) -> AsyncIterator[Access]:
    async with resources.database.write() as session:
        owner = await ensure_user(session, OWNER, superuser=True)
        request = ProjectCreate(name="Temporary project of citewell ask")
        project = await create_project(session, resources.extensions, owner.id, request)
        caller = Caller(owner.id, owner.email, owner.is_superuser)
        access = await resolve_access(session, project.id, caller)
    try:
        yield access
    finally:
        async with resources.database.write() as session:
            await delete_project(session, resources, project.id)


async def _conversation(resources: Resources, access: Access) -> UUID:
    async with resources.database.write() as session:
        agent = await find_default_agent(session, access.project_id)
        assert agent is not None, "each project has one"
        conversation, _ = await create_conversation(session, access, ConversationCreate(agent_settings=agent.id))
        return conversation.id


async def _print_turn(turns: TurnRunner, key: TurnKey, public_url: str | None) -> None:
    async with contextlib.aclosing(read_log(turns, key)) as batches:
        async for batch in batches:
            for entry in batch.entries if batch is not None else ():
                _print_entry(entry, public_url)


def _print_entry(entry: entries.Entry, public_url: str | None) -> None:
    kind = entry["k"]
    if kind == entries.TEXT:
        # Without a public address a link would open nothing: its number alone is shown.
        link = rf"[\1]({public_url.rstrip('/')}\2)" if public_url else r"\1"
        console.print(_LINK.sub(link, plain_history(entry["d"])), end="", markup=False)
    elif kind == entries.FAILED:
        raise CitewellError(entry["error"])
    elif kind == entries.PAYLOAD and entry["p"]["type"] == "tool_call_request":
        status.print(f"[dim]{entry['p']['tool_name']}: {_shown(entry['p']['input_parameters'])}[/]")
    elif kind == entries.PAYLOAD and entry["p"]["type"] == "message":
        console.print()
        _print_citations(entry["p"].get("citations", []), " ".join(plain_history(entry["p"]["content"]).split()))


def _shown(parameters: dict[str, Any]) -> str:
    return str(parameters.get("query", parameters))[:200].replace("[", "\\[")


def _print_citations(citations: list[dict[str, Any]], answer: str) -> None:
    """Prints the places of the quoted words, and the words themselves unless the answer has them already."""
    sources = [entry for entry in citations if "claim" not in entry]
    if sources:
        console.print("\nSources", style="bold")
    for citation in sources:
        place = f", {citation['place']}" if citation.get("place") else ""
        quoted = " ".join((citation.get("verbatim") or "").split())
        mark = "" if citation["status"] == "verified" else f"  ({citation['status']})"
        line = f"[{citation['number']}] {citation['document_name']}{place}{mark}"
        console.print(line, markup=False)
        if citation.get("warning"):
            console.print(f"    {citation['warning']}", markup=False, style="yellow")
        if quoted and quoted not in answer:
            console.print(f"    “{quoted}”", markup=False, style="dim")
