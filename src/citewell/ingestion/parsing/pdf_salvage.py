"""Repairs PDF files without a cross-reference table and trailer: writes both anew.

PDFium rebuilds the table of a file that has a trailer. Without one it does not know which object is the catalog. A
truncated file is not repaired, because half a document that looks complete would be worse than none.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

_MOST_BYTES = 200 * 1024 * 1024  # of the file, and of what its streams of objects unpack to
_MOST_OBJECTS = 200_000
_HEAD = 4096  # bytes of an object that are looked at
_MOST_HEAD = 1024 * 1024  # of the root of the pages, which lists them
_OBJECT = re.compile(rb"(?<!\d)(\d{1,7})\s{1,4}(\d{1,5})\s{1,4}obj\b")
_CATALOG = re.compile(rb"/Type\s{0,4}/Catalog\b")
_PAGE = re.compile(rb"/Type\s{0,4}/Page\b")
_PACKED = re.compile(rb"/Type\s{0,4}/ObjStm\b")
_LOCKED = re.compile(rb"/Filter\s{0,4}/(?:Standard|Adobe\.PubSec)\b")
_NUMBER_OF = re.compile(rb"/(N|First)\s{0,4}(\d{1,7})")


def salvaged(path: Path) -> bytes | None:
    """Returns the file with a table and a trailer; None if objects are missing, or it is encrypted."""
    if path.stat().st_size > _MOST_BYTES:
        return None
    data = bytearray(path.read_bytes())
    places = _places(data)
    if not places or _is_cut_off(data, max(places.values())):
        return None
    for number, body in _unpacked(data, places):
        if number not in places:
            places[number] = len(data) + 1
            data += b"\n%d 0 obj\n%s\nendobj\n" % (number, body)
    catalog, pages = None, 0
    for number, place in places.items():
        head = _head(data, place)
        if _LOCKED.search(head):
            return None
        catalog = number if _CATALOG.search(head) else catalog
        pages += _PAGE.search(head) is not None
    if catalog is None or not 0 < _stated_pages(data, places, catalog) <= pages:
        return None
    _add_trailer(data, places, catalog)
    return bytes(data)


def _is_cut_off(data: bytearray, last: int) -> bool:
    """Whether the file ends inside its last object, or inside the table after it."""
    end = data.find(b"endobj", last)
    return end < 0 or (data.find(b"xref", end) >= 0 and data.find(b"startxref", end) < 0)


def _places(data: bytearray) -> dict[int, int]:
    """Returns the offset of each object; of several with one number, the last one."""
    places: dict[int, int] = {}
    for found in _OBJECT.finditer(data):
        places[int(found.group(1))] = found.start()
        if len(places) >= _MOST_OBJECTS:
            break
    return places


def _head(data: bytearray, place: int, most: int = _HEAD) -> bytes:
    """Returns the first bytes of the object at this offset, up to its stream or its end."""
    ends = (data.find(mark, place, place + most) for mark in (b"stream", b"endobj"))
    return bytes(data[place : min((end for end in ends if end >= 0), default=place + most)])


def _unpacked(data: bytearray, places: dict[int, int]) -> Iterator[tuple[int, bytes]]:
    """Yields (number, body) of the objects in object streams."""
    room = _MOST_BYTES
    for place in list(places.values()):
        head = _head(data, place)
        if not _PACKED.search(head):
            continue
        start = place + len(head) + len(b"stream")
        start += 2 if data[start : start + 2] == b"\r\n" else 1
        end = data.find(b"endstream", start)
        unpacked = _inflated(bytes(data[start : end if end >= 0 else len(data)]), room)
        room -= len(unpacked)
        yield from _members(unpacked, {name: int(value) for name, value in _NUMBER_OF.findall(head)})


def _members(unpacked: bytes, counts: dict[bytes, int]) -> Iterator[tuple[int, bytes]]:
    """Yields (number, body) of the objects in an object stream.

    It begins with pairs of numbers: the object's number, and its offset from /First.
    """
    first = counts.get(b"First", 0)
    numbers = unpacked[:first].split()[: 2 * min(counts.get(b"N", 0), _MOST_OBJECTS)]
    if not all(number.isdigit() and len(number) < 10 for number in numbers):
        return
    pairs = list(zip(map(int, numbers[::2]), map(int, numbers[1::2]), strict=False))
    ends = [offset for _, offset in pairs[1:]] + [len(unpacked) - first]
    for (number, offset), end in zip(pairs, ends, strict=False):
        yield number, unpacked[first + offset : first + end].strip()


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, max(most, 1))
    except zlib.error:
        return b""


def _stated_pages(data: bytearray, places: dict[int, int], catalog: int) -> int:
    """Returns the number of pages that the root of the page tree states; 0 without one."""
    root = re.search(rb"/Pages\s{0,4}(\d{1,7})\s", _head(data, places[catalog]))
    place = places.get(int(root.group(1))) if root is not None else None
    count = re.search(rb"/Count\s{0,4}(\d{1,7})\b", _head(data, place, _MOST_HEAD)) if place is not None else None
    return int(count.group(1)) if count is not None else 0


def _add_trailer(data: bytearray, places: dict[int, int], catalog: int) -> None:
    start = len(data) + 1
    data += b"\nxref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        data += b"%d 1\n%010d 00000 n \n" % (number, place)
    size = max(places) + 1
    data += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, catalog, start)
