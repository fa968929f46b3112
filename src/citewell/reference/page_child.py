"""The child process that draws a page of a PDF with marks: reads a task, writes the picture, ends.

PDFs may be hostile. In a child process an endless loop, a crash or a gigabyte of memory does no harm.
"""

import re
import resource
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.isolation import cut_off
from citewell.ingestion.parsing.pdf_forms import shown_words
from citewell.ingestion.parsing.pdf_text import Word
from citewell.ingestion.parsing.pictures import shown_upright
from citewell.ingestion.parsing.programs import die_with_parent
from citewell.reference.marks import MarkedPage, Part
from citewell.reference.page_task import Drawn, Task

MAX_PIXELS = 6_000_000
_TINT = np.array([1.0, 0.87, 0.35])  # the share of red, green and blue under a mark
_WORD = re.compile(r"\S+")
_SLACK = 1.0  # points around a line within which its words lie


def main() -> None:
    die_with_parent()
    cut_off()
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + task.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (task.seconds, task.seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(msgspec.msgpack.encode([draw(task, page) for page in task.pages]))


def draw(task: Task, number: int) -> Drawn:
    """Returns the page with the marks of its parts."""
    words = [Word(word.text, *word.bbox, 0, False) for word in task.words if word.page == number]
    parts = [part for part in task.parts if part.page == number]
    if task.kind == "image":
        return _draw_image(task, number, parts, words)
    document = pdfium.PdfDocument(task.path)
    document.init_forms()
    page = document[number - 1]
    words += shown_words(document, page) if parts else []
    boxes = [box for part in parts for box in marked(part, words)]
    width, height = page.get_size()
    page_marks = MarkedPage(number, width, height, boxes)
    if not task.scale:
        return Drawn(b"", page_marks)
    scale = min(task.scale, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    picture = page.render(scale=scale, rev_byteorder=True, no_smoothtext=False).to_numpy()[:, :, :3].copy()
    return Drawn(_marked_png(picture, boxes, scale), page_marks)


def _draw_image(task: Task, number: int, parts: list[Part], words: list[Word]) -> Drawn:
    """Draw a picture, which is its own page, turned as its EXIF data says. One pixel is one point."""
    # Not by its path: then Pillow maps pictures into memory, and mixes up the sides of a TIFF that lies on one.
    with Path(task.path).open("rb") as content, Image.open(content) as file:
        file.seek(number - 1)
        image = shown_upright(file)
    boxes = [box for part in parts for box in marked(part, words)]
    page_marks = MarkedPage(number, image.width, image.height, boxes)
    if not task.scale:
        return Drawn(b"", page_marks)
    scale = min(1.0, (MAX_PIXELS / max(image.width * image.height, 1)) ** 0.5)
    shown = image.resize((max(int(image.width * scale), 1), max(int(image.height * scale), 1)))
    return Drawn(_marked_png(np.array(shown), boxes, scale), page_marks)


def _marked_png(picture: Any, boxes: list[Box], scale: float) -> bytes:
    for left, top, right, bottom in boxes:
        rows = slice(max(int(top * scale), 0), int(bottom * scale) + 1)
        columns = slice(max(int(left * scale) - 1, 0), int(right * scale) + 2)
        picture[rows, columns] = (picture[rows, columns] * _TINT).astype(np.uint8)
    return _png(picture)


def marked(part: Part, words: list[Word]) -> list[Box]:
    """Returns the boxes of the marked characters of a line: the boxes of its words if these match the line's text, else
    a share of the line's box.
    """
    inside = sorted((word for word in words if _is_within(word, part.box)), key=_reading_place)
    places = _align(part.text, "".join(word.text for word in inside)) or _match(part.text, inside)
    wanted = [place for place in range(part.start, part.end) if not part.text[place].isspace()]
    if places is None or not wanted:
        return [_share(part.box, part.start, part.end, len(part.text))]
    found = {places[place] for place in wanted if place in places}
    return list(_boxes(inside, found))


def _boxes(words: list[Word], characters: set[int]) -> Iterator[Box]:
    """Yields the boxes of the marked part of each word; boxes of adjacent words are joined."""
    joined: Box | None = None
    first = 0
    for word in words:
        mine = [place - first for place in range(first, first + len(word.text)) if place in characters]
        first += len(word.text)
        if not mine:
            if joined:
                yield joined
            joined = None
            continue
        box = _share(word.box, mine[0], mine[-1] + 1, len(word.text), word.turned)
        if joined is None or not _is_beside(joined, box):
            if joined:
                yield joined
            joined = box
        else:
            joined = (joined[0], min(joined[1], box[1]), max(joined[2], box[2]), max(joined[3], box[3]))
    if joined:
        yield joined


def _align(text: str, written: str) -> dict[int, int] | None:
    """Maps each character of the line's text to the index of the same character in the words; None if the two
    differ.

    White space, separators of cells, and hyphens at a line's end may be on one side only.
    """
    places: dict[int, int] = {}
    at = 0
    for place, character in enumerate(text):
        if character.isspace():
            continue
        while at < len(written) and written[at] != character and written[at] in "-\u00ad\u2010|":
            at += 1
        if at < len(written) and written[at] == character:
            places[place] = at
            at += 1
        elif character not in "|-":
            return None
    return places


def _match(text: str, words: list[Word]) -> dict[int, int] | None:
    """Like `_align`, but word by word, for adjacent cells of several lines.

    A word that occurs several times is matched from left to right. Returns None if a word is missing.
    """
    free: dict[str, list[int]] = {}
    first = 0
    for word in words:
        free.setdefault(word.text, []).append(first)
        first += len(word.text)
    places: dict[int, int] = {}
    for found in _WORD.finditer(text):
        place = found.start()
        while place < found.end() and found[0] != "|":
            # Usually a whole word; one word of the text may be several on the page, as in a letter-spaced heading.
            longest = next((n for n in range(found.end() - place, 0, -1) if free.get(text[place : place + n])), None)
            if longest is None:
                return None
            at = free[text[place : place + longest]].pop(0)
            places |= {place + offset: at + offset for offset in range(longest)}
            place += longest
    return places


def _is_beside(first: Box, second: Box) -> bool:
    overlap = min(first[3], second[3]) - max(first[1], second[1])
    return overlap > 0.5 * min(first[3] - first[1], second[3] - second[1])


def _is_within(word: Word, box: Box) -> bool:
    across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box[0] - _SLACK <= across <= box[2] + _SLACK and box[1] - _SLACK <= down <= box[3] + _SLACK


def _reading_place(word: Word) -> float:
    """Returns the position of a word along its line."""
    return {0: word.left, 90: word.top, 180: -word.right, 270: -word.bottom}[word.turned]


def _share(box: Box, start: int, end: int, length: int, turned: int = 0) -> Box:
    """Returns the part of a box between two characters, assuming equal widths, in the direction of the text."""
    left, top, right, bottom = box
    step = (bottom - top if turned in (90, 270) else right - left) / max(length, 1)
    if turned == 90:
        return (left, top + step * start, right, top + step * end)
    if turned == 270:
        return (left, bottom - step * end, right, bottom - step * start)
    if turned == 180:
        return (right - step * end, top, right - step * start, bottom)
    return (left + step * start, top, left + step * end, bottom)


def _png(picture: Any) -> bytes:
    """Returns an RGB picture (rows, columns, 3) as PNG."""
    height, width, _ = picture.shape
    rows = np.zeros((height, 1 + width * 3), np.uint8)  # each row begins with its filter type: none
    rows[:, 1:] = picture.reshape(height, width * 3)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 5)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    main()
