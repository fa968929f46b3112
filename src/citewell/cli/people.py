"""`citewell user`, and the tokens that there are."""

import asyncio
import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from citewell.accounts.repository import list_tokens_with_emails
from citewell.accounts.sign_in import store_password
from citewell.accounts.token_service import revoke_token
from citewell.auth.passwords import check_new_password
from citewell.cli.admin import tokens
from citewell.cli.options import DatabaseUrl, DataDir, load_settings, new_database_told, settings_of_existing
from citewell.cli.tables import print_table
from citewell.errors import NotFound
from citewell.models import Token, User
from citewell.process import open_process
from citewell.resources import Resources
from citewell.settings import Settings
from citewell.users.administration import create_user, set_active
from citewell.users.repository.users import find_user
from citewell.users.service import normalised

users = typer.Typer(no_args_is_help=True, help="Create users, set their passwords, deactivate them.")

PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
_SHOWN = 1000


def add_to(app: typer.Typer) -> None:
    app.add_typer(users, name="user")


@users.command("create", epilog="Example: citewell user create ada@example.org")
def user_create(
    email: Annotated[str, typer.Argument(help="Email of the new user.")],
    password_stdin: PasswordStdin = False,
    superuser: Annotated[bool, typer.Option("--superuser", help="May do everything in every project.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a user and print their id. Without a password they can only use tokens."""
    settings = load_settings(data_dir, database_url)
    asks = password_stdin or sys.stdin.isatty()
    password = _password("Password (none: tokens only)", from_stdin=password_stdin, default="") if asks else ""
    with new_database_told(settings):
        typer.echo(asyncio.run(_create_user(settings, email, password, superuser)))


@users.command("password", epilog="Example: citewell user password ada@example.org")
def user_password(
    email: Annotated[str, typer.Argument(help="Email of the user.")],
    password_stdin: PasswordStdin = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Set a user's password. Ends their sessions, and the wait after failed sign-ins."""
    settings = settings_of_existing(data_dir, database_url)
    password = _password("New password", from_stdin=password_stdin)
    asyncio.run(_set_password(settings, email, password))


@users.command("deactivate", epilog="Example: citewell user deactivate ada@example.org")
def user_deactivate(
    email: Annotated[str, typer.Argument(help="Email of the user.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Refuse a user's sessions, tokens and passwords until `citewell user activate`. What they made stays."""
    settings = settings_of_existing(data_dir, database_url)
    asyncio.run(_set_active(settings, email, active=False))


@users.command("activate", epilog="Example: citewell user activate ada@example.org")
def user_activate(
    email: Annotated[str, typer.Argument(help="Email of the user.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Activate a user again. Their password and tokens work as before."""
    settings = settings_of_existing(data_dir, database_url)
    asyncio.run(_set_active(settings, email, active=True))


@tokens.command("list", epilog="Example: citewell token list ada@example.org")
def token_list(
    email: Annotated[str, typer.Argument(help="Only tokens of this user.")] = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List API tokens, newest first, without their secrets."""
    settings = settings_of_existing(data_dir, database_url)
    table = Table("id", "user", "name", "ends with", "made", "expires", "revoked", box=None)
    for row, owner in asyncio.run(_list_tokens(settings, email)):
        moments = (row.created_at, row.expires_at, row.revoked_at)
        days = (f"{moment:%Y-%m-%d}" if moment else "" for moment in moments)
        table.add_row(str(row.id), owner, row.name, row.last_four, *days)
    print_table(table)


@tokens.command("revoke", epilog="Example: citewell token revoke 01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71")
def token_revoke(
    token_id: Annotated[UUID, typer.Argument(metavar="ID", help="Its id, from `citewell token list`.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Revoke an API token: it is refused from now on."""
    settings = settings_of_existing(data_dir, database_url)
    typer.echo(f"Revoked the token {asyncio.run(_revoke(settings, token_id))}.")


def _password(question: str, *, from_stdin: bool, default: str | None = None) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(question, default, hide_input=True, confirmation_prompt=True, show_default=False))


async def _create_user(settings: Settings, email: str, password: str, superuser: bool) -> str:
    email = normalised(email)
    if password:
        check_new_password(password, email, "password")
    async with open_process(settings, embed=False) as resources:
        stored = await resources.passwords.hash(password) if password else None
        async with resources.database.write() as session:
            return str((await create_user(session, email, password_hash=stored, superuser=superuser)).id)


async def _set_password(settings: Settings, email: str, password: str) -> None:
    async with open_process(settings, embed=False) as resources:
        user = await _user(resources, email)
        check_new_password(password, user.email, "password")
        stored = await resources.passwords.hash(password)
        async with resources.database.write() as session:
            await store_password(session, await session.get_one(User, user.id), stored, None)


async def _set_active(settings: Settings, email: str, *, active: bool) -> None:
    async with open_process(settings, embed=False) as resources:
        found = await _user(resources, email)
        async with resources.database.write() as session:
            user = await session.get_one(User, found.id, with_for_update=True)
            await set_active(session, user, None, is_active=active)


async def _list_tokens(settings: Settings, email: str) -> list[tuple[Token, str]]:
    async with open_process(settings, embed=False) as resources:
        user_id = (await _user(resources, email)).id if email else None
        async with resources.database.read() as session:
            return await list_tokens_with_emails(session, user_id, _SHOWN)


async def _revoke(settings: Settings, token_id: UUID) -> str:
    async with open_process(settings, embed=False) as resources, resources.database.write() as session:
        return (await revoke_token(session, token_id, None)).name


async def _user(resources: Resources, email: str) -> User:
    async with resources.database.read() as session:
        user = await find_user(session, normalised(email))
    if user is None:
        raise NotFound(f"There is no user {normalised(email)}.")
    return user
