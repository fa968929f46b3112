"""Collects the pictures of a document: of a sensible size, without duplicates, encoded again."""

import hashlib
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image, ImageOps

from citewell.ingestion.blocks import Box, clean
from citewell.ingestion.figures import Figure

MOST = 200  # pictures of a document
MOST_BYTES = 128 * 1024 * 1024  # of all of them
LONGEST_SIDE = 1600  # pixels; larger ones are made smaller
SHORTEST_SIDE = 40  # pixels; bullets, lines and icons are smaller
MAX_CAPTION = 1000  # characters
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
_LARGE = 1024 * 1024  # bytes: what is larger as PNG is a photograph
_QUALITY = 88

Image.MAX_IMAGE_PIXELS = None  # `Album.wants` checks the size


class Album:
    """Writes pictures into a folder, and a line of metadata for each when it is complete."""

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._folder = folder
        self._max_pixels = max_pixels
        self._read: set[bytes] = set()  # digests of the files that were added
        self._kept: set[bytes] = set()  # digests of the pictures that were written
        self._bytes = 0
        self._count = 0

    @property
    def is_full(self) -> bool:
        return self._count >= MOST or self._bytes >= MOST_BYTES

    def add_file(self, data: bytes, *, page: int | None = None, caption: str = "") -> None:
        """Adds a picture of any known format. Ignores it if it is damaged, too large or too small."""
        digest = hashlib.sha256(data).digest()
        if self.is_full or digest in self._read:
            return
        self._read.add(digest)
        try:
            with Image.open(BytesIO(data), formats=_FORMATS) as image:
                if self.wants(*image.size):
                    photograph = image.format == "JPEG"
                    self.add(ImageOps.exif_transpose(image), page=page, caption=caption, photograph=photograph)
        except Exception:  # decoders raise many kinds of errors for damaged pictures
            return

    def wants(self, width: int, height: int) -> bool:
        """Whether a picture of this size is large enough to keep, and small enough to be decoded."""
        return min(width, height) >= SHORTEST_SIDE and width * height <= self._max_pixels

    def add(
        self,
        image: Image.Image,
        *,
        page: int | None = None,
        bbox: Box | None = None,
        caption: str = "",
        photograph: bool = False,
    ) -> None:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        plain = _flat(image)
        plain.info.clear()  # else comments of the original would be written
        data, suffix = _encoded(plain, photograph=photograph)
        digest = hashlib.sha256(data).digest()
        if self.is_full or digest in self._kept:  # such as a logo on every page
            return
        self._kept.add(digest)
        name = f"{self._count}.{suffix}"
        (self._folder / name).write_bytes(data)
        content_type = "image/jpeg" if suffix == "jpg" else "image/png"
        words = " ".join(clean(caption).split())[:MAX_CAPTION]
        figure = Figure(name, content_type, image.width, image.height, page, bbox, words)
        with (self._folder / "figures.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(figure) + b"\n")
        self._count += 1
        self._bytes += len(data)


def _flat(image: Image.Image) -> Image.Image:
    """Returns the image in RGB or grey, with white where it is transparent."""
    if image.mode in ("L", "RGB"):
        return image
    if image.mode in ("1", "I", "I;16", "F"):
        return image.convert("L")
    whole = image.convert("RGBA")
    paper = Image.new("RGB", whole.size, "white")
    paper.paste(whole, mask=whole.getchannel("A"))
    return paper


def _encoded(image: Image.Image, *, photograph: bool) -> tuple[bytes, str]:
    if not photograph:
        png = BytesIO()
        image.save(png, "PNG")
        if png.tell() <= _LARGE:
            return png.getvalue(), "png"
    jpeg = BytesIO()
    image.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue(), "jpg"
