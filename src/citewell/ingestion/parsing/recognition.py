"""Text recognition by the `tesseract` command: pictures become words with their boxes and confidence.

A picture may lie on its side, stand on its head or be askew. Most do not, so it is first read as it is; only where that
gives little or doubtful text is the right turn looked for, and the best reading kept.
"""

import re
import resource
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, pairwise
from math import atan2, degrees
from pathlib import Path
from statistics import median

from PIL import Image

from citewell.ingestion.parsing import programs
from citewell.ingestion.parsing.bidi import RIGHT_TO_LEFT
from citewell.ingestion.parsing.limits import CPU_GRACE, RECOGNISING, ParseFailed, ParseLimits
from citewell.ingestion.parsing.pdf_text import Word
from citewell.ingestion.parsing.turning import Turn

MISSING = (
    "Its text is only in pictures, and this server has no text recognition: install tesseract on it, or upload a file "
    "with text."
)
CERTAIN = 0.8  # mean confidence of a reading that needs no other
DOUBTFUL = 0.7  # below it people are told
WORTHLESS = 0.45  # below it the text is left out: it is mostly not what the picture says
_LEAST_CONFIDENCE = 0.3  # of a word: below it there is mostly dirt and drawings
_FEW_SLOPES = 6
_FEW_LETTERS = 12  # in a reading that may have missed the text
_SMALL = 1500  # pixels of the longer side: screen shots, whose letters are too small
_SKEWED = 0.8  # degrees
_MOST_SKEWED = 12
_ABOUT_AS_GOOD = 0.9  # as a reading of lines that are askew
_INK = 60  # of 256 shades: what stands out from the ground
_LINE, _WORD = "4", "5"
_ROTATE = re.compile(r"Rotate: (\d+).*?Orientation confidence: ([\d.]+)", re.DOTALL)
_SURE_ORIENTATION = 1.0
_numbers = count()


@dataclass
class Reading:
    """Words in pixels of the picture as it was turned to be read, and the turn back to the picture.

    `lines` are the words in lines as tesseract sees them. `doubted` counts letters of words too uncertain to be kept.
    """

    words: list[Word]
    turn: Turn
    scale: float = 1.0
    lines: list[list[Word]] = field(default_factory=list)
    doubted: int = 0
    doubts: float = 0.0
    slope: float = 0.0  # degrees, counterclockwise, by which its lines must be turned to lie level

    @cached_property
    def letters(self) -> int:
        return sum(len(word.text) for word in self.words)

    @cached_property
    def confidence(self) -> float:
        """Mean confidence by letter, from 0 to 1, of all that was seen."""
        sure = sum(len(word.text) * (word.confidence or 0.0) for word in self.words)
        return (sure + self.doubts) / max(self.letters + self.doubted, 1)

    @property
    def score(self) -> float:
        """How much was read with certainty: a wrong turn finds few words, and those by chance."""
        return sum(len(word.text) * max((word.confidence or 0.0) - 0.4, 0.0) for word in self.words)

    def is_good(self) -> bool:
        return self.confidence >= CERTAIN and self.letters >= _FEW_LETTERS


def recognise(picture: Image.Image, limits: ParseLimits) -> Reading:
    """The best reading of a grey picture. Raises ParseFailed without tesseract."""
    command = programs.tesseract()
    if command is None:
        raise ParseFailed("no_recognition", MISSING)
    _ask_for_time()
    best = _read(command, picture, 0.0, limits)
    if best.is_good():
        return _level(command, picture, best, limits)
    if not best.letters and not best.doubted:
        return best  # whichever way it is turned, text leaves some trace
    for angle in _orientations(command, picture, best):
        best = max(best, _read(command, picture, angle, limits), key=lambda reading: reading.score)
        if best.is_good():
            return _level(command, picture, best, limits)
    return _straightened(command, picture, best, limits)


def _level(command: str, picture: Image.Image, best: Reading, limits: ParseLimits) -> Reading:
    """Words can be read though their lines are askew or lie on their side, but not put into lines: read again."""
    turn = _running(best.lines) or (best.slope if abs(best.slope) >= _SKEWED else 0.0)
    if not turn:
        return best
    level = _read(command, picture, best.turn.angle + turn, limits)
    return level if level.score > _ABOUT_AS_GOOD * best.score else best


def _straightened(command: str, picture: Image.Image, best: Reading, limits: ParseLimits) -> Reading:
    """A reading of the picture without its skew, and of a small one enlarged, where that is better."""
    upright = picture.rotate(best.turn.angle, expand=True) if best.turn.angle else picture
    skew = _skew(upright)
    if abs(skew) >= _SKEWED:
        best = max(best, _read(command, picture, best.turn.angle + skew, limits), key=lambda reading: reading.score)
    if not best.is_good() and max(picture.size) < _SMALL:
        best = max(best, _read(command, picture, best.turn.angle, limits, scale=2.0), key=lambda reading: reading.score)
    return best


def _orientations(command: str, picture: Image.Image, first: Reading) -> list[float]:
    """Turns, in degrees counterclockwise, that may set the text upright: tesseract's own finding, else all."""
    name = _saved(picture)
    try:
        done = programs.run([command, str(name), "-", "--psm", "0", "-l", "osd"])
    finally:
        name.unlink()
    found = _ROTATE.search(done.stdout.decode("utf-8", errors="replace"))
    if found is not None and float(found[2]) >= _SURE_ORIENTATION:
        return [float(-int(found[1]) % 360)] if int(found[1]) else []
    return [90.0, 270.0, 180.0] if first.confidence < DOUBTFUL or first.letters < _FEW_LETTERS else []


def _skew(picture: Image.Image) -> float:
    """Degrees, counterclockwise, by which lines must be turned to lie level; 0 where no turn is clearly better.

    The profile of rows is the most uneven when all lines are level (Postl, 1986).
    """
    small = picture.copy()
    small.thumbnail((700, 700))
    ground = most_frequent_shade(small)
    ink = small.point([255 if abs(shade - ground) > _INK else 0 for shade in range(256)])

    def unevenness(angle: float) -> float:
        turned = ink.rotate(angle, resample=Image.Resampling.BILINEAR)
        rows: list[float] = list(turned.convert("F").resize((1, turned.height), Image.Resampling.BOX).getdata())
        return sum(((row - above) ** 2 for above, row in pairwise(rows)), 0.0)

    level = unevenness(0.0)
    coarse = max(range(-_MOST_SKEWED, _MOST_SKEWED + 1), key=unevenness)
    best = max((coarse + quarter / 4 for quarter in range(-3, 4)), key=unevenness)
    return best if unevenness(best) > 1.1 * level else 0.0


def most_frequent_shade(picture: Image.Image) -> int:
    """The ground of a grey picture, from 0 (black) to 255."""
    shades = picture.histogram()
    return shades.index(max(shades))


def _saved(picture: Image.Image) -> Path:
    path = Path.cwd() / f"picture-{next(_numbers)}.pgm"
    picture.save(path, "PPM")
    return path


def _read(command: str, picture: Image.Image, angle: float, limits: ParseLimits, scale: float = 1.0) -> Reading:
    turned = picture
    if scale != 1.0:
        turned = turned.resize((int(picture.width * scale), int(picture.height * scale)), Image.Resampling.BICUBIC)
    if angle:
        turned = turned.rotate(
            angle, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=most_frequent_shade(picture)
        )
    name = _saved(turned)
    try:
        done = programs.run([command, str(name), "-", "-l", limits.languages, "--psm", "3", "tsv"])
    finally:
        name.unlink()
    if done.returncode < 0 or (done.returncode and not done.stdout):
        raise ParseFailed("damaged", "The text of a picture could not be recognised: export it again, as PNG or JPEG.")
    size = (turned.width / scale, turned.height / scale)
    reading = Reading([], Turn(angle, (float(picture.width), float(picture.height)), size), scale)
    for word, begins_line in _words(done.stdout.decode("utf-8", errors="replace"), scale):
        confidence = word.confidence or 0.0
        if begins_line:
            reading.lines.append([])
        if confidence >= _LEAST_CONFIDENCE:
            reading.words.append(word)
            reading.lines[-1].append(word)
        else:
            reading.doubted += len(word.text)
            reading.doubts += len(word.text) * confidence
    even_sizes(reading.words)
    reading.slope = _slope(reading.words)
    return reading


def _running(lines: Sequence[Sequence[Word]]) -> float:
    """The turn that sets text upright which tesseract has read as it lies: by where the words of its lines go on. To
    the left they do in Arabic and Hebrew as well, which are not upside down."""
    votes = {0.0: 0, 90.0: 0, 180.0: 0, 270.0: 0}
    for line in lines:
        for first, second in pairwise(line):
            across = second.left + second.right - first.left - first.right
            down = second.top + second.bottom - first.top - first.bottom
            if abs(down) > abs(across):
                votes[90.0 if down > 0 else 270.0] += 1
            elif across > 0 or RIGHT_TO_LEFT.search(first.text):
                votes[0.0] += 1
            else:
                votes[180.0] += 1
    return max(votes, key=lambda angle: votes[angle])


def _slope(words: Sequence[Word]) -> float:
    """Of the lines as tesseract saw them: the median of how much words stand lower than those before them."""
    slopes = []
    for first, second in pairwise(words):
        across = (second.left + second.right - first.left - first.right) / 2
        down = (second.bottom + second.top - first.bottom - first.top) / 2
        if across > first.bottom - first.top and abs(down) < 0.5 * across:
            slopes.append(degrees(atan2(down, across)))
    return median(slopes) if len(slopes) >= _FEW_SLOPES else 0.0


def _ask_for_time() -> None:
    """Recognition is slow: the parent waits longer for a child that says so, and its limit on its own is raised."""
    Path(RECOGNISING).touch()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_CPU, (hard - CPU_GRACE, hard))


def even_sizes(words: list[Word]) -> None:
    """A line's height depends on its letters: what is about the usual size is that, so that only headings differ."""
    usual = median(word.size for word in words) if words else 0.0
    for word in words:
        if 0.7 * usual < word.size < 1.4 * usual:
            word.size = usual


def _words(table: str, scale: float) -> Iterator[tuple[Word, bool]]:
    """Words, each with whether it is the first of its line."""
    size, begins = 0.0, True
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12:
            continue
        left, top, width, height = (float(cell) / scale for cell in cells[6:10])
        if cells[0] == _LINE:
            size, begins = height, True
        elif cells[0] == _WORD and cells[11].strip():
            box = (left, top, left + width, top + height)
            yield Word(cells[11].strip(), *box, size=size, bold=False, confidence=float(cells[10]) / 100), begins
            begins = False
