"""TNEF: the "winmail.dat" in which Outlook packs attachments and formatted text for others of its kind.

Source: [MS-OXTNEF].
"""

import struct
from collections.abc import Iterator

from citewell.ingestion.charset import decode_as, decode_text
from citewell.ingestion.parsing.limits import ParseFailed
from citewell.ingestion.parsing.message import Attachment, Message
from citewell.ingestion.parsing.rtf import decompressed, html_or_text

SIGNATURE = b"\x78\x9f\x3e\x22"
_DEEPEST = 10  # messages in messages
_MAX_ATTRIBUTES = 10_000  # attributes, properties
_BODY, _DATA, _TITLE, _BEGINS_ATTACHMENT = 0x800C, 0x800F, 0x8010, 0x9002
_PROPERTIES, _ATTACHMENT_PROPERTIES, _CODE_PAGE = 0x9003, 0x9005, 0x9007
_PLAIN, _RTF, _HTML, _OBJECT, _LONG_NAME = 0x1000, 0x1009, 0x1013, 0x3701, 0x3707
_NARROW, _WIDE, _NESTED, _BINARY, _SEVERAL = 0x1E, 0x1F, 0x0D, 0x102, 0x1000
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}


def unpack(message: Message, data: bytes, max_chars: int, depth: int = 0) -> None:
    """Add what is packed to the message: its attachments, and its text where the message has none of its own."""
    encoding = ""
    plain = html = ""
    name, content = "", b""
    for attribute, value in _attributes(data):
        if attribute == _BEGINS_ATTACHMENT:
            _attach(message, name, content, depth)
            name, content = "", b""
        elif attribute == _TITLE:
            name = name or _text(value, encoding)
        elif attribute == _DATA:
            content = value
        elif attribute == _ATTACHMENT_PROPERTIES:
            found = dict(_properties(value, encoding))
            name = str(found.get(_LONG_NAME) or name)
            nested = found.get(_OBJECT)
            # Behind the 16 bytes of its class, a message that is attached is packed likewise.
            content = nested[16:] if not content and isinstance(nested, bytes) else content
        elif attribute == _CODE_PAGE and len(value) >= 4:
            encoding = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _BODY:
            plain = _text(value, encoding)
        elif attribute == _PROPERTIES:
            html, rich = _bodies(dict(_properties(value, encoding)), max_chars)
            plain = plain or rich
    _attach(message, name, content, depth)
    if not (message.plain.strip() or message.html.strip()):
        message.plain, message.html = plain, html


def _attach(message: Message, name: str, content: bytes, depth: int) -> None:
    if content.startswith(SIGNATURE) and depth < _DEEPEST:
        inner = Message(name)
        unpack(inner, content, 10 * len(content), depth + 1)
        message.attachments.append(Attachment(name or "message", inner))
    elif content:
        message.attachments.append(Attachment(name or "attachment", content))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and value of each; what is cut off at the end is left out."""
    place = 6
    for _ in range(_MAX_ATTRIBUTES):
        if place + 9 > len(data):
            return
        number, _, size = struct.unpack_from("<HHI", data, place + 1)
        if place + 9 + size > len(data):
            return
        yield number, data[place + 9 : place + 9 + size]
        place += 9 + size + 2  # the sum of its bytes


def _properties(data: bytes, encoding: str) -> Iterator[tuple[int, str | bytes]]:
    """Number and value of each property that is text or bytes."""
    count = min(int.from_bytes(data[:4], "little"), _MAX_ATTRIBUTES)
    place = 4
    try:
        for _ in range(count):
            kind, number = struct.unpack_from("<HH", data, place)
            place += 4
            if number >= 0x8000:
                place = _behind_name(data, place + 16)
            base = kind & ~_SEVERAL
            values = 1
            if kind & _SEVERAL or base in (_NARROW, _WIDE, _NESTED, _BINARY):
                values = struct.unpack_from("<I", data, place)[0]
                place += 4
            for _ in range(min(values, _MAX_ATTRIBUTES)):
                if base in (_NARROW, _WIDE, _NESTED, _BINARY):
                    size = struct.unpack_from("<I", data, place)[0]
                    value = data[place + 4 : place + 4 + size]
                    place += 4 + (size + 3) // 4 * 4
                    yield number, _value(value, base, encoding)
                else:
                    place += _SIZES[base]
    except (struct.error, KeyError):
        return


def _behind_name(data: bytes, place: int) -> int:
    """The place behind the name of a property that is known by one: a number or a text."""
    kind, size = struct.unpack_from("<II", data, place)
    return int(place + 8 if kind == 0 else place + 8 + (size + 3) // 4 * 4)


def _value(value: bytes, kind: int, encoding: str) -> str | bytes:
    if kind == _WIDE:
        return value.decode("utf-16-le", errors="replace").rstrip("\0")
    return _text(value, encoding) if kind == _NARROW else value


def _bodies(properties: dict[int, str | bytes], max_chars: int) -> tuple[str, str]:
    """The text as HTML and as plain text, as far as it is there."""
    page, plain, rich = properties.get(_HTML, ""), properties.get(_PLAIN, ""), properties.get(_RTF, b"")
    html = page if isinstance(page, str) else decode_text(page)
    text = plain if isinstance(plain, str) else ""
    if html or not isinstance(rich, bytes) or not rich:
        return html, text
    try:
        html, own = html_or_text(decompressed(rich, 4 * max_chars))
    except ParseFailed:
        return "", text
    return html, text or own


def _text(value: bytes, encoding: str) -> str:
    value = value.partition(b"\0")[0]
    decoded = decode_as(value, encoding) if encoding else None
    return decode_text(value) if decoded is None else decoded
