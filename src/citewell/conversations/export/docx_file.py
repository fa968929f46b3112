"""A transcript as a Word document. Citations are native footnotes, which Word and others move and number themselves."""

import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from citewell.conversations.export.blocks import Block, Run, read_blocks
from citewell.conversations.export.transcript import Exchange, Note, Transcript

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STYLES = {"bullet": "List Bullet", "number": "List Number", "quote": "Intense Quote"}
_DEEPEST = 2  # of the list styles that Word's template has: List Bullet, List Bullet 2, List Bullet 3
# What XML cannot hold.
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])


def to_docx(transcript: Transcript) -> bytes:
    """Returns the bytes of the file."""
    document = Document()
    document.core_properties.title = _clean(transcript.title)[:255]
    document.core_properties.author = "Citewell"
    document.add_heading(_clean(transcript.title), 0)
    footnotes, numbers = _Footnotes(), _Numbers(document)
    for exchange in transcript.exchanges:
        _add_exchange(document, exchange, footnotes, numbers)
    footnotes.attach(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_exchange(document: Any, exchange: Exchange, footnotes: "_Footnotes", numbers: "_Numbers") -> None:
    document.add_heading(_clean(exchange.question), 1)
    for block in read_blocks(exchange.answer):
        if block.kind == "table":
            _add_table(document, block, exchange.notes, footnotes)
            continue
        if block.kind == "heading":
            paragraph = document.add_heading("", min(block.level + 2, 9))
        else:
            paragraph = document.add_paragraph(style=_style(block))
        if block.kind == "number":
            numbers.give(paragraph, block)
        _add_runs(paragraph, block.runs, exchange.notes, footnotes)
    if exchange.stopped:
        document.add_paragraph().add_run("The answer was stopped here.").italic = True


def _style(block: Block) -> str | None:
    name = _STYLES.get(block.kind)
    deep = min(block.level, _DEEPEST)
    return f"{name} {deep + 1}" if name and deep and block.kind != "quote" else name


def _add_table(document: Any, block: Block, notes: Mapping[int, Note], footnotes: "_Footnotes") -> None:
    table = document.add_table(rows=0, cols=max(len(row) for row in block.rows))
    table.style = "Table Grid"
    for number, row in enumerate(block.rows):
        cells = table.add_row().cells
        for cell, runs in zip(cells, row, strict=False):
            bold = [Run(one.text, True, one.italic, one.code, one.note) for one in runs] if number == 0 else runs
            _add_runs(cell.paragraphs[0], bold, notes, footnotes)


def _add_runs(paragraph: Any, runs: Sequence[Run], notes: Mapping[int, Note], footnotes: "_Footnotes") -> None:
    for run in runs:
        if run.note is not None and run.note in notes:
            made = paragraph.add_run()
            made.font.superscript = True
            made._r.append(footnotes.reference(notes[run.note]))
            continue
        made = paragraph.add_run(_clean(run.text))
        made.bold, made.italic = run.bold or None, run.italic or None
        if run.code:
            made.font.name, made.font.size = "Consolas", Pt(10)
            made.font.color.rgb = RGBColor(0x33, 0x33, 0x33)


def _clean(text: str) -> str:
    return text.translate(_CONTROL)


class _Numbers:
    """The numbers of list items. Word counts on through all items of a style, so each list is given a count of its own
    that begins with its first number."""

    def __init__(self, document: Any) -> None:
        self._definitions = document.part.numbering_part.element
        self._last: dict[str, tuple[int, int]] = {}  # by style: the count's id, and the last number

    def give(self, paragraph: Any, block: Block) -> None:
        style = paragraph.style
        count, last = self._last.get(style.style_id, (0, 0))
        if not count or block.number != last + 1:
            of_style = self._definitions.num_having_numId(style.element.pPr.numPr.numId.val)
            made = self._definitions.add_num(of_style.abstractNumId.val)
            made.add_lvlOverride(0).add_startOverride(block.number)
            count = made.numId
        paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = count
        self._last[style.style_id] = count, block.number


class _Footnotes:
    """The part of the file that holds footnotes: python-docx has none, so it is written here."""

    def __init__(self) -> None:
        self._notes: list[str] = []

    def reference(self, note: Note) -> Any:
        """Returns the element that stands for a new footnote in the text."""
        self._notes.append(_clean(note.text))
        element = OxmlElement("w:footnoteReference")
        element.set(qn("w:id"), str(len(self._notes)))
        return element

    def attach(self, document: Any) -> None:
        if not self._notes:
            return
        part = document.part
        blob = self._xml().encode()
        part.relate_to(Part(PackURI("/word/footnotes.xml"), _TYPE, blob, part.package), _RELATION)

    def _xml(self) -> str:
        # Word wants these two lines, of the numbers -1 and 0, before the first note.
        lines = ("separator", "continuationSeparator")
        fixed = "".join(
            f'<w:footnote w:type="{kind}" w:id="{number - 1}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
            for number, kind in enumerate(lines)
        )
        mark = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
        small = '<w:rPr><w:sz w:val="18"/></w:rPr>'
        notes = "".join(
            f'<w:footnote w:id="{number}"><w:p>{mark}<w:r>{small}<w:t xml:space="preserve"> {escape(text)}</w:t></w:r>'
            "</w:p></w:footnote>"
            for number, text in enumerate(self._notes, 1)
        )
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        return f'{head}<w:footnotes xmlns:w="{_SPACE}">{fixed}{notes}</w:footnotes>'
