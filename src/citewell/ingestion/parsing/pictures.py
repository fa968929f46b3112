"""Pictures as they are shown, and the text that is recognised in them."""

import io
from statistics import mean

from PIL import Image, ImageOps

from citewell.ingestion.blocks import Builder
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.pdf_columns import page_lines
from citewell.ingestion.parsing.pdf_join import LineJoiner
from citewell.ingestion.parsing.recognition import WORTHLESS, Reading, recognise

_LEAST_WORDS = 3  # of a picture that counts as one of text
_LEAST_SIDE = 24  # pixels
_FIGURE_CONFIDENCE = 0.6  # mean, of text in a figure
_NEAR_GROUND = 24  # of 256 shades
_LEAST_GROUND = 0.45  # of the pixels: text stands on an even ground, photographs do not
_INK = (0.002, 0.5)  # share of pixels that stand out from it


def shown_upright(image: Image.Image) -> Image.Image:
    """A copy in RGB, turned by its EXIF orientation, what is transparent laid on white."""
    turned = ImageOps.exif_transpose(image) or image
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        ground = Image.new("RGBA", turned.size, "white")
        ground.alpha_composite(turned.convert("RGBA"))
        return ground.convert("RGB")
    return turned.convert("RGB")


def may_hold_text(grey: Image.Image) -> bool:
    """True for pictures with an even ground that something stands out from; most photographs have none."""
    small = grey.copy()
    small.thumbnail((400, 400))
    shades = small.histogram()
    ground = max(range(256), key=lambda shade: sum(shades[max(shade - 4, 0) : shade + 5]))
    pixels = sum(shades)
    even = sum(shades[max(ground - _NEAR_GROUND, 0) : ground + _NEAR_GROUND + 1]) / pixels
    near = sum(shades[max(ground - 2 * _NEAR_GROUND, 0) : ground + 2 * _NEAR_GROUND + 1]) / pixels
    return even >= _LEAST_GROUND and _INK[0] <= 1 - near <= _INK[1]


def add_picture(
    builder: Builder, data: bytes, limits: ParseLimits, *, page: int | None = None, place: str | None = None
) -> bool:
    """Add a figure block with the text that is recognised in an encoded picture; True if there is some.

    For pictures inside of documents: a damaged one, one without text and a server without tesseract add nothing.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > limits.max_pixels or min(image.size) < _LEAST_SIDE:
                return False
            grey = shown_upright(image).convert("L")
        text, confidence = figure_text(grey, limits)
    except (OSError, ValueError, SyntaxError, ParseFailed):
        return False
    builder.add("figure", text, page=page, place=place, confidence=confidence)
    return bool(text)


def figure_text(grey: Image.Image, limits: ParseLimits) -> tuple[str, float | None]:
    """The text of a picture and its mean confidence; none where there is hardly any, or hardly a sure one."""
    reading = figure_reading(grey, limits)
    if reading is None:
        return "", None
    lines = page_lines(reading.words)
    text, _ = LineJoiner(reading.words).lines(lines)
    return text, round(mean(word.confidence or 0.0 for word in reading.words), 3)


def figure_reading(grey: Image.Image, limits: ParseLimits) -> Reading | None:
    """The reading of a picture of text, or None for another picture."""
    if not may_hold_text(grey):
        return None
    reading = recognise(grey, limits)
    return reading if is_text(reading) else None


def is_text(reading: Reading | None) -> bool:
    """Whether enough was read in a figure, and with certainty."""
    if reading is None or len(reading.words) < _LEAST_WORDS:
        return False
    return reading.confidence >= max(_FIGURE_CONFIDENCE, WORTHLESS)
