"""PPTX by `python-pptx`: a slide is a page; its title is a heading; notes follow its text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pptx import Presentation

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.zipped import check_archive


def parse_pptx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    presentation = Presentation(str(path))
    builder = Builder("slide")
    for number, slide in enumerate(presentation.slides, start=1):
        if number > limits.max_pages:
            raise too_large(f"more than {limits.max_pages:,} slides")
        _add_slide(builder, slide, number, limits)
    return builder.document(page_count=len(presentation.slides), title=presentation.core_properties.title or None)


def _add_slide(builder: Builder, slide: Any, page: int, limits: ParseLimits) -> None:
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        builder.add("section_heading" if builder.blocks else "title", title.text_frame.text, page=page, level=1)
    for shape in shapes_of(slide.shapes, limits.max_nesting):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_table:
            rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
            builder.add("table", table_text(rows), rows=rows, page=page)
        elif shape.has_text_frame:
            builder.add("text", "\n".join(p.text for p in shape.text_frame.paragraphs if p.text.strip()), page=page)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        builder.add("text", slide.notes_slide.notes_text_frame.text, page=page)


def shapes_of(shapes: Any, depth: int) -> Iterator[Any]:
    """Shapes, and those in groups of them."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            if depth > 0:
                yield from shapes_of(shape.shapes, depth - 1)
        else:
            yield shape
