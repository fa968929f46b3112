"""Runs of the `tesseract` command. Starting it takes longer than reading a page, so a run reads several pictures."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.pdf_text import Word

_LINE, _WORD = "4", "5"
_numbers = itertools.count()


@dataclass
class Seen:
    """Words in pixels of the picture, in the lines in which tesseract sees them."""

    lines: list[list[Word]] = field(default_factory=list)


def read(command: str, pictures: Sequence[Image.Image], limits: ParseLimits) -> list[Seen | None]:
    """Returns what tesseract reads in each grey picture; None for one that it fails on."""
    if not pictures:
        return []
    names = [_saved(picture) for picture in pictures]
    names_file = Path.cwd() / f"pictures-{next(_numbers)}.txt"
    names_file.write_text("".join(f"{name}\n" for name in names))
    try:
        done = programs.run([command, str(names_file), "-", "-l", limits.languages, "--psm", "3", "tsv"])
    finally:
        for name in (names_file, *names):
            name.unlink()
    if done.returncode == 0:
        seen: list[Seen | None] = list(_pages(done.stdout.decode("utf-8", errors="replace"), len(pictures)))
        return seen
    # It gives up at the first picture that it fails on.
    return [read(command, [picture], limits)[0] for picture in pictures] if len(pictures) > 1 else [None]


def orientation(command: str, picture: Image.Image) -> str:
    """Returns tesseract's report on how the picture lies."""
    name = _saved(picture)
    try:
        done = programs.run([command, str(name), "-", "--psm", "0", "-l", "osd"])
    finally:
        name.unlink()
    return done.stdout.decode("utf-8", errors="replace")


def _saved(picture: Image.Image) -> Path:
    path = Path.cwd() / f"picture-{next(_numbers)}.pgm"
    picture.save(path, "PPM")
    return path


def _pages(table: str, count: int) -> Iterator[Seen]:
    pages = [Seen() for _ in range(count)]
    size = 0.0
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or not cells[1].isdecimal() or not 0 < int(cells[1]) <= count:
            continue
        left, top, width, height = (float(cell) for cell in cells[6:10])
        lines = pages[int(cells[1]) - 1].lines
        if cells[0] == _LINE:
            size = height
            lines.append([])
        elif cells[0] == _WORD and cells[11].strip() and lines:
            box = (left, top, left + width, top + height)
            lines[-1].append(Word(cells[11].strip(), *box, size=size, bold=False, confidence=float(cells[10]) / 100))
    yield from pages
