"""Pictures of text that lie on their side or are hard to see."""

import io

from PIL import Image, ImageOps

from tests.cases.case import Case
from tests.golden.sheet import scanned

_LINES = ["The cart of the miller left", "before sunrise with nine sacks", "of barley for the harbour."]
_TRUE = "+ The cart of the miller left before sunrise with nine sacks of barley"
_NEEDS = ("tesseract",)


def _encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def sideways() -> bytes:
    return _encoded(scanned(_LINES, angle=270), "PNG")


def upside_down() -> bytes:
    return _encoded(scanned(_LINES, angle=180), "PNG")


def turned_by_exif() -> bytes:
    """Pixels on their side, and the camera's word for it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _encoded(scanned(_LINES).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def white_on_black() -> bytes:
    return _encoded(ImageOps.invert(scanned(_LINES, dots=120, size=22)), "PNG")


def transparent() -> bytes:
    """Black letters on nothing at all."""
    letters = scanned(_LINES)
    image = Image.new("LA", letters.size, (0, 0))
    image.putalpha(ImageOps.invert(letters).point(lambda shade: 255 if shade > 60 else 0))
    return _encoded(image, "PNG")


def pages() -> bytes:
    first, second = scanned(_LINES[:2]), scanned(_LINES[2:])
    return _encoded(first, "TIFF", save_all=True, append_images=[second])


CASES = [
    Case("sideways.png", sideways, _TRUE, _NEEDS),
    Case("upside-down.png", upside_down, _TRUE, _NEEDS),
    Case("phone.jpg", turned_by_exif, _TRUE, _NEEDS),
    Case("dark.png", white_on_black, _TRUE, _NEEDS),
    Case("transparent.png", transparent, _TRUE, _NEEDS),
    Case("fax.tiff", pages, "P 1 before sunrise\nP 2 of barley", _NEEDS),
]
