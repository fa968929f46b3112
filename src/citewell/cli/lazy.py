"""A command group that imports a command's module when the command is called: `citewell --help` imports none."""

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from citewell.kit.collecting import kept_for_life


@dataclass(frozen=True)
class Command:
    """A line of `citewell --help`. `modules` define the command, each with a function `add_to(app)`."""

    name: str
    summary: str
    modules: tuple[str, ...]


COMMANDS = (
    Command("serve", "Start the server, with a worker for background jobs.", ("serve",)),
    Command("worker", "Run background jobs (ingestion, deletion) until stopped.", ("serve",)),
    Command("ask", "Ask files, or a project with --project; streams a cited answer.", ("ask",)),
    Command("ingest", "Add files to a project and wait until they can be searched.", ("ingest",)),
    Command("parse", "Show what is read in a file; needs no server.", ("parse",)),
    Command("retry", "Process failed documents again, or named ones from a step on.", ("retry",)),
    Command("why", "Say why a document is not found.", ("retry",)),
    Command("audit", "Show the audit log, newest first.", ("audit",)),
    Command("doctor", "Check the database, the folders and the models.", ("doctor",)),
    Command("backup", "Back up database, files and settings, also of a running server.", ("backup",)),
    Command("restore", "Restore a backup into an empty data folder.", ("backup",)),
    Command("export", "Write a project into one portable file.", ("transfer",)),
    Command("import", "Import a project that `citewell export` wrote.", ("transfer",)),
    Command("upgrade", "Upgrade the database; --check shows what would change.", ("upgrade",)),
    Command("model", "Find out what a model server can do.", ("model",)),
    Command("mcp", "Offer a running server's tools to local AI clients over MCP.", ("mcp",)),
    Command("eval", "Measure a project's answers, or retrieval on a data set.", ("evaluate",)),
    Command("dev-model", "Serve a scripted model for trying things out.", ("dev_model",)),
    Command("project", "Create and list projects, move them to another cell.", ("admin", "project_move")),
    Command("source", "Add, sync and remove sources of documents.", ("source",)),
    Command("token", "Create, list and revoke API tokens.", ("admin", "people")),
    Command("user", "Create users, set their passwords, deactivate them.", ("people",)),
)


class LazyGroup(TyperGroup):
    """Lists COMMANDS without their modules; loads the one that is called."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = {command.name: TyperCommand(command.name, help=command.summary) for command in COMMANDS}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        called = next((command for command in COMMANDS if args[:1] == [command.name]), None)
        if called is not None:
            self.commands = {**self.commands, called.name: load(called)}
        return super().resolve_command(ctx, args)


def load(command: Command) -> Any:
    """Returns the command as its modules define it."""
    with kept_for_life():
        from citewell.logs import configure_logging  # not with this module: it takes 0.3 s

        configure_logging()  # until the command has read its settings
        app = typer.Typer(rich_markup_mode="rich", add_completion=False)
        for name in command.modules:
            importlib.import_module(f"citewell.cli.{name}").add_to(app)
        return get_group(app).commands[command.name]
