"""DOCX by `python-docx`: paragraphs and tables in the order of the document, headings by style."""

import re
from collections.abc import Iterator
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.zipped import check_archive

_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|nagłówek)\s*(\d)", re.IGNORECASE)


def parse_docx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    document = Document(str(path))
    builder = Builder()
    items: list[str] = []
    for part in _parts(document):
        if isinstance(part, Paragraph) and _is_list_item(part):
            items.append(f"- {part.text}")
            continue
        _end_list(builder, items)
        _add(builder, part)
    _end_list(builder, items)
    _add_margins(builder, document)
    return builder.document(title=document.core_properties.title or None)


def _parts(document: DocumentType) -> Iterator[Paragraph | Table]:
    for element in document.element.body.iterchildren():
        if element.tag == qn("w:p"):
            yield Paragraph(element, document)
        elif element.tag == qn("w:tbl"):
            yield Table(element, document)


def _add(builder: Builder, part: Paragraph | Table) -> None:
    if isinstance(part, Table):
        rows = [[cell.text for cell in row.cells] for row in part.rows]
        builder.add("table", table_text(rows), cells=rows)
        return
    level = _level(part)
    if level is None:
        builder.add("text", part.text)
    else:
        builder.add("title" if level <= 1 else "section_heading", part.text, level=max(level, 1))


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
    if not paragraph.text.strip() or _level(paragraph) is not None:
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
            text = "\n".join(paragraph.text for paragraph in margin.paragraphs).strip()
            if text and text not in seen and not margin.is_linked_to_previous:
                seen.add(text)
                builder.add("header" if kind == "header" else "footer", text)
