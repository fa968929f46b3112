"""Servers on this machine that sources are read from."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.listening import listening


@dataclass
class Site:
    """A web site whose pages (content type, body) can be changed; `asked` are the paths that were read, with status."""

    url: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        response = self._respond(request)
        self.asked.append((request.path, response.status))
        return response

    def _respond(self, request: web.Request) -> web.Response:
        if request.path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[request.path]})
        if request.path not in self.pages:
            return web.Response(status=404)
        kind, body = self.pages[request.path]
        etag = f'"{hash(body)}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.Response(text=body, content_type=kind, headers={"ETag": etag})


@contextlib.asynccontextmanager
async def site_on_this_machine() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/{tail:.*}", site.answer)
    async with listening(app) as site.url:
        yield site


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail
first_valid_uid = 0
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
"""


@dataclass
class Mailbox:
    port: int
    folder: Path

    def put(self, name: str, subject: str, text: str) -> Path:
        """A message in the inbox."""
        path = self.folder / "mail" / "new" / name
        path.write_text(f"From: ada@example.org\nTo: kb@example.org\nSubject: {subject}\n\n{text}\n")
        shutil.chown(path, *_owner())
        return path

    def remove(self, name: str) -> None:
        for path in (self.folder / "mail").glob(f"*/{name}*"):
            path.unlink()


def _owner() -> tuple[str, str]:
    if os.geteuid() == 0:
        return "nobody", "nogroup"
    me = pwd.getpwuid(os.geteuid())
    return me.pw_name, str(me.pw_gid)


@contextlib.contextmanager
def dovecot(folder: Path) -> Iterator[Mailbox]:
    """An IMAP server with the user `ada` and the password `secret`."""
    port = free_port()
    user, group = _owner()
    for name in ("mail", "mail/new", "mail/cur", "mail/tmp", "home", "run", "state"):
        (folder / name).mkdir(exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user, group)
    config = folder / "dovecot.conf"
    config.write_text(DOVECOT.format(folder=folder, user=user, group=group, port=port))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "dovecot did not start"
            time.sleep(0.05)
        yield Mailbox(port, folder)
    finally:
        process.terminate()
        process.wait(20)
