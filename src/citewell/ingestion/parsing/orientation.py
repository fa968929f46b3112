"""Guesses from its ink how a scanned page lies: on its side, upside down, askew.

A guess costs a twentieth of a recognition and says which direction to try first, so that most pages are recognised
once.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import radians, tan

from PIL import Image

MOST_SKEWED = 12  # degrees
SKEWED = 0.8  # degrees: less is read as it is
_INK = 60  # of 256 shades: what stands out from the ground
_SIDE = 900  # pixels of the longer side in which lines of text are still told apart
_SMALL_SIDE = 450  # of that in which the skew is looked for
_BLOCKS = 8  # a side
_LEAST_INK = 3.0  # mean of 255, of a block that has a say
_SIDEWAYS = 1.5  # times as uneven across as down
_LEAST_BLOCKS, _MOST_SAY = 5, 0.7
_LEAST_SIDE = 40  # pixels of a block: smaller ones hold no lines one below the other, only letters
_STRIPS = 4
_LEAST_LINES = 6
_LINE_HEIGHTS = (5, 40)  # pixels
_SURE = 1.3  # times as much ink below lines as above them


def most_frequent_shade(picture: Image.Image) -> int:
    """The ground of a grey picture, from 0 (black) to 255."""
    shades = picture.histogram()
    return shades.index(max(shades))


def likely_turn(picture: Image.Image) -> float:
    """Degrees, counterclockwise, by which a grey picture must probably be turned to be read; 0 where nothing tells."""
    ink = _ink(picture)
    turn = 90.0 if _lies_on_its_side(ink) else 0.0
    if turn:
        ink = ink.transpose(Image.Transpose.ROTATE_90)
    angle = skew_of(ink)
    if abs(angle) >= SKEWED:
        ink = ink.rotate(angle, resample=Image.Resampling.BILINEAR)
    if _stands_on_its_head(ink):
        turn += 180.0
    return (turn + (angle if abs(angle) >= SKEWED else 0.0)) % 360.0


def skew_of_picture(picture: Image.Image) -> float:
    """Like `skew_of`, for a grey picture."""
    return skew_of(_ink(picture))


def skew_of(ink: Image.Image) -> float:
    """Degrees, counterclockwise, by which lines must be turned to lie level; 0 where no turn is clearly better.

    The profile of rows is the most uneven when all lines are level (Postl, 1986). Sheared instead of turned: that is
    quick, and the same for small angles.
    """
    small = ink.copy()
    small.thumbnail((_SMALL_SIDE, _SMALL_SIDE))

    def unevenness(angle: float) -> float:
        slope = tan(radians(angle))
        shift = -slope * small.width / 2
        sheared = small.transform(small.size, Image.Transform.AFFINE, (1, 0, 0, slope, 1, shift))
        return _unevenness(_profile(sheared, across=False))

    level = unevenness(0.0)
    coarse = max(range(-MOST_SKEWED, MOST_SKEWED + 1), key=unevenness)
    best = max((coarse + quarter / 4 for quarter in range(-3, 4)), key=unevenness)
    return best if unevenness(best) > 1.1 * level else 0.0


def _ink(picture: Image.Image) -> Image.Image:
    """A smaller picture in which ink is 255 and the ground is 0."""
    small = picture.reduce(max(max(picture.size) // _SIDE, 1))
    ground = most_frequent_shade(small)
    return small.point([255 if abs(shade - ground) > _INK else 0 for shade in range(256)])


def _profile(ink: Image.Image, *, across: bool) -> list[float]:
    """Mean ink of each row, or of each column."""
    size = (ink.width, 1) if across else (1, ink.height)
    return array("f", ink.convert("F").resize(size, Image.Resampling.BOX).tobytes()).tolist()


def _unevenness(profile: Sequence[float]) -> float:
    return sum((one - other) ** 2 for one, other in pairwise(profile))


def _lies_on_its_side(ink: Image.Image) -> bool:
    """True if most parts of the page have lines from top to bottom. Parts, since a ruled line is only in a few."""
    said = sideways = 0
    for block in _blocks(ink):
        down, across = _profile(block, across=False), _profile(block, across=True)
        if sum(down) < _LEAST_INK * len(down):
            continue
        said += 1
        sideways += _unevenness(across) > _SIDEWAYS * _unevenness(down)
    return said >= _LEAST_BLOCKS and sideways >= _MOST_SAY * said


def _blocks(ink: Image.Image) -> Iterator[Image.Image]:
    wide, high = ink.width // _BLOCKS, ink.height // _BLOCKS
    if min(wide, high) < _LEAST_SIDE:
        return
    for top in range(0, ink.height - high + 1, high):
        for left in range(0, ink.width - wide + 1, wide):
            yield ink.crop((left, top, left + wide, top + high))


def _stands_on_its_head(ink: Image.Image) -> bool:
    """True if lines have more ink below their small letters than above: in Latin, Greek and Cyrillic more letters reach
    up than down."""
    above = below = 0.0
    lines = 0
    wide = max(ink.width // _STRIPS, 1)
    for left in range(0, ink.width - wide + 1, wide):
        for line in _lines(_profile(ink.crop((left, 0, left + wide, ink.height)), across=False)):
            core = [place for place, ink_of_row in enumerate(line) if ink_of_row > 0.5 * max(line)]
            above += sum(line[: core[0]])
            below += sum(line[core[-1] + 1 :])
            lines += 1
    return lines >= _LEAST_LINES and below > _SURE * above


def _lines(profile: Sequence[float]) -> Iterator[list[float]]:
    """Rows with ink between rows without, if they are as high as lines of text."""
    line: list[float] = []
    for row in [*profile, 0.0]:
        if row > 0.5:
            line.append(row)
            continue
        if _LINE_HEIGHTS[0] <= len(line) <= _LINE_HEIGHTS[1]:
            yield line
        line = []
