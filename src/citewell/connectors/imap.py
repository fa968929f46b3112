"""Messages of a mailbox, over IMAP. They are read without being marked as seen."""

import asyncio
import contextlib
import email
import email.policy
import imaplib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr

from citewell.connectors.protocol import Checkpoint, ConnectorContext, Content, Credentials, Item, SourceError, filling
from citewell.kit.public_http import Refused

_ANSWER_SECONDS = 60.0
_BATCH = 200
_PIECE = 4 * 2**20  # bytes of a message that are asked for at once
_MOST_ANSWER = 2 * _PIECE  # bytes of all that a server says to one command
_SUBJECT = 2000  # bytes of its header line that are asked for
_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r'^[^"\\\x00-\x1f\x7f-\U0010ffff]+$')]


class Config(BaseModel, extra="forbid"):
    """`security` none needs an open private network. `since` leaves older messages out. Folders are named as the server
    names them (modified UTF-7 for other letters than English ones)."""

    host: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:-]+$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    folders: Annotated[list[_Name], Field(min_length=1, max_length=50)] = ["INBOX"]
    since: date | None = None


class Secrets(Credentials):
    username: Annotated[str, Field(max_length=320)]
    password: SecretStr


def target(config: Config) -> str:
    return f"{config.host}:{config.port} {config.security}"


@contextlib.asynccontextmanager
async def open_source(config: Config, secrets: Secrets, context: ConnectorContext) -> AsyncIterator["Mailbox"]:
    try:
        addresses = await context.outside.addresses(config.host, config.port)
    except Refused as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"{config.host} cannot be looked up: {error.strerror or error}.") from None
    if config.security == "none" and not context.outside.reaches_private:
        raise SourceError("A mailbox without encryption is read only on networks that the administrator opened.")
    client = await _safely(_signed_in, config, secrets, addresses[0])
    try:
        yield Mailbox(config, client, context.max_bytes)
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            client.allow_answer()
            await asyncio.to_thread(client.logout)
        with contextlib.suppress(OSError):
            client.shutdown()


class Mailbox:
    is_complete = True
    lists_everything = True
    pause = 0.0

    def __init__(self, config: Config, client: "_Plain", max_bytes: int) -> None:
        self._config = config
        self._client = client
        self._max_bytes = max_bytes
        self._selected = ""
        self._position: Checkpoint | None = None

    async def list(self, checkpoint: Checkpoint, position: Checkpoint | None = None) -> AsyncIterator[Item | None]:
        first, after = (int(position["folder"]), int(position["uid"])) if position is not None else (0, 0)
        for number, folder in enumerate(self._config.folders[first:], first):
            validity = await self._select(folder)
            since = ["SINCE", f"{self._config.since:%d-%b-%Y}"] if self._config.since else ["ALL"]
            [found] = await self._ask("search", None, *since)
            uids = sorted(uid for uid in map(int, (found or b"").split()) if uid > after)
            after = 0
            for start in range(0, len(uids), _BATCH):
                batch = uids[start : start + _BATCH]
                wanted = f"(RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.{_SUBJECT}>)"
                for line in await self._ask("fetch", ",".join(map(str, batch)), wanted):
                    if isinstance(line, tuple) and (item := _item(folder, validity, line)) is not None:
                        yield item
                self._position = {"folder": number, "uid": batch[-1]}
                yield None
                self._position = None

    async def fetch(self, item: Item) -> Content:
        await self._select(str(item.data["folder"]))
        with filling() as file:
            while piece := await self._piece(str(item.data["uid"]), file.tell()):
                file.write(piece)
                if file.tell() > self._max_bytes:
                    raise SourceError(f"The message is larger than {self._max_bytes:,} bytes.")
            if not file.tell():
                raise SourceError("The message is not in the mailbox any more.")
        return Content(file, "message/rfc822")

    async def _piece(self, uid: str, start: int) -> bytes:
        """Bytes of a message from an offset; none at its end."""
        for line in await self._ask("fetch", uid, f"(BODY.PEEK[]<{start}.{_PIECE}>)"):
            if isinstance(line, tuple):
                return bytes(line[1])
        return b""

    def position(self) -> Checkpoint | None:
        """Between two batches of messages."""
        return self._position

    def checkpoint(self) -> Checkpoint:
        return {}

    async def _select(self, folder: str) -> str:
        """The folder's validity: while it stays the same, so do the numbers of its messages."""
        if self._selected != folder:
            self._client.allow_answer()
            status, _ = await _safely(self._client.select, f'"{folder}"', True)
            if status != "OK":
                raise SourceError(f"The mailbox has no folder {folder}.")
            self._selected = folder
        [validity] = self._client.response("UIDVALIDITY")[1] or [b"0"]
        self._client.untagged_responses["UIDVALIDITY"] = [validity]
        return (validity or b"0").decode()

    async def _ask(self, command: str, *arguments: Any) -> Sequence[Any]:
        self._client.allow_answer()
        status, found = await _safely(self._client.uid, command, *arguments)
        if status != "OK":
            raise SourceError(f"The mail server refused the command {command}.")
        return tuple(found)


def _item(folder: str, validity: str, line: tuple[bytes, bytes]) -> Item | None:
    uid, size = _UID.search(line[0]), _SIZE.search(line[0])
    if uid is None:
        return None
    number = uid[1].decode()
    # Many messages have the same subject.
    name = " ".join(_subject(line[1]).replace("/", "-").split())[:200] or "Message"
    data = {"folder": folder, "uid": number}
    return Item(f"{folder}/{validity}/{number}", "1", f"{name}.eml", folder, int(size[1]) if size else None, data)


def _subject(header: bytes) -> str:
    try:
        return str(email.message_from_bytes(header, policy=email.policy.default).get("Subject", ""))
    except Exception:  # the parser raises errors of many kinds for headers that are out of order
        return ""


async def _safely(call: Any, *arguments: Any) -> Any:
    try:
        return await asyncio.to_thread(call, *arguments)
    except ssl.SSLError as error:
        raise SourceError(f"The connection to the mail server is not secure: {error.reason or error}") from None
    except imaplib.IMAP4.error as error:
        raise SourceError(f"The mail server refused: {error}"[:300]) from None
    except OSError as error:
        raise SourceError(f"The mail server cannot be reached: {error.strerror or error}.") from None
    except ValueError:
        raise SourceError("The mail server's answer cannot be read.") from None


def _signed_in(config: Config, secrets: Secrets, address: str) -> "_Plain":
    client: _Plain
    if config.security == "tls":
        client = _Tls(config.host, config.port, address)
    else:
        client = _Plain(config.host, config.port, address)
        if config.security == "starttls":
            client.starttls(ssl.create_default_context())
    try:
        client.login(secrets.username, secrets.password.get_secret_value())
    except imaplib.IMAP4.error:
        client.shutdown()
        raise imaplib.IMAP4.error("the user name or the password is wrong") from None
    return client


class _Plain(imaplib.IMAP4):
    """Connects to the address that was checked, whatever the name leads to now, and reads answers of bounded length."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._address = address
        self.allow_answer()
        super().__init__(host, port, _ANSWER_SECONDS)

    def allow_answer(self) -> None:
        """Call before each command: resets the count of what the server sends."""
        self._left = _MOST_ANSWER

    def read(self, size: int) -> bytes:
        self._count(size)  # before it is read: a server may announce any size
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort(f"its answer is longer than {_MOST_ANSWER:,} bytes")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return socket.create_connection((self._address, self.port), timeout)


class _Tls(_Plain):
    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = super()._create_socket(timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
