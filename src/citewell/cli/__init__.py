"""The command `citewell`."""

import sys
from typing import NoReturn

import structlog
import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from citewell.cli import admin, ask, audit, dev_model, doctor, evaluate, ingest, people, retry, serve
from citewell.errors import CitewellError
from citewell.logs import configure_logging

app = typer.Typer(
    name="citewell",
    help="Ask your documents. Every claim in the answer is tied to the passage that supports it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (serve, ask, ingest, retry, admin, people, audit, doctor, evaluate, dev_model):
    module.add_to(app)

log = structlog.get_logger(__name__)


def main() -> None:
    """Run a command. A failure is one clear line on standard error and an exit code, never a traceback."""
    configure_logging()  # until the command has read its settings
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        _fail(f"{error.format_message().rstrip('.')}. See `citewell --help`.", error.exit_code)
    except CitewellError as error:
        _fail(error.message)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (SQLAlchemyError, OSError) as error:
        log.debug("command_failed", exc_info=error)
        _fail(str(error).strip().split("\n", 1)[0])
    except Exception as error:
        log.debug("command_failed", exc_info=error)
        _fail(f"unexpected {type(error).__name__}: {error} (CITEWELL_LOG_LEVEL=debug shows more)")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int = 1) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[bold red]citewell:[/] {_escaped(message)}")
    sys.exit(code)


def _escaped(message: str) -> str:
    return message.replace("[", "\\[")
