"""Decks by their XML: a slide is a page, its title a heading; shapes in the order in which people read them."""

import zipfile
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.drawing import charts_in, described, smart_art_in
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.ooxml import A, P, Package, R
from citewell.ingestion.parsing.ooxml_objects import ObjectReader
from citewell.ingestion.parsing.ooxml_pictures import PictureReader
from citewell.ingestion.parsing.pptx_order import Placed, in_reading_order
from citewell.ingestion.parsing.pptx_shapes import Layouts, shapes_of_slide
from citewell.ingestion.parsing.pptx_text import Paragraph, comment_text, is_generated, paragraphs_of, table_rows
from citewell.ingestion.parsing.zipped import check_archive

TITLES = ("title", "ctrTitle")
_SILENT = ("dt", "sldNum", "hdr")  # the date, the number of the slide
_BODIES = ("body", "obj", "half", "")


def parse_pptx(path: Path, limits: ParseLimits) -> ParsedDocument:
    check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        slides = slide_parts(package)
        if len(slides) > limits.max_pages:
            raise too_large(f"more than {limits.max_pages:,} slides")
        deck = _Deck(package, limits)
        for number, part in enumerate(slides, start=1):
            deck.add(part, number)
        return deck.builder.document(page_count=len(slides), title=package.title(), warnings=deck.warnings)


def slide_parts(package: Package) -> list[str]:
    """The slides in their order; hidden ones have their number too."""
    relations = package.relations(package.main)
    listed = package.xml(package.main).iterfind(f"{P}sldIdLst/{P}sldId")
    found = (relations.get(element.get(f"{R}id") or "") for element in listed)
    return [relation.target for relation in found if relation is not None and package.has(relation.target)]


class _Deck:
    def __init__(self, package: Package, limits: ParseLimits) -> None:
        self.builder = Builder("slide")
        self._package, self._limits = package, limits
        self._layouts = Layouts(package)
        self._pictures = PictureReader(package, limits)
        self._objects = ObjectReader(package, limits)

    @property
    def warnings(self) -> list[str]:
        return self._objects.warnings

    def add(self, part: str, number: int) -> None:
        root = self._package.optional_xml(part)
        if root is None:
            return
        shapes = shapes_of_slide(root, self._layouts.of_slide(part), self._limits.max_nesting)
        title = next((shape for shape in shapes if shape.kind in TITLES and paragraphs_of(shape.element)), None)
        if title is not None:
            words = " ".join(paragraph.text for paragraph in paragraphs_of(title.element))
            self.builder.add("section_heading" if self.builder.blocks else "title", words, page=number, level=1)
        for shape in in_reading_order([shape for shape in shapes if shape is not title]):
            self._add_shape(shape, part, number)
        self._add_notes(part, number)
        self._add_comments(part, number)

    def _add_shape(self, shape: Placed, part: str, page: int) -> None:
        if shape.kind in _SILENT:
            return
        tables = list(shape.element.iter(f"{A}tbl"))
        for table in tables:
            rows = table_rows(table)
            self.builder.add("table", table_text(rows), rows=rows, page=page)
        if tables:
            return
        for chart in charts_in(shape.element, self._package, part):
            self.builder.add("figure", chart.title, page=page)
            self.builder.add("table", table_text(chart.rows), rows=chart.rows, page=page)
        for lines in smart_art_in(shape.element, self._package, part):
            self.builder.add("list", "\n".join(lines), page=page)
        self._objects.add(self.builder, shape.element, part, page, f"slide {page}")
        paragraphs = paragraphs_of(shape.element)
        if paragraphs:
            self._add_text(shape, paragraphs, page)
        elif shape.element.tag == f"{P}pic":
            words = described(shape.element)
            if words and not is_generated(words):
                self.builder.add("figure", words, page=page)
            self._pictures.add(self.builder, shape.element, part, page, None)

    def _add_text(self, shape: Placed, paragraphs: list[Paragraph], page: int) -> None:
        if shape.kind == "ftr":
            self.builder.add("footer", "\n".join(paragraph.text for paragraph in paragraphs), page=page)
        elif len(paragraphs) > 1 and _is_list(shape, paragraphs):
            lines = (f"{'  ' * one.level}{one.mark or '-'} {one.text}" for one in paragraphs)
            self.builder.add("list", "\n".join(lines), page=page)
        else:
            lines = (f"{one.mark} {one.text}" if one.mark not in (None, "-") else one.text for one in paragraphs)
            self.builder.add("text", "\n".join(lines), page=page)

    def _add_notes(self, part: str, page: int) -> None:
        root = self._package.optional_xml(self._package.related(part, "notesSlide"))
        if root is None:
            return
        for shape in shapes_of_slide(root, {}, self._limits.max_nesting):
            if shape.kind == "body" or (shape.kind is None and shape.element.tag == f"{P}sp"):
                text = "\n".join(paragraph.text for paragraph in paragraphs_of(shape.element))
                self.builder.add("text", text, page=page, place=f"slide {page}, notes")

    def _add_comments(self, part: str, page: int) -> None:
        for target in self._package.all_related(part, "comments"):
            root = self._package.optional_xml(target)
            for comment in root if root is not None else ():
                self.builder.add("text", comment_text(comment), page=page, place=f"slide {page}, comment")


def _is_list(shape: Placed, paragraphs: list[Paragraph]) -> bool:
    """Whether its paragraphs have bullets or numbers; those of a slide's main text have, unless they say otherwise."""
    if any(paragraph.mark for paragraph in paragraphs):
        return True
    return shape.kind in _BODIES and not all(paragraph.is_plain for paragraph in paragraphs)
