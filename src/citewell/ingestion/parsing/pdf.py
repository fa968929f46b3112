"""Parses PDF: `pypdfium2` reads words, and the modules `pdf_*` build blocks of them."""

from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.pdf_forms import written_on, xfa_rows
from citewell.ingestion.parsing.pdf_headings import OutlineEntry
from citewell.ingestion.parsing.pdf_layers import LayerMarks, has_layers
from citewell.ingestion.parsing.pdf_layout import Layout
from citewell.ingestion.parsing.pdf_page import recognised_words
from citewell.ingestion.parsing.pdf_paths import drawn_on
from citewell.ingestion.parsing.pdf_repair import repaired
from citewell.ingestion.parsing.pdf_salvage import salvaged
from citewell.ingestion.parsing.pdf_scanned import look_at, recognised_pages
from citewell.ingestion.parsing.pdf_text import Word, page_words
from citewell.ingestion.parsing.pdf_unseen import without_unseen
from citewell.ingestion.parsing.pdf_views import PageContent, page_views
from citewell.ingestion.parsing.recognition import WORTHLESS, even_sizes
from citewell.ingestion.parsing.trust import Trust, page_list
from citewell.ingestion.reading_warnings import warning

_A4 = (595.0, 842.0)
_MAX_OUTLINE = 5000  # bookmarks
_MAX_OUTLINE_LEVEL = 6


def parse_pdf(path: Path, limits: ParseLimits) -> ParsedDocument:
    document, said = _open(path)
    try:
        if len(document) > limits.max_pages:
            raise too_large(f"{len(document):,} pages (at most {limits.max_pages:,} are read)")
        pages, characters = [], 0
        layers = LayerMarks() if has_layers(path) else None
        for number in range(len(document)):
            pages.append(_read_page(document, number, layers))
            characters += sum(len(word.text) + 1 for word in pages[-1].words)
            if characters > limits.max_text_chars:
                raise too_large(f"more than {limits.max_text_chars:,} characters of text")
        warnings = [*said, *_recognise(document, pages, limits)]
        outline = _outline(document)
        form = xfa_rows(document) if not any(page.filled for page in pages) else []
        title = (document.get_metadata_value("Title") or "").strip()
    finally:
        document.close()
    views = [view for number, page in enumerate(pages, start=1) for view in page_views(number, page)]
    builder = Builder()
    Layout(views, outline).build(builder)
    if form:
        builder.add("table", table_text(form), rows=form, page=1)
    with_text = {view.number for view in views if view.lines or view.tables or view.figures}
    if len(with_text) < len(pages) and builder.blocks and not warnings:
        warnings.append(warning("pages_without_text", count=len(pages) - len(with_text), total=len(pages)))
    return builder.document(
        page_count=len(pages),
        title=title if _is_title(title) else None,
        page_sizes=[page.size for page in pages],
        warnings=warnings,
        recognised=recognised_words(views),
    )


def _recognise(document: pdfium.PdfDocument, pages: list[PageContent], limits: ParseLimits) -> list[str]:
    """Adds the text that is recognised on scanned pages. Returns warnings of what was not, or with little certainty."""
    trust = Trust()
    wanted = [number for number, page in enumerate(pages, start=1) if page.seen.whole]
    unmapped = [number for number, page in enumerate(pages, start=1) if page.seen.unmapped]
    try:
        for found in recognised_pages(document, [page.seen for page in pages], limits):
            page = pages[found.page]
            if found.box is not None:
                page.figures.append(found)
            elif page.seen.unmapped and found.reading.confidence < WORTHLESS:
                continue  # the page keeps its own text, with a warning
            elif trust.accepts(found.page + 1, found.reading) and found.words:
                page.recognised = found
    except ParseFailed as failure:
        if not any(page.words for page in pages):
            raise
        figures = [number for number, page in enumerate(pages, start=1) if page.seen.figures]
        lost = [number for number in wanted if number not in unmapped]
        reason = failure.message
        told = [warning("pages_not_recognised", count=len(lost), total=len(pages), reason=reason)] if lost else []
        told += [warning("pictures_not_read", pages=page_list(figures), reason=reason)] if figures else []
        return told + ([warning("fonts_unmapped", pages=page_list(unmapped))] if unmapped else [])
    if trust.left_out and not any(page.words or page.recognised for page in pages):
        raise ParseFailed("unreadable", trust.failure())
    even_sizes([word for page in pages if page.recognised for word in page.recognised.words])
    left = [number for number in unmapped if pages[number - 1].recognised is None]
    silent = [number for number in wanted if pages[number - 1].recognised is None and pages[number - 1].words]
    silent = [number for number in silent if number not in (*unmapped, *trust.left_out)]
    told = [warning("picture_without_text", pages=page_list(silent))] if silent else []
    return trust.warnings() + told + ([warning("fonts_unmapped", pages=page_list(left))] if left else [])


def _open(path: Path) -> tuple[pdfium.PdfDocument, list[str]]:
    """Opens the document. Returns (document, warnings). Raises ParseFailed."""
    try:
        return _opened(path), []
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ParseFailed("encrypted", "The PDF is encrypted: upload it without its password.") from error
        try:
            if (data := salvaged(path)) is None:
                raise ParseFailed("damaged", DAMAGED) from error
            return _opened(data), [warning("salvaged")]
        except pdfium.PdfiumError:
            raise ParseFailed("damaged", DAMAGED) from error


def _opened(source: Path | bytes) -> pdfium.PdfDocument:
    document = pdfium.PdfDocument(source)
    document.init_forms()
    len(document)
    return document


def _read_page(document: pdfium.PdfDocument, number: int, layers: LayerMarks | None) -> PageContent:
    """Reads one page. A damaged page has no words, so that the others are not lost."""
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return PageContent(_A4)
    try:
        drawn = drawn_on(page)
        words = without_unseen(page, _shown(repaired(page_words(page, layers)), page.get_size()), drawn.bars)
        written, notes = written_on(document, page, words)
        seen = look_at(page, words)
        return PageContent(page.get_size(), [*words, *written], drawn, seen, notes=notes, filled=bool(written))
    finally:
        page.close()


def _shown(words: list[Word], size: tuple[float, float]) -> list[Word]:
    """Removes words outside the visible page, such as printer's marks beside it."""
    width, height = size
    if not (width and height):  # its box is broken
        return words
    return [
        word
        for word in words
        if 0 <= (word.left + word.right) / 2 <= width and 0 <= (word.top + word.bottom) / 2 <= height
    ]


def _outline(document: pdfium.PdfDocument) -> list[OutlineEntry]:
    entries: list[OutlineEntry] = []
    try:
        for bookmark in islice(document.get_toc(max_depth=_MAX_OUTLINE_LEVEL), _MAX_OUTLINE):
            target = bookmark.get_dest()
            page = target.get_index() if target is not None else None
            if page is not None:
                entries.append(OutlineEntry(page + 1, bookmark.level + 1, bookmark.get_title()))
    except pdfium.PdfiumError:
        return []  # the text is read nevertheless
    return entries


def _is_title(text: str) -> bool:
    """Whether the metadata's title is one: many programs write a file name or a number there."""
    words = [word for word in text.split() if word.isalpha() and len(word) > 1]
    return len(words) >= 2 and not text.lower().startswith("microsoft word -")
