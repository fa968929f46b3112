"""The same blocks as a file of each format, written by hand or by the format's usual library."""

import io
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape

import docx
import pptx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from tests.golden.truth import Block
from tests.ingestion.containers import epub, odf

Blocks = Sequence[Block]


def as_html(blocks: Blocks) -> str:
    parts = []
    for number, block in enumerate(blocks):
        words = escape(block.text)
        if block.kind == "heading":
            level = 1 if number == 0 else 2
            parts.append(f"<h{level}>{words}</h{level}>")
        elif block.kind == "list":
            items = "".join(f"<li>{line.removeprefix('- ')}</li>" for line in words.split("\n"))
            parts.append(f"<ul>{items}</ul>")
        elif block.kind == "table":
            head, *body = [[escape(cell) for cell in row] for row in block.rows]
            rows = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in body)
            parts.append(
                f"<table><thead><tr><th>{'</th><th>'.join(head)}</th></tr></thead><tbody>{rows}</tbody></table>"
            )
        else:
            parts.append(f"<p>{words}</p>")
    return "\n".join(parts)


def html(blocks: Blocks, encoding: str = "utf-8") -> bytes:
    """A page of a site: with its navigation, its script and a hidden part around the article."""
    page = (
        f'<!DOCTYPE html><html><head><meta charset="{encoding}"><style>.print {{ display: none }}</style></head><body>'
        "<nav><ul><li>Home</li><li>Contact</li></ul></nav><script>var words = 1;</script>"
        f'<main><article>{as_html(blocks)}</article></main><div class="print">Printed on paper</div></body></html>'
    )
    return page.encode(encoding)


def mht(blocks: Blocks) -> bytes:
    message = EmailMessage()
    message["From"] = "<Saved by a browser>"
    message["Snapshot-Content-Location"] = "https://example.org/page"
    message.set_content(as_html(blocks), subtype="html", cte="quoted-printable")
    message.make_related()
    return message.as_bytes()


def markdown(blocks: Blocks) -> bytes:
    parts = []
    for number, block in enumerate(blocks):
        if block.kind == "heading":
            parts.append(f"{'#' if number == 0 else '##'} {block.text}")
        elif block.kind == "table":
            head, *body = [f"| {' | '.join(row)} |" for row in block.rows]
            parts.append("\n".join([head, "|---" * len(block.rows[0]) + "|", *body]))
        else:
            parts.append(block.text)
    return "\n\n".join(parts).encode()


def word(blocks: Blocks) -> bytes:
    """With real headings, lists and tables, as Word writes them."""
    document = docx.Document()
    for number, block in enumerate(blocks):
        if block.kind == "heading":
            document.add_heading(block.text, 1 if number == 0 else 2)
        elif block.kind == "list":
            for line in block.text.split("\n"):
                document.add_paragraph(line.removeprefix("- "), style="List Bullet")
        elif block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]))
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(block.text)
    return _saved(document)


def numbered_word(blocks: Blocks) -> bytes:
    """A contract: the numbers of headings ("2.") and clauses ("2.1") are counted by Word and not part of the text."""
    document = docx.Document()
    numbering = document.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "77")
    for level, text in enumerate(("%1.", "%1.%2")):
        element = OxmlElement("w:lvl")
        element.set(qn("w:ilvl"), str(level))
        for name, value in (("w:start", "1"), ("w:numFmt", "decimal"), ("w:lvlText", text)):
            child = OxmlElement(name)
            child.set(qn("w:val"), value)
            element.append(child)
        abstract.append(element)
    numbering.insert(0, abstract)
    num = OxmlElement("w:num")
    num.set(qn("w:numId"), "77")
    child = OxmlElement("w:abstractNumId")
    child.set(qn("w:val"), "77")
    num.append(child)
    numbering.append(num)
    document.add_heading(blocks[0].text, 0)
    for block in blocks[1:]:
        level = 0 if block.kind == "heading" else 1
        for line in block.text.split("\n"):
            words = line.partition(" ")[2]
            paragraph = document.add_heading(words, 1) if level == 0 else document.add_paragraph(words)
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = level
            properties.get_or_add_numId().val = 77
    return _saved(document)


def open_document(blocks: Blocks) -> bytes:
    parts = []
    for number, block in enumerate(blocks):
        words = escape(block.text)
        if block.kind == "heading":
            parts.append(f'<text:h text:outline-level="{1 if number == 0 else 2}">{words}</text:h>')
        elif block.kind == "list":
            items = (
                f"<text:list-item><text:p>{line.removeprefix('- ')}</text:p></text:list-item>"
                for line in words.split("\n")
            )
            parts.append(f"<text:list>{''.join(items)}</text:list>")
        elif block.kind == "table":
            rows = "".join(f"<table:table-row>{_cells(row)}</table:table-row>" for row in block.rows)
            parts.append(f"<table:table>{rows}</table:table>")
        else:
            parts.append(f"<text:p>{words}</text:p>")
    return odf("text", "".join(parts))


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row)


def rich_text(blocks: Blocks) -> bytes:
    head = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s2 heading 2;}}\f0 "
    )
    parts = []
    for number, block in enumerate(blocks):
        if block.kind == "heading":
            parts.append(rf"\pard\plain\s{1 if number == 0 else 2} {_escaped(block.text)}\par ")
        elif block.kind == "table":
            for row in block.rows:
                parts.append(rf"\trowd\intbl {''.join(_escaped(cell) + chr(92) + 'cell ' for cell in row)}\row ")
            parts.append(r"\pard ")
        else:
            parts += [rf"\pard\plain {_escaped(line)}\par " for line in block.text.split("\n")]
    return (head + "".join(parts) + "}").encode("ascii")


def _escaped(text: str) -> str:
    return "".join(char if 32 <= ord(char) < 127 and char not in "\\{}" else _code(char) for char in text)


def _code(char: str) -> str:
    if char in "\\{}":
        return "\\" + char
    return rf"\u{ord(char) - 65536 if ord(char) > 32767 else ord(char)}?"


def book(blocks: Blocks) -> bytes:
    """Each heading begins a chapter."""
    chapters: list[list[Block]] = []
    for block in blocks:
        if block.kind == "heading" or not chapters:
            chapters.append([])
        chapters[-1].append(block)
    return epub({f"c{number}.xhtml": as_html(chapter) for number, chapter in enumerate(chapters)})


def mail(blocks: Blocks) -> bytes:
    """Its words in a page; the plain part only says so."""
    message = EmailMessage()
    message["Subject"] = blocks[0].text
    message.set_content("Your program cannot show this message.")
    message.add_alternative(as_html(blocks[1:]), subtype="html")
    return message.as_bytes()


def deck(blocks: Blocks) -> bytes:
    """Each heading begins a slide; what follows lies on it from top to bottom, put there in the opposite order."""
    presentation = pptx.Presentation()
    slides: list[list[Block]] = []
    for block in blocks:
        if block.kind == "heading":
            slides.append([])
        slides[-1].append(block)
    for heading, *rest in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = heading.text
        places = [(number, block) for number, block in enumerate(rest)]
        for number, block in reversed(places):
            top, height = pptx.util.Inches(1.5 + number * 1.4), pptx.util.Inches(1.2)
            left, width = pptx.util.Inches(1), pptx.util.Inches(8)
            if block.kind == "table":
                shape = slide.shapes.add_table(len(block.rows), len(block.rows[0]), left, top, width, height)
                for row, cells in enumerate(block.rows):
                    for column, cell in enumerate(cells):
                        shape.table.cell(row, column).text = cell
            else:
                slide.shapes.add_textbox(left, top, width, height).text_frame.text = block.text
    return _saved(presentation)


def _saved(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


RENDERERS: dict[str, Callable[[Blocks], bytes]] = {
    "html": html, "mht": mht, "md": markdown, "docx": word, "odt": open_document, "rtf": rich_text, "epub": book,
    "eml": mail, "pptx": deck,
}  # fmt: skip
