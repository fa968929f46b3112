"""Options that every command has, and how they become settings."""

import contextlib
import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from citewell.errors import SetupError
from citewell.logs import configure_logging
from citewell.settings import HOME, Settings

_MADE = "postgres"  # the embedded database, in the data folder
_FILE = "citewell.toml"
_PREFIX = "CITEWELL_"
_SIMILAR = 0.9  # of the letters of two names

DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the embedded database, files and models. [env: CITEWELL_DATA_DIR; default: .citewell]"
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(help="Use this PostgreSQL instead of the embedded one. [env: CITEWELL_DATABASE_URL]"),
]


def expect_database(settings: Settings) -> None:
    """Raises SetupError if the data folder has no database yet."""
    if not _has_database(settings):
        raise SetupError(
            f"There is no database in {settings.data_dir.expanduser().resolve()}. Name the server's data folder with "
            "--data-dir or CITEWELL_DATA_DIR (`citewell serve` prints it when it starts)."
        )


@contextlib.contextmanager
def embedded_or_given(settings: Settings) -> Iterator[str]:
    """The URL of the database, which is started where it is the embedded one. It is not migrated."""
    if (given := settings.database_direct_url or settings.database_url) is not None:
        yield given.get_secret_value()
        return
    from citewell.db.embedded import EmbeddedPostgres  # most commands go by `open_process`

    with EmbeddedPostgres(settings.data_dir, settings.wal_archive_dir) as url:
        yield url


def other_cells(settings: Settings, url: str) -> dict[str, str]:
    """Returns the URLs of the other database cells by name; none if the database at `url` is not the home cell."""
    if not settings.cells:
        return {}
    from citewell.db.cell_mark import cell_of_database

    return settings.urls_of_cells if cell_of_database(url) == HOME else {}


@contextlib.contextmanager
def new_database_told(settings: Settings) -> Iterator[None]:
    """Say so where the command has made a database: it may have been meant for the one in another folder."""
    had = _has_database(settings)
    yield
    if not had:
        typer.echo(
            f"Made a new database in {settings.data_dir.expanduser().resolve()}. If your server keeps its data "
            "elsewhere, name that folder with --data-dir or CITEWELL_DATA_DIR, and do this again.",
            err=True,
        )


def _has_database(settings: Settings) -> bool:
    return settings.database_url is not None or (settings.data_dir.expanduser() / _MADE).exists()


def settings_of_existing(data_dir: Path | None, database_url: str | None) -> Settings:
    """Settings for commands that read what is there. Raises SetupError if the data folder has no database yet."""
    settings = load_settings(data_dir, database_url)
    expect_database(settings)
    return settings


def load_settings(data_dir: Path | None, database_url: str | None, **more: Any) -> Settings:
    """Settings with the given options on top. Raises SetupError that names the setting that is wrong."""
    given = {"data_dir": data_dir, "database_url": database_url, **more}
    _expect_readable_file()
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        name = _PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
        raise SetupError(f"The setting {name} is wrong: {problem['msg']}.") from None
    except SettingsError as error:
        raise SetupError(_not_json(str(error))) from None
    _tell_misspelt_names()
    configure_logging(settings.log_level, as_json=settings.log_json)
    return settings


def _not_json(error: str) -> str:
    """Returns what to write in place of a list or a map that is not JSON. `error` names its field."""
    found = re.search(r'field "(\w+)"', error)
    if found is None:
        return f"The settings are wrong: {error}."
    is_map = str(Settings.model_fields[found[1]].annotation).startswith("dict")
    example = '\'{"name": "value"}\'' if is_map else '\'["one", "another"]\''
    name = f"{_PREFIX}{found[1].upper()}"
    return f"The setting {name} is not JSON: write a {'map' if is_map else 'list'} like {name}={example}."


def _expect_readable_file() -> None:
    """Raises SetupError if citewell.toml cannot be read as TOML."""
    try:
        _read_file()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SetupError(f'{_FILE} cannot be read: {reason}. Write lines like model = "extractive".') from None


def _read_file() -> dict[str, Any]:
    path = Path(_FILE)
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _tell_misspelt_names() -> None:
    """Warns on standard error about names that look like settings and are none.

    They are ignored, because another version may know them.
    """
    known = list(Settings.model_fields)
    for name in _read_file().keys() - set(known):
        nearest = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        typer.echo(f"{_FILE}: there is no setting {name}; it is ignored.{hint}", err=True)
    variables = [_PREFIX + name.upper() for name in known]
    # Only what is nearly a setting: other programs may share the prefix.
    for name in sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in variables):
        if nearest := difflib.get_close_matches(name, variables, n=1, cutoff=_SIMILAR):
            typer.echo(f"There is no setting {name}; it is ignored. Did you mean {nearest[0]}?", err=True)
