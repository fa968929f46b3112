"""The server's greeting when it is ready, and what it creates on its first start."""

import json
import time
from contextlib import ExitStack
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import BinaryIO, cast
from uuid import UUID

from rich.console import Console

from citewell.accounts.setup import new_setup_code
from citewell.agents.repository import find_default_agent
from citewell.auth.access import resolve_access
from citewell.auth.caller import Caller
from citewell.cli.progress import show_progress
from citewell.conversations.repository.unasked import find_unasked
from citewell.conversations.schemas import ConversationCreate
from citewell.conversations.service import create_conversation
from citewell.documents.uploads import Upload, add_documents
from citewell.errors import CitewellError
from citewell.models import User
from citewell.projects import over_cells
from citewell.projects.repository import list_ids_matching
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.resources import Resources
from citewell.users.administration import issue_token
from citewell.users.repository.users import count_users, find_user
from citewell.users.service import ensure_user

console = Console(highlight=False, soft_wrap=True)

OWNER = "owner@localhost"
DEMO = "Citewell demo"
DEMO_CONVERSATION = "Demo conversation"
QUESTION = "How long may a K2 sensor stay in the field before its battery must be replaced?"


async def welcome(resources: Resources, address: str, *, demo: bool) -> None:
    """Make the owner on the first start and the demo project if asked for; then say what to do next."""
    started = time.monotonic()
    console.print(f"[bold]Citewell[/] listens on [bold]{address}[/]  (data in {resources.settings.data_dir.resolve()})")
    token = await _first_owner(resources)
    if token:
        console.print(f"\nFirst start: made the owner [bold]{OWNER}[/]. Their token, shown this once:\n\n    {token}\n")
    code = await _setup_code(resources)
    if code:
        console.print("[bold]Open this to choose the owner's password[/] (good once, for an hour):\n")
        public = (resources.settings.public_url or address).rstrip("/")
        console.print(f"    {public}/setup?code={code}\n", markup=False)
    if not demo:
        console.print("Make a token with `citewell token create EMAIL`, a project with `citewell project create NAME`.")
        return
    try:
        of_cell, project_id, owner_id = await _demo_project(resources)
        conversation_id = await demo_conversation(of_cell, project_id, owner_id)
    except CitewellError as error:
        console.print(f"[yellow]The demo project is not ready:[/] {error.message}")
        return
    console.print(f"The demo project is ready ({time.monotonic() - started:.1f} s). Ask it:\n")
    console.print(curl(address, project_id, conversation_id, token), markup=False)
    if not token:
        console.print(f"\n(CITEWELL_TOKEN: the token of the first start, or `citewell token create {OWNER}`)")


def curl(address: str, project_id: UUID, conversation_id: UUID, token: str | None) -> str:
    url = f"{address}/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/send_message_stream/"
    return (
        f'curl -N "{url}" \\\n'
        f'  -H "Authorization: Bearer {token or "$CITEWELL_TOKEN"}" -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps({'message': QUESTION})}'"
    )


async def _first_owner(resources: Resources) -> str | None:
    """Returns the token of a new owner, or None if there are users already."""
    async with resources.database.write() as session:
        if await count_users(session):
            return None
        return await issue_token(session, OWNER, superuser=True, by="first start")


async def _setup_code(resources: Resources) -> str | None:
    """Returns a code for the owner's first password; None if there is one."""
    async with resources.database.write() as session:
        owner = await find_user(session, OWNER)
        return await new_setup_code(session, owner) if owner else None


async def _demo_project(resources: Resources) -> tuple[Resources, UUID, UUID]:
    """Returns the demo project, made and indexed if there is none yet: the resources of its cell, its id and its
    owner's.

    Raises CellUnavailable.
    """
    async with resources.database.write() as session:
        found = await list_ids_matching(session, DEMO, limit=1)
        owner = await ensure_user(session, OWNER, superuser=True)
    project_id = found[0] if found else await _make_demo_project(resources, owner.id)
    of_cell = await resources.placement.resources_of(project_id) if resources.placement is not None else resources
    if not found:
        console.print("Indexing the sample documents that come with Citewell:")
        documents = await _upload_samples(of_cell, project_id, owner)
        await show_progress(of_cell, project_id, documents, console)
    return of_cell, project_id, owner.id


async def _make_demo_project(resources: Resources, owner_id: UUID) -> UUID:
    brief = "Sample documents that come with Citewell: the invented sensor maker Kestrel."
    request = ProjectCreate(name=DEMO, business_brief=brief)
    if resources.placement is not None:
        return (await over_cells.create_project(resources, resources.placement, owner_id, request)).id
    async with resources.database.write() as session:
        return (await create_project(session, resources.extensions, owner_id, request)).id


async def _upload_samples(resources: Resources, project_id: UUID, owner: User) -> list[UUID]:
    with ExitStack() as stack:
        uploads = [
            Upload(item.name, "application/octet-stream", stack.enter_context(cast(BinaryIO, item.open("rb"))), [])
            for item in sample_files()
        ]
        return [row.id for row in await add_documents(resources, project_id, owner.id, uploads)]


def sample_files() -> list[Traversable]:
    folder = files("citewell.demo") / "documents"
    return sorted((item for item in folder.iterdir() if item.is_file()), key=lambda item: item.name)


async def demo_conversation(resources: Resources, project_id: UUID, owner_id: UUID) -> UUID:
    """Returns the id of the owner's demo conversation: of one in which nothing was asked if there is one, else of a new
    one. So starts that nobody asks anything after leave one conversation, not one each.
    """
    async with resources.database.read() as session:
        owner = await session.get_one(User, owner_id)
        access = await resolve_access(session, project_id, Caller(owner.id, owner.email, owner.is_superuser))
    async with resources.database.write() as session:
        unasked = await find_unasked(session, project_id, owner_id, DEMO_CONVERSATION)
        if unasked is not None:
            return unasked
        agent = await find_default_agent(session, project_id)
        assert agent is not None, "each project has one"
        request = ConversationCreate(agent_settings=agent.id, name=DEMO_CONVERSATION)
        conversation, _ = await create_conversation(session, access, request)
        return conversation.id
