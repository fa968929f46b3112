"""DOCX by `python-docx`: paragraphs and tables in the order of the document, headings by style."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.zipped import check_archive

_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|nagłówek)\s*(\d)", re.IGNORECASE)
_BOX = qn("w:txbxContent")
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WITHOUT_TEXT = {qn(name) for name in ("w:pPr", "w:rPr", "w:del", "w:moveFrom", "w:drawing", "w:pict")} | {_FALLBACK}
_MAX_COLUMNS = 500


def parse_docx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    document = Document(str(path))
    builder = Builder()
    items: list[str] = []
    for part in _parts(document.element.body, document):
        if isinstance(part, Paragraph) and _is_list_item(part):
            items.append(f"- {_text(part)}")
            continue
        _end_list(builder, items)
        _add(builder, part)
    _end_list(builder, items)
    _add_margins(builder, document)
    return builder.document(title=document.core_properties.title or None)


def _parts(parent: Any, document: DocumentType) -> Iterator[Paragraph | Table]:
    """Paragraphs and tables in order, those in content controls and behind a paragraph those of its text boxes too."""
    for element in parent.iterchildren():
        if element.tag == qn("w:p"):
            yield Paragraph(element, document)
            for box in _boxes(element):
                yield from _parts(box, document)
        elif element.tag == qn("w:tbl"):
            yield Table(element, document)
        elif element.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins")):
            yield from _parts(element, document)


def _boxes(paragraph: Any) -> list[Any]:
    """Its text boxes, without those in them. Each stands there twice, the second time for old programs."""
    return [box for box in paragraph.iter(_BOX) if not _is_within(box, paragraph, (_BOX, _FALLBACK))]


def _is_within(element: Any, outer: Any, tags: tuple[str, ...]) -> bool:
    """True if between the element and `outer`, which it is in, there is one of these tags."""
    for above in element.iterancestors():
        if above is outer:
            return False
        if above.tag in tags:
            return True
    return False


def _text(paragraph: Paragraph) -> str:
    """With what was inserted while changes were tracked, and without what was deleted and without text boxes."""
    return "".join(_pieces(paragraph._p))


def _pieces(element: Any) -> Iterator[str]:
    for child in element.iterchildren():
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag == qn("w:tab"):
            yield "\t"
        elif child.tag in (qn("w:br"), qn("w:cr")):
            yield "\n"
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in _WITHOUT_TEXT:
            yield from _pieces(child)


def _add(builder: Builder, part: Paragraph | Table) -> None:
    if isinstance(part, Table):
        rows = [_row(part, row) for row in part._tbl.tr_lst]
        builder.add("table", table_text(rows), rows=rows)
        return
    level = _level(part)
    if level is None:
        builder.add("text", _text(part))
    else:
        builder.add("title" if level <= 1 else "section_heading", _text(part), level=max(level, 1))


def _row(table: Table, row: Any) -> list[str]:
    """A cell that spans columns is followed by empty ones."""
    cells: list[str] = []
    for cell in row.iterchildren(qn("w:tc")):
        paragraphs = (found for found in cell.iter(qn("w:p")) if not _is_within(found, cell, (_FALLBACK,)))
        cells.append("\n".join(_text(Paragraph(found, table)) for found in paragraphs).strip())
        cells += [""] * (min(cell.grid_span, _MAX_COLUMNS) - 1)
    return cells


def _level(paragraph: Paragraph) -> int | None:
    """0 for a title, 1 to 9 for headings, None for other text; by the outline level where the style has one."""
    style = paragraph.style
    names = [style.name, style.style_id] if style is not None else []
    for name in filter(None, names):
        if name.lower() in ("title", "titel"):
            return 0
        if found := _HEADING.match(name):
            return int(found.group(1))
    for element in (paragraph._p, style.element if style is not None else None):
        outline = element.find(f".//{qn('w:outlineLvl')}") if element is not None else None
        if outline is not None and 0 <= int(outline.get(qn("w:val"))) < 9:
            return int(outline.get(qn("w:val"))) + 1
    return None


def _is_list_item(paragraph: Paragraph) -> bool:
    if not _text(paragraph).strip() or _level(paragraph) is not None:
        return False
    style = paragraph.style.name if paragraph.style is not None else ""
    return paragraph._p.find(f".//{qn('w:numPr')}") is not None or (style or "").startswith("List")


def _end_list(builder: Builder, items: list[str]) -> None:
    if items:
        builder.add("list", "\n".join(items))
        items.clear()


def _add_margins(builder: Builder, document: DocumentType) -> None:
    seen: set[str] = set()
    for section in document.sections:
        for kind, margin in (("header", section.header), ("footer", section.footer)):
            text = "\n".join(_text(paragraph) for paragraph in margin.paragraphs).strip()
            if text and text not in seen and not margin.is_linked_to_previous:
                seen.add(text)
                builder.add("header" if kind == "header" else "footer", text)
