"""Finds the pictures in each kind of file.

Imports stand inside the functions because a child needs only one of them.
"""

import base64
import binascii
import posixpath
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from citewell.ingestion.figures.album import Album
from citewell.ingestion.parsing.limits import ParseLimits

Source = Callable[[Path, Album, ParseLimits], None]


def source_of(kind: str) -> Source:
    if kind == "pdf":
        from citewell.ingestion.figures.pdf import take_pdf

        return take_pdf
    return {"docx": _docx, "pptx": _pptx, "epub": _epub, "html": _html, "image": _image}[kind]


def _image(path: Path, album: Album, limits: ParseLimits) -> None:
    album.add_file(path.read_bytes())


def _docx(path: Path, album: Album, limits: ParseLimits) -> None:
    """Adds the pictures.

    The caption is the next paragraph if it has the style of a caption, else the alternative text.
    """
    from citewell.ingestion.figures.captions import is_caption
    from citewell.ingestion.parsing.drawing import described
    from citewell.ingestion.parsing.ooxml import Package, W
    from citewell.ingestion.parsing.ooxml_pictures import pictures_in
    from citewell.ingestion.parsing.zipped import check_archive

    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        paragraphs = list(package.xml(package.main).iter(f"{W}p"))
        for paragraph, following in zip(paragraphs, [*paragraphs[1:], None], strict=True):
            for drawing in [*paragraph.iter(f"{W}drawing"), *paragraph.iter(f"{W}pict")]:
                caption = _text_of(following, f"{W}t") if following is not None else ""
                if not is_caption(caption):
                    caption = described(drawing)
                for data in pictures_in(drawing, package, package.main):
                    album.add_file(data, caption=caption)


def _text_of(element: Any, tag: str) -> str:
    return "".join(piece.text or "" for piece in element.iter(tag))


def _pptx(path: Path, album: Album, limits: ParseLimits) -> None:
    """Adds the pictures. The caption is the alternative text, else the title of the slide."""
    from citewell.ingestion.parsing.drawing import described
    from citewell.ingestion.parsing.ooxml import P, Package
    from citewell.ingestion.parsing.ooxml_pictures import pictures_in
    from citewell.ingestion.parsing.pptx import TITLES, slide_parts
    from citewell.ingestion.parsing.pptx_shapes import shapes_of_slide
    from citewell.ingestion.parsing.pptx_text import is_generated, paragraphs_of
    from citewell.ingestion.parsing.zipped import check_archive

    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        for number, part in enumerate(slide_parts(package), start=1):
            root = package.optional_xml(part)
            shapes = shapes_of_slide(root, {}, limits.max_nesting) if root is not None else []
            titles = (paragraphs_of(shape.element) for shape in shapes if shape.kind in TITLES)
            heading = " ".join(paragraph.text for title in titles for paragraph in title)
            for shape in shapes:
                if shape.element.tag == f"{P}pic":
                    words = described(shape.element)
                    caption = words if words and not is_generated(words) else heading
                    for data in pictures_in(shape.element, package, part):
                        album.add_file(data, page=number, caption=caption)


def _epub(path: Path, album: Album, limits: ParseLimits) -> None:
    from citewell.ingestion.charset import decode_text
    from citewell.ingestion.parsing.epub import chapters_of
    from citewell.ingestion.parsing.zipped import check_archive

    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        for chapter in chapters_of(archive):
            for source, caption in _images_in(decode_text(archive.read(chapter))):
                member = posixpath.normpath(posixpath.join(posixpath.dirname(chapter), unquote(source)))
                if member in archive.NameToInfo:
                    album.add_file(archive.read(member), caption=caption)


def _html(path: Path, album: Album, limits: ParseLimits) -> None:
    from citewell.ingestion.parsing.text import read_text

    for source, caption in _images_in(read_text(path, limits)):
        if (data := _data_of(source)) is not None:
            album.add_file(data, caption=caption)


def _images_in(source: str) -> Iterator[tuple[str, str]]:
    """Yields (address, caption) of each picture of a page."""
    from selectolax.lexbor import LexborHTMLParser

    for image in LexborHTMLParser(source).css("img"):
        figure = image.parent
        while figure is not None and figure.tag != "figure":
            figure = figure.parent
        told = figure.css_first("figcaption") if figure is not None else None
        caption = told.text() if told is not None else image.attributes.get("alt")
        yield image.attributes.get("src") or "", caption or ""


def _data_of(address: str) -> bytes | None:
    """Returns the content of a `data:` address; None for other addresses, which are never fetched."""
    head, comma, body = address.partition(",")
    if not comma or not head.lower().startswith("data:image/"):
        return None
    try:
        return base64.b64decode(unquote(body)) if head.lower().endswith(";base64") else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        return None
