"""Text recognition by the `tesseract` command: pictures become words with their boxes and confidence."""

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.limits import CPU_GRACE, RECOGNISING, ParseFailed, ParseLimits
from citewell.ingestion.parsing.pdf_text import Word

MISSING = (
    "Its text is only in pictures, and this server has no text recognition: install tesseract on it, or upload a file "
    "with text."
)
_LEAST_CONFIDENCE = 0.3  # below it there is mostly dirt and drawings
_PAGE, _LINE, _WORD = "1", "4", "5"


@dataclass
class RecognisedPage:
    """Width, height and the words' boxes in pixels of the picture."""

    width: float
    height: float
    words: list[Word]


def recognise(picture: Path, limits: ParseLimits) -> list[RecognisedPage]:
    """The picture's pages, of which it may hold several. Raises ParseFailed without tesseract."""
    command = programs.tesseract()
    if command is None:
        raise ParseFailed("no_recognition", MISSING)
    _ask_for_time()
    done = programs.run([command, str(picture), "-", "-l", limits.languages, "--psm", "3", "tsv"])
    if done.returncode < 0 or (done.returncode and not done.stdout):
        raise ParseFailed("damaged", "The text of a picture could not be recognised: export it again, as PNG or JPEG.")
    pages = list(_pages(done.stdout.decode("utf-8", errors="replace")))
    for page in pages:
        _even_sizes(page.words)
    return pages


def _ask_for_time() -> None:
    """Recognition is slow: the parent waits longer for a child that says so, and its limit on its own is raised."""
    Path(RECOGNISING).touch()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_CPU, (hard - CPU_GRACE, hard))


def _even_sizes(words: list[Word]) -> None:
    """A line's height depends on its letters: what is about the usual size is that, so that only headings differ."""
    usual = median(word.size for word in words) if words else 0.0
    for word in words:
        if 0.7 * usual < word.size < 1.4 * usual:
            word.size = usual


def _pages(table: str) -> Iterator[RecognisedPage]:
    page: RecognisedPage | None = None
    size = 0.0
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12:
            continue
        left, top, width, height = map(float, cells[6:10])
        if cells[0] == _PAGE:
            if page is not None:
                yield page
            page = RecognisedPage(width, height, [])
        elif cells[0] == _LINE:
            size = height
        elif cells[0] == _WORD and page is not None:
            word = _word(cells, (left, top, left + width, top + height), size)
            if word is not None:
                page.words.append(word)
    if page is not None:
        yield page


def _word(cells: list[str], box: tuple[float, float, float, float], size: float) -> Word | None:
    text, confidence = cells[11].strip(), float(cells[10]) / 100
    if not text or confidence < _LEAST_CONFIDENCE:
        return None
    return Word(text, *box, size=size, bold=False, confidence=confidence)
