"""EML: a mail message as it is sent, by the standard library."""

import binascii
import email
import re
from collections.abc import Iterator
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Part
from pathlib import Path
from typing import Any

from citewell.ingestion import cms
from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.charset import decode_as, decode_declared, decode_text, surely_utf8
from citewell.ingestion.parsing import tnef
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.message import Attachment, Message, message_document
from citewell.ingestion.reading_warnings import warning

_HEAD = ("From", "To", "Cc", "Date", "Reply-To")
_MAX_HEADER = 4000  # characters
_MAX_PARTS = 2000
_TEXTS = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html")
_REPORTS = ("message/delivery-status", "message/disposition-notification")
_SUFFIXES = {"text/calendar": "ics", "text/html": "html", "text/csv": "csv", "text/markdown": "md", "text/plain": "txt"}
# Pictures without a name in the text of a message are logos and the like, keys and signatures say nothing.
_SILENT = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/x-vcard")
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_ENCRYPTED = ("enveloped-data", "authenveloped-data")
_DEEPEST = 5  # signed parts in signed parts
_MAX_PACKED_CHARS = 10_000_000
_UUENCODED = re.compile(r"^begin [0-7]{3} (.{1,200})\n((?:[ -`]{1,90}\n)+?)end[ \t]*$", re.MULTILINE)
_GAP = re.compile(r"(?<=\?=)\s+(?==\?)")


def parse_eml(path: Path, limits: ParseLimits) -> ParsedDocument:
    data = path.read_bytes()
    if data.startswith(b"From "):  # as mailboxes divide their messages
        data = data.partition(b"\n")[2]
    return message_document(message_of(email.message_from_bytes(data.lstrip())), limits)


def message_of(whole: Part) -> Message:
    head = [(name, header(whole, name)) for name in _HEAD]
    message = Message(header(whole, "Subject"), head)
    _add_parts(message, whole, 0)
    _take_uuencoded(message)
    return message


def add_parts(message: Message, data: bytes, depth: int = 0) -> None:
    """Add the parts of a MIME entity: its text is the message's, its files are attachments."""
    _add_parts(message, email.message_from_bytes(data), depth)


def _add_parts(message: Message, whole: Part, depth: int) -> None:
    before: Part | None = None  # the container of alternatives that the last text stood in
    for number, (part, choice) in enumerate(_chosen(whole)):
        if number >= _MAX_PARTS:
            message.warnings.append(warning("parts_cut", most=f"{_MAX_PARTS:,}"))
            break
        if _is_text(part):
            if choice is None or choice is not before:
                _begin_text(message, part)
            before = choice
        _add(message, part, depth)


def add_sealed(message: Message, data: bytes, depth: int = 0) -> None:
    """Add what is in a container of S/MIME: a signed message has all of its text and its attachments there."""
    try:
        kind, content = cms.opened(data, 4 * _MAX_PACKED_CHARS)
    except cms.BrokenContainer:
        message.warnings.append(warning("sealed_part_damaged"))
        return
    if kind is cms.Sealed.ENCRYPTED:
        message.warnings.append(warning("encrypted_message"))
    elif depth >= _DEEPEST:
        message.warnings.append(warning("sealed_too_deeply"))
    elif content:
        add_parts(message, content, depth + 1)


def _take_uuencoded(message: Message) -> None:
    """Files that old programs write into the text become attachments."""

    def taken(found: re.Match[str]) -> str:
        with suppress(binascii.Error):
            lines = found.group(2).encode("ascii", "ignore").splitlines()
            content = b"".join(binascii.a2b_uu(line) for line in lines if line.strip())
            message.attachments.append(Attachment(found.group(1).strip(), content))
            return ""
        return found.group()

    def without_files(text: str) -> str:
        return _UUENCODED.sub(taken, text.replace("\r\n", "\n")) if "\nend" in text else text

    message.earlier = [(without_files(plain), html) for plain, html in message.earlier]
    message.plain = without_files(message.plain)


def leaves(part: Part) -> Iterator[Part]:
    """The parts that are no containers; a message within the message is one."""
    return (leaf for leaf, _ in _chosen(part))


def _chosen(part: Part, choice: Part | None = None) -> Iterator[tuple[Part, Part | None]]:
    """The parts that are no containers, each with the outermost container of alternatives that it stands in."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        if choice is None and part.get_content_subtype() == "alternative":
            choice = part
        for child in _payload(part):
            yield from _chosen(child, choice)
    else:
        yield part, choice


def _is_text(part: Part) -> bool:
    """Whether the part is shown as text of the message."""
    kind = part.get_content_type()
    return kind in _REPORTS or (
        kind in _TEXTS and part.get_content_disposition() != "attachment" and not _file_name(part)
    )


def _begin_text(message: Message, part: Part) -> None:
    """Keep the text so far apart from the next one. Plain text goes on as it is."""
    is_page = part.get_content_type() == "text/html"
    if message.html.strip() or (is_page and message.plain.strip()):
        message.begin_text()


def _payload(part: Part) -> list[Part]:
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _add(message: Message, part: Part, depth: int) -> None:
    kind = part.get_content_type()
    disposition = part.get_content_disposition()
    name = _file_name(part)
    if kind == "message/rfc822" and part.is_multipart():
        inner = _payload(part)[0]
        message.attachments.append(Attachment(name or f"{header(inner, 'Subject') or 'message'}.eml", inner.as_bytes()))
    elif kind in _REPORTS:
        message.plain = _joined(message.plain, "\n".join(_status(part)))
    elif _is_text(part):
        text = text_of(part)
        if kind in ("text/plain", "text/enriched", "text/richtext"):
            message.plain = _joined(message.plain, re.sub(r"<[^>]{0,200}>", "", text) if kind != "text/plain" else text)
        elif kind == "text/html":
            message.html += text
    elif kind in _SILENT or (part.get_content_maintype() == "image" and disposition != "attachment"):
        return
    elif _bytes(part)[:4] == tnef.SIGNATURE:
        tnef.unpack(message, _bytes(part), _MAX_PACKED_CHARS)
    elif kind == "application/pgp-encrypted" or (kind in _SEALED and _says_encrypted(part)):
        message.warnings.append(warning("encrypted_message"))
    elif kind in _SEALED and (not name or cms.inner_name(name).endswith(".eml")):
        add_sealed(message, _bytes(part), depth)
    elif disposition == "attachment" or name or kind == "text/calendar":
        shown = name or f"{'invitation' if kind == 'text/calendar' else 'attachment'}.{_suffix(part)}"
        message.attachments.append(Attachment(shown, _bytes(part)))


def _says_encrypted(part: Part) -> bool:
    return str(part.get_param("smime-type")).lower() in _ENCRYPTED


def _joined(before: str, text: str) -> str:
    return f"{before}\n\n{text}" if before.strip() else text


def _suffix(part: Part) -> str:
    return _SUFFIXES.get(part.get_content_type(), part.get_content_subtype())


def _status(part: Part) -> Iterator[str]:
    """Why a message did not arrive, as the server's lines."""
    for inner in _payload(part):
        yield from (f"{name}: {_decoded(str(value))}" for name, value in inner.items())


def _bytes(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def text_of(part: Part) -> str:
    """The text of a part, by what the part, the page in it or the characters say of its encoding."""
    data = _bytes(part)
    charset = part.get_content_charset()
    if part.get_content_type() in ("text/html", "application/xhtml+xml"):
        return decode_declared(data, charset)
    text = surely_utf8(data)
    if text is None and charset and charset != "us-ascii":
        text = decode_as(data, charset)
    return decode_text(data) if text is None else text


def _file_name(part: Part) -> str:
    """The decoded name. Some programs write it as it is, without encoding."""
    name: str | None = None
    with suppress(ValueError, LookupError, TypeError):
        name = part.get_filename()
    return _decoded(name) if name else ""


def header(part: Part, name: str) -> str:
    """The first header of that name, decoded."""
    for key, value in part.raw_items():
        if key.lower() == name.lower():
            return _decoded(str(value))
    return ""


def _decoded(value: str) -> str:
    """Encoded words are decoded; characters beyond ASCII are taken as bytes of text, in whatever encoding they are."""
    value = value[:_MAX_HEADER]
    if any(0xDC80 <= ord(char) <= 0xDCFF for char in value):
        value = decode_text(value.encode("utf-8", "surrogateescape"))
    if "=?" in value:
        with suppress(HeaderParseError, LookupError, UnicodeDecodeError, ValueError):
            value = _words(_GAP.sub("", re.sub(r"\r?\n[ \t]+", " ", value)))
    return " ".join(value.split())


def _words(value: str) -> str:
    """Neighbours of one encoding are decoded together: some programs cut within a character."""
    parts = []
    for text, charset in decode_header(value):
        if isinstance(text, str):
            parts.append(text)
        elif charset is None:
            parts.append(text.decode("raw-unicode-escape"))
        else:
            decoded = decode_as(text, charset)
            parts.append(decode_text(text) if decoded is None else decoded)
    return "".join(parts)
