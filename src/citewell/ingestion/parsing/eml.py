"""EML: a mail message as it is sent, by the standard library."""

import email
from collections.abc import Iterator
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message as Part
from pathlib import Path
from typing import Any

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing.charset import decode_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.message import Attachment, Message, message_document

_HEAD = ("From", "To", "Cc", "Date")
_MAX_HEADER = 2000  # characters


def parse_eml(path: Path, limits: ParseLimits) -> ParsedDocument:
    with path.open("rb") as file:
        whole = email.message_from_binary_file(file)
    message = Message(_header(whole, "Subject"), [(name, _header(whole, name)) for name in _HEAD])
    for part in _parts(whole):
        _add(message, part)
    return message_document(message, limits)


def _parts(part: Part) -> Iterator[Part]:
    """The leaves; a message within the message is one."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in _payload(part):
            yield from _parts(child)
    else:
        yield part


def _payload(part: Part) -> list[Part]:
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _add(message: Message, part: Part) -> None:
    kind = part.get_content_type()
    disposition = part.get_content_disposition()
    name = part.get_filename()
    if kind == "message/rfc822" and part.is_multipart():
        inner = _payload(part)[0]
        shown = _decoded(name) if name else f"{_header(inner, 'Subject') or 'message'}.eml"
        message.attachments.append(Attachment(shown, inner.as_bytes()))
    elif kind in ("text/plain", "text/html") and disposition != "attachment" and not name:
        text = _text(part)
        if kind == "text/plain":
            message.plain = f"{message.plain}\n\n{text}" if message.plain else text
        else:
            message.html += text
    elif disposition == "attachment" or (name and not (disposition == "inline" or part.get("Content-ID"))):
        # What is inline are logos and the like.
        shown = _decoded(name) if name else f"attachment.{part.get_content_subtype()}"
        message.attachments.append(Attachment(shown, _bytes(part)))


def _bytes(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Part) -> str:
    data = _bytes(part)
    try:
        return data.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return decode_text(data)  # the message is wrong about itself


def _header(part: Part, name: str) -> str:
    value = part.get(name)
    return _decoded(str(value)) if value is not None else ""


def _decoded(value: str) -> str:
    value = value[:_MAX_HEADER]
    with suppress(HeaderParseError, LookupError, UnicodeDecodeError, ValueError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())
