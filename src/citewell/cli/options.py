"""Options that every command has, and how they become settings."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from citewell.errors import SetupError
from citewell.logs import configure_logging
from citewell.settings import Settings

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


def load_settings(data_dir: Path | None, database_url: str | None, **more: Any) -> Settings:
    """Settings with the given options on top. Raises SetupError that names the setting that is wrong."""
    given = {"data_dir": data_dir, "database_url": database_url, **more}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        name = "CITEWELL_" + "_".join(str(part) for part in problem["loc"]).upper()
        raise SetupError(f"The setting {name} is wrong: {problem['msg']}.") from None
    configure_logging(settings.log_level, as_json=settings.log_json)
    return settings
