"""Pictures with text: PNG, JPEG, TIFF, WebP, BMP. Pixels stand for points."""

from pathlib import Path

from PIL import Image

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.pdf_columns import page_lines
from citewell.ingestion.parsing.pdf_layout import Layout, PageLines, recognised_words
from citewell.ingestion.parsing.recognition import recognise


def parse_image(path: Path, limits: ParseLimits) -> ParsedDocument:
    _check_size(path, limits)
    found = recognise(path, limits)
    pages = [PageLines(number, page.height, page_lines(page.words)) for number, page in enumerate(found, 1)]
    builder = Builder()
    Layout(pages).build(builder)
    return builder.document(
        page_count=len(pages),
        page_sizes=[(page.width, page.height) for page in found],
        recognised=recognised_words(pages),
    )


def _check_size(path: Path, limits: ParseLimits) -> None:
    """By its head only, before anything is unpacked."""
    Image.MAX_IMAGE_PIXELS = None  # the check is ours
    try:
        with Image.open(path) as image:
            pixels, frames = image.width * image.height, getattr(image, "n_frames", 1)
    except (OSError, ValueError, SyntaxError) as error:
        raise ParseFailed("damaged", DAMAGED) from error
    if pixels > limits.max_pixels:
        raise too_large(f"{pixels / 1e6:,.0f} megapixels (at most {limits.max_pixels / 1e6:,.0f} are read)")
    if frames > limits.max_pages:
        raise too_large(f"{frames:,} pages (at most {limits.max_pages:,} are read)")
