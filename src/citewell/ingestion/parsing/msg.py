"""MSG: a message as Outlook stores it, by the streams of its container."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import olefile

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing.charset import decode_text
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits
from citewell.ingestion.parsing.message import Attachment, Message, message_document

# Properties by their number, as a stream's name has it; behind it stands the type of the value.
_SUBJECT, _SENDER, _SENDER_ADDRESS, _TO, _CC = "0037", "0C1A", "0C1F", "0E04", "0E03"
_TRANSPORT, _BODY, _HTML = "007D", "1000", "1013"
_DATA, _NAME, _SHORT_NAME, _SHOWN_NAME = "3701", "3707", "3704", "3001"
_WIDE, _NARROW, _BINARY = "001F", "001E", "0102"


def parse_msg(path: Path, limits: ParseLimits) -> ParsedDocument:
    try:
        with olefile.OleFileIO(path) as file:
            message = _Reader(file).message()
    except OSError as error:
        raise ParseFailed("damaged", DAMAGED) from error
    return message_document(message, limits)


class _Reader:
    """Reads properties of a storage: the message itself, which is the root, or one of its attachments."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._names: set[tuple[str, ...]] = {tuple(entry) for entry in file.listdir()}

    def message(self) -> Message:
        sender, address = self._text((), _SENDER), self._text((), _SENDER_ADDRESS)
        head = [
            ("From", f"{sender} <{address}>" if "@" in address and address != sender else sender),
            ("To", self._text((), _TO)),
            ("Cc", self._text((), _CC)),
            ("Date", _date(self._text((), _TRANSPORT))),
        ]
        html = self._bytes((), _HTML, _BINARY) or b""
        message = Message(self._text((), _SUBJECT), head, self._text((), _BODY), decode_text(html))
        folders = {name[0] for name in self._names if name[0].startswith("__attach_version1.0_")}
        for folder in sorted(folders):
            content = self._bytes((folder,), _DATA, _BINARY)
            if content is not None:
                names = (self._text((folder,), kind) for kind in (_NAME, _SHORT_NAME, _SHOWN_NAME))
                message.attachments.append(Attachment(next(filter(None, names), "attachment"), content))
        return message

    def _text(self, storage: Sequence[str], number: str) -> str:
        wide = self._bytes(storage, number, _WIDE)
        if wide is not None:
            return wide.decode("utf-16-le", errors="replace").rstrip("\0")
        return decode_text((self._bytes(storage, number, _NARROW) or b"").rstrip(b"\0"))

    def _bytes(self, storage: Sequence[str], number: str, kind: str) -> bytes | None:
        name = (*storage, f"__substg1.0_{number}{kind}")
        if name not in self._names:
            return None
        with self._file.openstream(list(name)) as stream:
            data: bytes = stream.read()
            return data


def _date(transport: str) -> str:
    """The date among the headers that the message was sent with."""
    with suppress(StopIteration):
        line = next(line for line in transport.splitlines() if line.lower().startswith("date:"))
        return line[5:].strip()
    return ""
