"""Text recognition by the `tesseract` command: pictures become words with their boxes and confidence.

A picture may lie on its side, stand on its head or be askew. How it lies is guessed from its ink, and it is read so.
Only where that gives little or doubtful text are other turns tried, and the best reading kept.
"""

import re
import resource
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import atan2, degrees
from pathlib import Path
from statistics import median

from PIL import Image

from citewell.ingestion.parsing import programs, tesseract
from citewell.ingestion.parsing.bidi import RIGHT_TO_LEFT
from citewell.ingestion.parsing.limits import CPU_GRACE, RECOGNISING, ParseFailed, ParseLimits
from citewell.ingestion.parsing.orientation import SKEWED, likely_turn, most_frequent_shade, skew_of_picture
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
_ABOUT_AS_GOOD = 0.9  # as a reading of lines that are askew
_ROTATE = re.compile(r"Rotate: (\d+).*?Orientation confidence: ([\d.]+)", re.DOTALL)
_SURE_ORIENTATION = 1.0


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
        """Scores how much was read with certainty: a wrong direction finds few words, and those by chance."""
        return sum(len(word.text) * max((word.confidence or 0.0) - 0.4, 0.0) for word in self.words)

    def is_good(self) -> bool:
        return self.confidence >= CERTAIN and self.letters >= _FEW_LETTERS


def recognise(picture: Image.Image, limits: ParseLimits) -> Reading:
    """The best reading of a grey picture. Raises ParseFailed, also without tesseract."""
    return recognise_each([picture], limits)[0]


def recognise_each(pictures: Sequence[Image.Image], limits: ParseLimits) -> list[Reading]:
    """Like `recognise_all`, but raises ParseFailed where a picture cannot be read."""
    found = [reading for reading in recognise_all(pictures, limits) if reading is not None]
    if len(found) < len(pictures):
        raise ParseFailed("damaged", "The text of a picture could not be recognised: export it again, as PNG or JPEG.")
    return found


def recognise_all(pictures: Sequence[Image.Image], limits: ParseLimits) -> list[Reading | None]:
    """The best reading of each picture, None for one that can't be read. Raises ParseFailed without tesseract."""
    command = programs.tesseract()
    if command is None:
        raise ParseFailed("no_recognition", MISSING)
    _ask_for_time()
    asked = [_Asked(picture, likely_turn(picture)) for picture in pictures]
    firsts = _read_all(command, asked, limits)
    return [
        _best(command, one, first, limits) if first is not None else None
        for one, first in zip(asked, firsts, strict=True)
    ]


@dataclass(frozen=True)
class _Asked:
    """A picture to be read once it is turned by `angle` degrees, counterclockwise, and enlarged."""

    picture: Image.Image
    angle: float = 0.0
    scale: float = 1.0

    def drawn(self) -> Image.Image:
        turned = self.picture
        if self.scale != 1.0:
            size = (int(turned.width * self.scale), int(turned.height * self.scale))
            turned = turned.resize(size, Image.Resampling.BICUBIC)
        if self.angle:
            ground = most_frequent_shade(self.picture)
            turned = turned.rotate(self.angle, expand=True, resample=Image.Resampling.BILINEAR, fillcolor=ground)
        return turned


def _best(command: str, asked: _Asked, first: Reading, limits: ParseLimits) -> Reading:
    """The best reading of a picture after its first one, which is mostly that."""
    picture, best = asked.picture, first
    if best.is_good():
        return _level(command, picture, best, limits)
    if asked.angle:  # the guess was wrong, or there is little to be read
        best = max(best, _read(command, picture, 0.0, limits), key=lambda reading: reading.score)
    if not best.letters and not best.doubted:
        return best  # whichever way it is turned, text leaves some trace
    for angle in _orientations(command, picture, best):
        if angle != asked.angle:
            best = max(best, _read(command, picture, angle, limits), key=lambda reading: reading.score)
        if best.is_good():
            return _level(command, picture, best, limits)
    return _straightened(command, picture, best, limits)


def _level(command: str, picture: Image.Image, best: Reading, limits: ParseLimits) -> Reading:
    """Words can be read though their lines are askew or lie on their side, but not put into lines: read again."""
    turn = _running(best.lines) or (best.slope if abs(best.slope) >= SKEWED else 0.0)
    if not turn:
        return best
    level = _read(command, picture, best.turn.angle + turn, limits)
    return level if level.score > _ABOUT_AS_GOOD * best.score else best


def _straightened(command: str, picture: Image.Image, best: Reading, limits: ParseLimits) -> Reading:
    """A reading of the picture without its skew, and of a small one enlarged, where that is better."""
    upright = picture.rotate(best.turn.angle, expand=True) if best.turn.angle else picture
    skew = skew_of_picture(upright)
    if abs(skew) >= SKEWED:
        best = max(best, _read(command, picture, best.turn.angle + skew, limits), key=lambda reading: reading.score)
    if not best.is_good() and max(picture.size) < _SMALL:
        best = max(best, _read(command, picture, best.turn.angle, limits, scale=2.0), key=lambda reading: reading.score)
    return best


def _orientations(command: str, picture: Image.Image, first: Reading) -> list[float]:
    """Turns, in degrees counterclockwise, that may set the text upright: tesseract's own finding, else all."""
    found = _ROTATE.search(tesseract.orientation(command, picture))
    if found is not None and float(found[2]) >= _SURE_ORIENTATION:
        return [float(-int(found[1]) % 360)] if int(found[1]) else []
    return [90.0, 270.0, 180.0] if first.confidence < DOUBTFUL or first.letters < _FEW_LETTERS else []


def _read(command: str, picture: Image.Image, angle: float, limits: ParseLimits, scale: float = 1.0) -> Reading:
    asked = _Asked(picture, angle, scale)
    found = _read_all(command, [asked], limits)[0]
    return found if found is not None else _reading(asked, asked.drawn(), tesseract.Seen())


def _read_all(command: str, asked: Sequence[_Asked], limits: ParseLimits) -> list[Reading | None]:
    drawn = [one.drawn() for one in asked]
    found = tesseract.read(command, drawn, limits)
    return [
        _reading(one, picture, seen) if seen is not None else None
        for one, picture, seen in zip(asked, drawn, found, strict=True)
    ]


def _reading(asked: _Asked, drawn: Image.Image, seen: tesseract.Seen) -> Reading:
    """Returns what was recognised, in pixels of the original picture, without words that are too uncertain."""
    scale = asked.scale
    size = (drawn.width / scale, drawn.height / scale)
    page = (float(asked.picture.width), float(asked.picture.height))
    reading = Reading([], Turn(asked.angle, page, size), scale)
    for line in seen.lines:
        reading.lines.append([])
        for word in line:
            confidence = word.confidence or 0.0
            if confidence < _LEAST_CONFIDENCE:
                reading.doubted += len(word.text)
                reading.doubts += len(word.text) * confidence
                continue
            left, top, right, bottom = (edge / scale for edge in word.box)
            kept = replace(word, left=left, top=top, right=right, bottom=bottom, size=word.size / scale)
            reading.words.append(kept)
            reading.lines[-1].append(kept)
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
    """Returns the slope of the lines as tesseract saw them: the median drop from word to word."""
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
