"""Reads CMS containers (RFC 5652) of S/MIME and of signed files (.p7m), unless they are encrypted.

Signatures are not verified: the content is read whoever signed it.
"""

import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

_SEQUENCE, _EXPLICIT, _OID, _OCTETS, _OCTETS_IN_PARTS = 0x30, 0xA0, 0x06, 0x04, 0x24
_DEEPEST = 24
_INDEFINITE = 0x80
_PKCS7 = bytes.fromhex("2a864886f70d0107")  # 1.2.840.113549.1.7, behind it the type's number
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")  # 1.2.840.113549.1.9.16.1.9
_AUTHENTICATED = bytes.fromhex("2a864886f70d0109100117")  # ... 23: encrypted by AES-GCM
_BASE64 = re.compile(rb"(?:-----BEGIN (?:PKCS7|CMS)-----)?([A-Za-z0-9+/=\s]+)(?:-----END (?:PKCS7|CMS)-----)?\s*")
_HEAD = 64  # bytes in which the type stands


class BrokenContainer(Exception):
    """The container is damaged or cut off."""


class Sealed(StrEnum):
    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    COMPRESSED = "compressed"


_TYPES = {
    _PKCS7 + b"\2": Sealed.SIGNED,
    _PKCS7 + b"\3": Sealed.ENCRYPTED,
    _AUTHENTICATED: Sealed.ENCRYPTED,
    _COMPRESSED: Sealed.COMPRESSED,
}


@dataclass(frozen=True)
class _Element:
    """A value in `data` from `start` to `stop`; the next one begins at `following`."""

    tag: int
    start: int
    stop: int
    following: int


def is_sealed(head: bytes) -> bool:
    """Whether a file with these first bytes is a container, in binary form or base64."""
    if head.startswith(b"0"):
        return any(kind in head[:_HEAD] for kind in _TYPES)
    plain = _from_base64(head[:4096])
    return plain is not None and plain.startswith(b"0") and any(kind in plain[:_HEAD] for kind in _TYPES)


def opened(data: bytes, max_bytes: int) -> tuple[Sealed, bytes]:
    """Returns (kind of the container, content). The content is b"" if there is none or it is encrypted.

    At most `max_bytes` of compressed data are unpacked. Raises BrokenContainer.
    """
    if not data.startswith(b"0"):
        data = _from_base64(data) or b""
    try:
        return _opened(data, max_bytes)
    except (IndexError, ValueError, StopIteration, zlib.error) as error:
        raise BrokenContainer from error


def inner_name(name: str) -> str:
    """Returns the name of the file in a container: "invoice.xml" for "invoice.xml.p7m", "smime.eml" for "smime.p7m"."""
    path = PurePath(name)
    inner = path.stem if path.suffix.lower() in (".p7m", ".p7s", ".p7c", ".p7z") else name
    return inner if PurePath(inner).suffix else f"{inner}.eml"


def _opened(data: bytes, max_bytes: int) -> tuple[Sealed, bytes]:
    kind, content = _typed(data, _only(data, 0, len(data)))
    sealed = _TYPES.get(kind)
    if sealed is None or content is None:
        raise ValueError(kind)
    if sealed is Sealed.ENCRYPTED:
        return sealed, b""
    parts = [part for part in _children(data, _only(data, content.start, content.stop)) if part.tag == _SEQUENCE]
    # After the version, signed data has a set of algorithms, and compressed data a sequence with one.
    _, inner = _typed(data, parts[1] if sealed is Sealed.COMPRESSED else parts[0])
    packed = _octets(data, _only(data, inner.start, inner.stop)) if inner is not None else b""
    if sealed is Sealed.COMPRESSED:
        packed = zlib.decompressobj().decompress(packed, max_bytes)
    return sealed, packed


def _typed(data: bytes, element: _Element) -> tuple[bytes, _Element | None]:
    """Reads a sequence of a type and a value. Returns (type, value or None)."""
    kind, *rest = _children(data, element)
    if element.tag != _SEQUENCE or kind.tag != _OID:
        raise ValueError(element.tag)
    return data[kind.start : kind.stop], rest[0] if rest and rest[0].tag == _EXPLICIT else None


def _octets(data: bytes, element: _Element) -> bytes:
    if element.tag == _OCTETS:
        return data[element.start : element.stop]
    if element.tag == _OCTETS_IN_PARTS:
        return b"".join(_octets(data, part) for part in _children(data, element))
    return b""  # of a type of its own, as very old programs wrote


def _only(data: bytes, start: int, stop: int) -> _Element:
    return _element(data, start, stop, 0)


def _children(data: bytes, element: _Element) -> Iterator[_Element]:
    at = element.start
    while at < element.stop:
        child = _element(data, at, element.stop, 0)
        yield child
        at = child.following


def _element(data: bytes, at: int, end: int, depth: int) -> _Element:
    """Reads the value at offset `at`. A value of indefinite length ends with two zero bytes after its parts."""
    if depth > _DEEPEST or at + 2 > end or data[at] & 31 == 31:
        raise ValueError(at)
    tag, size, start = data[at], data[at + 1], at + 2
    if size == _INDEFINITE:
        stop = start
        while data[stop : stop + 2] != b"\0\0":
            stop = _element(data, stop, end, depth + 1).following
        return _Element(tag, start, stop, stop + 2)
    if size > _INDEFINITE:
        count = size - _INDEFINITE
        size, start = int.from_bytes(data[start : start + count]), start + count
    if start + size > end:
        raise ValueError(at)
    return _Element(tag, start, start + size, start + size)


def _from_base64(data: bytes) -> bytes | None:
    found = _BASE64.match(data)
    if found is None:
        return None
    text = b"".join(found.group(1).split())
    try:
        return binascii.a2b_base64(text[: len(text) // 4 * 4])
    except binascii.Error:
        return None
