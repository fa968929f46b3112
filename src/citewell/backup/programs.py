"""PostgreSQL's own programs, which copy, check and put back a database."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from citewell.db import server
from citewell.db.engine import libpq_url, sqlalchemy_url
from citewell.errors import SetupError

_SHOWN = 400  # characters of what a program said
_VERSION = re.compile(r"(\d+)(?:\.\d+)?")


class ProgramFailed(SetupError):
    """A program ended with an error; the message has its last words."""


def run(name: str, arguments: Sequence[str | Path], *, url: str | None = None, newest: int = 0) -> str:
    """Run one of the programs and return what it printed. `url` is the database that it connects to.

    The password goes by the environment, which other users cannot read. `newest` is the server's version, for programs
    that refuse a newer server. Raises ProgramFailed.
    """
    command = [str(_find(name, newest)), *map(str, arguments)]
    environment = dict(os.environ)
    if url is not None:
        parsed = sqlalchemy_url(url)
        if parsed.password:
            environment["PGPASSWORD"] = str(parsed.password)
        command += ["--dbname", libpq_url(parsed.set(password=None).render_as_string(hide_password=False))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        raise ProgramFailed(f"{name} failed: {done.stderr.strip()[-_SHOWN:]}")
    return done.stdout


def _find(name: str, newest: int) -> Path:
    """Ours, or one of the machine where the server is newer than ours."""
    ours = server.program(name)
    if newest <= _major(ours):
        return ours
    other = shutil.which(name)
    if other is None or _major(Path(other)) < newest:
        raise SetupError(f"The server is PostgreSQL {newest}: install its client programs, so that {name} is found.")
    return Path(other)


def _major(program: Path) -> int:
    shown = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = _VERSION.search(shown)
    return int(found[1]) if found else 0
