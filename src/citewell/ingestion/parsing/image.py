"""Pictures with text: PNG, JPEG, TIFF, WebP, BMP, GIF. Pixels stand for points."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from PIL import Image, ImageSequence

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.pdf_columns import page_lines
from citewell.ingestion.parsing.pdf_layout import Layout
from citewell.ingestion.parsing.pdf_page import PageLines, recognised_words
from citewell.ingestion.parsing.pictures import shown_upright
from citewell.ingestion.parsing.recognition import Reading, recognise_each
from citewell.ingestion.parsing.trust import Trust

_RUN = 4  # frames that are recognised together


def parse_image(path: Path, limits: ParseLimits) -> ParsedDocument:
    _check_size(path, limits)
    pages: list[PageLines] = []
    trust = Trust()
    for number, reading in enumerate(_readings(path, limits), start=1):
        lines = page_lines(reading.words) if trust.accepts(number, reading) else []
        pages.append(PageLines(number, reading.turn.reading, lines, turn=reading.turn))
    if trust.left_out and not any(page.lines for page in pages):
        raise ParseFailed("unreadable", trust.failure())
    builder = Builder()
    Layout(pages).build(builder)
    return builder.document(
        page_count=len(pages),
        page_sizes=[page.turn.page for page in pages if page.turn],
        warnings=trust.warnings(),
        recognised=recognised_words(pages),
    )


def _readings(path: Path, limits: ParseLimits) -> Iterator[Reading]:
    try:
        # Not by its path: then Pillow maps pictures into memory, and mixes up the sides of a TIFF that lies on one.
        with path.open("rb") as file, Image.open(file) as image:
            frames = (shown_upright(frame).convert("L") for frame in ImageSequence.Iterator(image))
            most = 1 if image.format == "GIF" else limits.max_pages  # the frames of a GIF move the same words
            shown = islice(frames, most)
            while run := list(islice(shown, _RUN)):
                yield from recognise_each(run, limits)
    except (OSError, ValueError, SyntaxError) as error:
        raise ParseFailed("damaged", DAMAGED) from error


def _check_size(path: Path, limits: ParseLimits) -> None:
    """Checks the size that the image's header states, before anything is unpacked."""
    Image.MAX_IMAGE_PIXELS = None  # the check is ours
    try:
        with Image.open(path) as image:
            pixels, is_moving = image.width * image.height, image.format == "GIF"
            frames = 1 if is_moving else getattr(image, "n_frames", 1)
    except (OSError, ValueError, SyntaxError) as error:
        raise ParseFailed("damaged", DAMAGED) from error
    if pixels > limits.max_pixels:
        raise too_large(f"{pixels / 1e6:,.0f} megapixels (at most {limits.max_pixels / 1e6:,.0f} are read)")
    if frames > limits.max_pages:
        raise too_large(f"{frames:,} pages (at most {limits.max_pages:,} are read)")
