"""The command `citewell`."""

import os
import sys
from typing import NoReturn

import typer

from citewell.cli.lazy import LazyGroup
from citewell.errors import CitewellError

app = typer.Typer(
    name="citewell",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the commands' own help has colours; importing what draws them takes 0.3 s
)


@app.callback(epilog="`citewell COMMAND --help` shows a command's options and an example.")
def _citewell() -> None:
    """Ask your documents. Every claim in the answer is tied to the passage that supports it."""


def main() -> None:
    """Run a command. A failure is one clear line on standard error and an exit code, never a traceback."""
    os.umask(0o077)  # what a command writes is for its user alone
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except typer.TyperException as error:
        _fail(f"{error.format_message().rstrip('.')}. See `citewell --help`.", error.exit_code)
    except CitewellError as error:
        _fail(error.message)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        _fail(_explained(error))
    sys.exit(code if isinstance(code, int) else 0)


def _explained(error: Exception) -> str:
    # Imported here: a command that succeeds has no use for them, and they are slow to load.
    import structlog
    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from citewell.kit.outages import outage

    structlog.get_logger(__name__).debug("command_failed", exc_info=error)
    if outage(error) == "database_away":
        reason = error.orig if isinstance(error, DBAPIError) else error
        return f"The database went away: {_first_line(reason)}. Run the command again once it answers."
    if isinstance(error, SQLAlchemyError | OSError):
        return _first_line(error)
    if isinstance(error, ValidationError):  # of what was typed: commands make the same requests as HTTP clients
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}." for one in error.errors())
    return f"unexpected {type(error).__name__}: {error} (CITEWELL_LOG_LEVEL=debug shows more)"


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().split("\n", 1)[0]


def _fail(message: str, code: int = 1) -> NoReturn:
    from rich.console import Console

    escaped = message.replace("[", "\\[")
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[bold red]citewell:[/] {escaped}")
    sys.exit(code)
