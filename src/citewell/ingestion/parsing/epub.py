"""EPUB: its chapters, which are HTML, in the order of its spine."""

import posixpath
import zipfile
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.charset import decode_declared
from citewell.ingestion.parsing.html import add_html
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.zipped import check_archive, read_xml

_NAMES = {
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
    "o": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "enc": "http://www.w3.org/2001/04/xmlenc#",
}
_HTML = ("application/xhtml+xml", "text/html")
# Fonts are often obfuscated; the text is encrypted only in a protected book.
_FONT_METHODS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def parse_epub(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    builder = Builder()
    with zipfile.ZipFile(path) as archive:
        if _is_protected(archive):
            raise ParseFailed("encrypted", "The book is protected against copying: upload an edition that is not.")
        path_in_archive, package = _package(archive)
        chapters = _chapters(archive, package, posixpath.dirname(path_in_archive))
        for number, chapter in enumerate(chapters, start=1):
            part = Builder()
            add_html(part, decode_declared(archive.read(chapter)), limits)
            _add_chapter(builder, part, number)
            if builder.length > limits.max_text_chars:
                raise too_large(f"more than {limits.max_text_chars:,} characters of text")
    return builder.document(title=package.findtext(".//dc:title", None, _NAMES))


def _add_chapter(builder: Builder, part: Builder, number: int) -> None:
    for block in part.blocks:
        builder.add(block.type, block.text, place=f"chapter {number}", level=block.level, rows=block.rows)


def chapters_of(archive: zipfile.ZipFile) -> list[str]:
    """Names of the members with the chapters, in reading order."""
    path, package = _package(archive)
    return _chapters(archive, package, posixpath.dirname(path))


def _package(archive: zipfile.ZipFile) -> tuple[str, etree._Element]:
    """Returns (path, content) of the package document, which describes the book."""
    place = read_xml(archive, "META-INF/container.xml").find(".//c:rootfile", _NAMES)
    path = place.get("full-path") if place is not None else None
    if not path:
        raise ParseFailed("damaged", DAMAGED)
    return path, read_xml(archive, path)


def _chapters(archive: zipfile.ZipFile, package: etree._Element, folder: str) -> list[str]:
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in package.iterfind(".//o:manifest/o:item", _NAMES)
        if item.get("media-type") in _HTML and "nav" not in (item.get("properties") or "").split()
    }
    spine = [reference.get("idref") for reference in package.iterfind(".//o:spine/o:itemref", _NAMES)]
    chapters = dict.fromkeys(items[name] for name in spine if name in items)
    return [chapter for chapter in chapters if chapter in archive.NameToInfo]


def _is_protected(archive: zipfile.ZipFile) -> bool:
    if "META-INF/encryption.xml" not in archive.NameToInfo:
        return False
    methods = read_xml(archive, "META-INF/encryption.xml").iterfind(".//enc:EncryptionMethod", _NAMES)
    return any(method.get("Algorithm") not in _FONT_METHODS for method in methods)
