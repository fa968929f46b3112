"""A branch of a Git repository, by the program `git`: a bare copy without history, never a working tree.

Nothing of the repository runs. `git` would look names up by itself, so it is told the address that was checked, follows
no redirect, and speaks HTTPS alone (HTTP too where private networks are open; folders where sources may read those).
"""

import asyncio
import base64
import contextlib
import os
import posixpath
import resource
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from citewell.connectors.folder import allowed
from citewell.connectors.protocol import (
    Checkpoint,
    ConnectorContext,
    Content,
    Credentials,
    Item,
    SourceError,
    Unchanged,
    filling,
)
from citewell.connectors.storable import key_of_path
from citewell.kit.ids import new_id
from citewell.kit.private import private_folder
from citewell.kit.public_http import Refused

_COMMAND_SECONDS = 600.0
_MOST_PACK = 4 * 1024**3  # bytes of one file that git writes
_MOST_ENTRIES = 1_000_000
_REF = "refs/heads/source"


class Config(BaseModel, extra="forbid"):
    """`url` is https://... or a folder of the server. `path` is a folder in the repository; no `branch`: its HEAD."""

    url: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^(https?://|/)[^\s\x00]*$")]
    branch: Annotated[str, Field(max_length=200, pattern=r"^$|^[A-Za-z0-9_][A-Za-z0-9._/-]*$")] = ""
    path: Annotated[str, Field(max_length=1000, pattern=r"^$|^[^-/:\x00][^:\x00]*$")] = ""


class Secrets(Credentials):
    """A deploy token with the right to read."""

    username: Annotated[str, Field(max_length=200, pattern=r"^[^:\x00-\x1f]*$")] = ""
    password: SecretStr = SecretStr("")


def target(config: Config) -> str:
    return config.url


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Secrets, context: ConnectorContext) -> AsyncIterator["Repository"]:
    if shutil.which("git") is None:
        raise SourceError("The program git is not installed on the server: the administrator installs it.")
    yield Repository(config, secrets, context)


class Repository:
    is_complete = True
    lists_everything = False
    pause = 0.0

    def __init__(self, config: Config, secrets: Secrets, context: ConnectorContext) -> None:
        self._config = config
        self._secrets = secrets
        self._context = context
        self._folder = context.folder / "repository.git"
        self._commit = ""
        self._is_updated = False

    async def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item]:
        await self._update()
        if checkpoint.get("commit") == self._commit:
            raise Unchanged
        below = [self._config.path.rstrip("/") + "/"] if self._config.path else []
        with filling() as listing:
            await self._git("ls-tree", "-r", "-l", "-z", self._commit, "--", *below, at=self._folder, into=listing)
        with listing:
            for line in _entries(listing):
                about, _, path = line.partition("\t")
                mode, kind, blob, size = about.split()
                if kind == "blob" and mode != "120000":  # links are not followed
                    name, folder = posixpath.basename(path), posixpath.dirname(path)
                    yield Item(key_of_path(path), blob, name, folder, int(size), {"blob": blob})

    async def fetch(self, item: Item) -> Content:
        blob = str(item.data["blob"])
        # Another process may have made the listing: the clone here is older then, or missing.
        if not self._is_updated and not await self._has(blob):
            await self._update()
        with filling() as file:
            await self._git("cat-file", "blob", blob, at=self._folder, into=file)
        return Content(file)

    async def _has(self, blob: str) -> bool:
        try:
            await self._git("cat-file", "-e", blob, at=self._folder)
        except SourceError:
            return False
        return True

    def position(self) -> None:
        """A listing needs no more requests once the copy is there."""

    def checkpoint(self) -> Checkpoint:
        return {"commit": self._commit}

    async def _update(self) -> None:
        """Updates the copy. A copy that a killed process left damaged is made anew."""
        if self._folder.exists():
            with contextlib.suppress(SourceError):
                await self._pull(self._folder)
                return
        private_folder(self._folder.parent)
        for unfinished in self._folder.parent.glob(f"{self._folder.name}.*"):
            await asyncio.to_thread(forget, unfinished)
        new = self._folder.with_name(f"{self._folder.name}.{new_id()}")
        try:
            await self._git("init", "--bare", "--quiet", str(new), at=None)
            await self._pull(new)
            await asyncio.to_thread(forget, self._folder)
            new.rename(self._folder)
        finally:
            await asyncio.to_thread(forget, new)

    async def _pull(self, folder: Path) -> None:
        wanted = f"+{(self._config.branch and f'refs/heads/{self._config.branch}') or 'HEAD'}:{_REF}"
        depth = [] if self._config.url.startswith("/") else ["--depth=1"]
        await self._git(
            "fetch", "--quiet", "--no-tags", "--force", *depth, "--", await self._source(), wanted, at=folder
        )
        self._commit = (await self._git("rev-parse", _REF, at=folder)).decode().strip()
        self._is_updated = True

    async def _source(self) -> str:
        if self._config.url.startswith("/"):
            return str(await asyncio.to_thread(allowed, self._config.url, self._context))
        return self._config.url

    async def _git(self, *arguments: str, at: Path | None, into: BinaryIO | None = None) -> bytes:
        """Runs git in the repository `at`.

        Returns its output, or nothing if that goes into a file. Raises SourceError.
        """
        where = ["--git-dir", str(at)] if at is not None else []
        process = await asyncio.create_subprocess_exec(
            "git",
            *where,
            *arguments,
            env=await self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=into.fileno() if into is not None else asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_limit,
        )
        try:
            said, wrong = await asyncio.wait_for(process.communicate(), _COMMAND_SECONDS)
        except TimeoutError:
            raise SourceError(f"git took longer than {_COMMAND_SECONDS:.0f} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            lines = wrong.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
            raise SourceError(f"git {arguments[0]}: {lines[-1]}"[:300])
        return said or b""

    async def _environment(self) -> dict[str, str]:
        """Returns git's environment. It carries the settings, because other users of the machine cannot see it."""
        is_local = self._config.url.startswith("/")
        options = {
            "core.hooksPath": os.devnull,
            "http.followRedirects": "false",
            "http.proxy": "",
            "credential.helper": "",
            "transfer.fsckObjects": "true",
            "protocol.allow": "never",
            "protocol.file.allow": "always" if is_local else "never",
            "protocol.https.allow": "always",
            "protocol.http.allow": "always" if self._context.outside.reaches_private else "never",
            "safe.directory": "*",
        }
        if not is_local:
            options["http.curloptResolve"] = await self._pinned()
        if self._secrets.username or self._secrets.password.get_secret_value():
            pair = f"{self._secrets.username}:{self._secrets.password.get_secret_value()}"
            options["http.extraHeader"] = f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}"
        settings = {"GIT_CONFIG_COUNT": str(len(options))}
        for n, (name, value) in enumerate(options.items()):
            settings |= {f"GIT_CONFIG_KEY_{n}": name, f"GIT_CONFIG_VALUE_{n}": value}
        fixed = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
        if authorities := os.environ.get("SSL_CERT_FILE"):  # which everything else here goes by
            fixed["GIT_SSL_CAINFO"] = authorities
        return {"PATH": os.environ.get("PATH", ""), "HOME": str(self._context.folder), **fixed, **settings}

    async def _pinned(self) -> str:
        """Host, port and checked address, as curl takes them."""
        try:
            host = self._context.outside.check(self._config.url, ("https", "http"))
            parts = urlsplit(self._config.url)
            if parts.hostname != host:  # git would look up another name than the one that is pinned
                raise Refused(f"Write the server's name as {host}.")
            port = parts.port or (443 if parts.scheme == "https" else 80)
            [address, *_] = await self._context.outside.addresses(parts.hostname or "", port)
        except Refused as error:
            raise SourceError(str(error)) from None
        except OSError as error:
            raise SourceError(f"The name of the server cannot be looked up: {error.strerror or error}.") from None
        return f"{parts.hostname}:{port}:{f'[{address}]' if ':' in address else address}"


def _entries(listing: BinaryIO) -> Iterator[str]:
    """Yields the lines that `ls-tree -z` wrote.

    Raises SourceError where they are too many: a few trees that hold each other many times list files without end.
    """
    rest, count = b"", 0
    while piece := listing.read(2**20):
        *whole, rest = (rest + piece).split(b"\0")
        count += len(whole)
        if count > _MOST_ENTRIES:
            raise SourceError(f"The branch has more than {_MOST_ENTRIES:,} files: choose a path in it.")
        yield from map(os.fsdecode, whole)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_PACK, _MOST_PACK))


def forget(folder: Path) -> None:
    """Remove what is kept of a source on this machine."""
    shutil.rmtree(folder, ignore_errors=True)
