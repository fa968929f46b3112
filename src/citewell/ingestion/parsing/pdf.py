"""PDF by `pypdfium2` and our own block builder."""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.pdf_columns import page_lines
from citewell.ingestion.parsing.pdf_headings import OutlineEntry
from citewell.ingestion.parsing.pdf_layout import Layout, PageLines, recognised_words
from citewell.ingestion.parsing.pdf_lines import TextLine
from citewell.ingestion.parsing.pdf_ruling import RuledTable, ruled_tables
from citewell.ingestion.parsing.pdf_scanned import is_scanned, recognised_pages
from citewell.ingestion.parsing.pdf_text import page_words

_A4 = (595.0, 842.0)
_MAX_OUTLINE = 5000  # bookmarks
_MAX_OUTLINE_LEVEL = 6


def parse_pdf(path: Path, limits: ParseLimits) -> ParsedDocument:
    document = _open(path)
    try:
        if len(document) > limits.max_pages:
            raise too_large(f"{len(document):,} pages (at most {limits.max_pages:,} are read)")
        pages, sizes, scanned, characters = [], [], [], 0
        for number in range(len(document)):
            found = _read_page(document, number)
            sizes.append(found.size)
            pages.append(PageLines(number + 1, found.size[1], found.lines, found.tables))
            if found.scanned:
                scanned.append(number)
            characters += sum(len(word.text) + 1 for word in pages[-1].words)
            if characters > limits.max_text_chars:
                raise too_large(f"more than {limits.max_text_chars:,} characters of text")
        warnings = _recognise(document, pages, scanned, limits)
        outline = _outline(document)
        title = (document.get_metadata_value("Title") or "").strip()
    finally:
        document.close()
    builder = Builder()
    Layout(pages, outline).build(builder)
    empty = sum(not page.lines and not page.tables for page in pages)
    if empty and builder.blocks and not warnings:
        warnings.append(f"{empty} of {len(pages)} pages have no text: they are blank or broken")
    return builder.document(
        page_count=len(pages),
        title=title if _is_title(title) else None,
        page_sizes=sizes,
        warnings=warnings,
        recognised=recognised_words(pages),
    )


def _recognise(
    document: pdfium.PdfDocument, pages: list[PageLines], scanned: list[int], limits: ParseLimits
) -> list[str]:
    """Give the scanned pages the lines that are recognised on them; warnings of those that have none."""
    try:
        for number, words in recognised_pages(document, scanned, limits):
            if words:
                pages[number].lines, pages[number].tables = page_lines(words), []
    except ParseFailed as failure:
        if not any(page.lines or page.tables for page in pages):
            raise
        return [f"{len(scanned)} of {len(pages)} pages have no text. {failure.message}"]
    return []


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(path)
        len(document)
        return document
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ParseFailed("encrypted", "The PDF is encrypted: upload it without its password.") from error
        raise ParseFailed("damaged", DAMAGED) from error


@dataclass
class _Page:
    size: tuple[float, float]
    lines: list[TextLine]
    tables: list[RuledTable] = field(default_factory=list)
    scanned: bool = False


def _read_page(document: pdfium.PdfDocument, number: int) -> _Page:
    """One page; without lines if it is broken, so that the others are not lost."""
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return _Page(_A4, [])
    try:
        words = page_words(page)
        tables, rest = ruled_tables(page, words)
        return _Page(page.get_size(), page_lines(rest), tables, is_scanned(page, words))
    finally:
        page.close()


def _outline(document: pdfium.PdfDocument) -> list[OutlineEntry]:
    entries: list[OutlineEntry] = []
    try:
        for bookmark in islice(document.get_toc(max_depth=_MAX_OUTLINE_LEVEL), _MAX_OUTLINE):
            target = bookmark.get_dest()
            page = target.get_index() if target is not None else None
            if page is not None:
                entries.append(OutlineEntry(page + 1, bookmark.level + 1, bookmark.get_title()))
    except pdfium.PdfiumError:
        return []  # a broken outline is no reason to lose the text
    return entries


def _is_title(text: str) -> bool:
    """Many programs write a file name or a number where the title belongs."""
    words = [word for word in text.split() if word.isalpha() and len(word) > 1]
    return len(words) >= 2 and not text.lower().startswith("microsoft word -")
