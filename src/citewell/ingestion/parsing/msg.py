"""MSG: a message as Outlook stores it, by the streams of its container. Source: [MS-OXMSG].

`extract-msg` would read it too, but its licence (GPL) does not fit.
"""

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import olefile

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.charset import decode_as, decode_declared, decode_text
from citewell.ingestion.cms import is_sealed
from citewell.ingestion.parsing.eml import add_parts, add_sealed
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits
from citewell.ingestion.parsing.message import MAX_ATTACHMENTS, Attachment, Message, message_document
from citewell.ingestion.parsing.rtf import decompressed, html_or_text
from citewell.ingestion.reading_warnings import warning

# Properties by their number, as a stream's name has it; behind it stands the type of the value.
_SUBJECT, _SENDER, _SENDER_ADDRESS, _SENDER_SMTP, _TO, _CC = "0037", "0C1A", "0C1F", "5D01", "0E04", "0E03"
_TRANSPORT, _BODY, _HTML, _RTF = "007D", "1000", "1013", "1009"
_DATA, _NAME, _SHORT_NAME, _SHOWN_NAME, _CLASS = "3701", "3707", "3704", "3001", "001A"
_PERSON, _ADDRESS, _SMTP = "3001", "3003", "39FE"
_WIDE, _NARROW, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"
# Properties of a fixed size, all in one stream.
_INTERNET_PAGE, _MESSAGE_PAGE, _SENT, _DELIVERED, _RECIPIENT_KIND = 0x3FDE, 0x3FFD, 0x0039, 0x0E06, 0x0C15
_START, _END = 0x0060, 0x0061
_CODE_PAGES = {
    65001: "utf-8", 20127: "cp1252", 28591: "cp1252", 20866: "koi8-r", 21866: "koi8-u", 51932: "euc-jp",
    50220: "iso-2022-jp", 50221: "iso-2022-jp", 51949: "euc-kr", 936: "gb18030", 54936: "gb18030",
}  # fmt: skip
_SIGNED_CLASS = "IPM.NOTE.SMIME"
_MOST_RECIPIENTS = 500
_DEEPEST = 10
_MOST_READ = 4  # times the size of the file: streams that share their sectors may be endless
_Folders = dict[tuple[str, ...], dict[str, None]]  # what each storage holds, by its path


def parse_msg(path: Path, limits: ParseLimits) -> ParsedDocument:
    try:
        with olefile.OleFileIO(path) as file:
            message = _Reader(_Container(file, path.stat().st_size), (), limits).message()
    except OSError as error:
        raise ParseFailed("damaged", DAMAGED) from error
    return message_document(message, limits)


class _Container:
    """The streams of a file by their path. olefile looks through a whole storage for each of its streams."""

    def __init__(self, file: Any, size: int) -> None:
        self._file = file
        self._left = _MOST_READ * size
        self.folders: _Folders = {}
        for entry in file.listdir():
            for depth, name in enumerate(entry):
                self.folders.setdefault(tuple(entry[:depth]), {})[name] = None

    def stream(self, path: tuple[str, ...]) -> bytes | None:
        """Returns the stream's content; None if there is none.

        Raises ParseFailed after more was read than a file of this size holds.
        """
        if path[-1] not in self.folders.get(path[:-1], ()):
            return None
        with self._file.openstream(list(path)) as stream:
            data: bytes = stream.read()
        self._left -= len(data)
        if self._left < 0:
            raise ParseFailed("damaged", DAMAGED)
        return data


class _Reader:
    """Reads the message of a storage: the whole file's, or one that is attached to it."""

    def __init__(self, container: _Container, root: tuple[str, ...], limits: ParseLimits) -> None:
        self._container, self._root, self._limits = container, root, limits
        self._fixed = self._properties(root, 32 if not root else 24)
        page = self._number(_MESSAGE_PAGE) or self._number(_INTERNET_PAGE)
        self._encoding = _CODE_PAGES.get(page, f"cp{page}") if page else ""
        own = self._number(_INTERNET_PAGE)
        self._page_encoding = _CODE_PAGES.get(own, f"cp{own}") if own else None

    def message(self) -> Message:
        root = self._root
        sender = self._text(root, _SENDER)
        address = next(
            (one for one in (self._text(root, _SENDER_SMTP), self._text(root, _SENDER_ADDRESS)) if "@" in one), ""
        )
        to, copies = self._recipients()
        head = [
            ("From", _named(sender, address)),
            ("To", to or self._text(root, _TO)),
            ("Cc", copies or self._text(root, _CC)),
            ("Date", self._date()),
            ("Begins", self._moment(_START)),
            ("Ends", self._moment(_END)),
        ]
        plain, html = self._body()
        message = Message(self._text(root, _SUBJECT), head, plain, html)
        attachments = self._inner("__attach_version1.0_")
        for folder in attachments[:MAX_ATTACHMENTS]:
            self._attach(message, (*root, folder))
        if len(attachments) > MAX_ATTACHMENTS:
            message.warnings.append(warning("attachments_cut", most=MAX_ATTACHMENTS, count=len(attachments)))
        if self._text(root, _CLASS).upper().startswith(_SIGNED_CLASS):
            self._open_sealed(message)
        return message

    def _open_sealed(self, message: Message) -> None:
        """A message that is signed or encrypted has all of it in its only attachment: a container, or parts of which
        the last is the signature."""
        if len(message.attachments) != 1 or not isinstance(content := message.attachments[0].content, bytes):
            return
        message.attachments.clear()
        if is_sealed(content[:4096]):
            add_sealed(message, content)
        else:
            add_parts(message, content)

    def _body(self) -> tuple[str, str]:
        plain = self._text(self._root, _BODY)
        data = self._bytes(self._root, _HTML, _BINARY)
        if data:
            return plain, decode_declared(data, self._page_encoding)
        html = self._text(self._root, _HTML)
        rtf = self._bytes(self._root, _RTF, _BINARY)
        if html or not rtf:
            return plain, html
        try:
            html, text = html_or_text(decompressed(rtf, 4 * self._limits.max_text_chars))
        except ParseFailed:
            return plain, ""
        return plain or text, html

    def _attach(self, message: Message, folder: tuple[str, ...]) -> None:
        name = next(filter(None, (self._text(folder, kind) for kind in (_NAME, _SHORT_NAME, _SHOWN_NAME))), "")
        content = self._bytes(folder, _DATA, _BINARY)
        if content is not None:
            message.attachments.append(Attachment(name or "attachment", content))
            return
        inner = (*folder, f"__substg1.0_{_DATA}{_OBJECT}")
        if inner in self._container.folders and len(inner) < 2 * _DEEPEST:
            attached = _Reader(self._container, inner, self._limits).message()
            message.attachments.append(Attachment(name or attached.subject or "message", attached))

    def _recipients(self) -> tuple[str, str]:
        """Returns (recipients, recipients of a copy)."""
        people: dict[int, list[str]] = {1: [], 2: []}
        for folder in self._inner("__recip_version1.0_")[:_MOST_RECIPIENTS]:
            place = (*self._root, folder)
            addresses = (self._text(place, _SMTP), self._text(place, _ADDRESS))
            person = _named(self._text(place, _PERSON), next((one for one in addresses if "@" in one), ""))
            kind = self._properties(place, 8).get(_RECIPIENT_KIND, b"\1")
            people.setdefault(int.from_bytes(kind[:4], "little"), []).append(person)
        return tuple("; ".join(filter(None, people[kind])) for kind in (1, 2))  # type: ignore[return-value]

    def _inner(self, prefix: str) -> list[str]:
        """The storages of the message whose names begin so, in their order."""
        return sorted(name for name in self._container.folders.get(self._root, ()) if name.startswith(prefix))

    def _date(self) -> str:
        """Returns the date in the message's header. A message that no server sent has only properties."""
        for line in self._text(self._root, _TRANSPORT).splitlines():
            if line.lower().startswith("date:"):
                return line[5:].strip()
        return self._moment(_SENT) or self._moment(_DELIVERED)

    def _moment(self, number: int) -> str:
        value = int.from_bytes(self._fixed.get(number, b"")[:8], "little")
        if not value:
            return ""
        try:
            moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=value // 10)
        except OverflowError:
            return ""
        return moment.strftime("%Y-%m-%d %H:%M UTC")

    def _properties(self, place: tuple[str, ...], head: int) -> dict[int, bytes]:
        """Values of fixed size by number, eight bytes each."""
        data = self._container.stream((*place, "__properties_version1.0")) or b""
        found = {}
        for start in range(head, len(data) - 15, 16):
            _, number = struct.unpack_from("<HH", data, start)
            found[number] = data[start + 8 : start + 16]
        return found

    def _number(self, number: int) -> int:
        return int.from_bytes(self._fixed.get(number, b"")[:4], "little")

    def _text(self, place: tuple[str, ...], number: str) -> str:
        wide = self._bytes(place, number, _WIDE)
        if wide is not None:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        data = (self._bytes(place, number, _NARROW) or b"").rstrip(b"\0")
        decoded = decode_as(data, self._encoding) if self._encoding else None
        return decode_text(data) if decoded is None else decoded

    def _bytes(self, place: tuple[str, ...], number: str, kind: str) -> bytes | None:
        return self._container.stream((*place, f"__substg1.0_{number}{kind}"))


def _named(name: str, address: str) -> str:
    return f"{name} <{address}>" if address and name and address != name else name or address
