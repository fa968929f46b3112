"""A transcript as a PDF: each answer with the quoted words below it, as numbered notes."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fpdf import FPDF
from fpdf.enums import CharVPos, XPos, YPos
from fpdf.fonts import FontFace

from citewell.conversations.export.blocks import Block, Run, read_blocks
from citewell.conversations.export.fonts import add_fonts
from citewell.conversations.export.transcript import Exchange, Transcript

_MARGIN, _LINE, _STEP = 22, 5.6, 6  # mm: beside the text, of a line, of a level of a list
_SIZE, _SMALL = 10.5, 8.5  # points
_QUESTION, _HEADINGS = 14, (12.5, 11.5, 11)
_GREY = (95, 95, 95)

logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


def to_pdf(transcript: Transcript) -> bytes:
    """Returns the bytes of an A4 document. Characters that no font of this machine has are shown as boxes."""
    pdf = _Pdf(format="A4")
    pdf.set_title(transcript.title)
    pdf.set_creator("Citewell")
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(True, margin=_MARGIN)
    pdf.family = add_fonts(pdf, _characters(transcript))
    pdf.add_page()
    _write(pdf, [Run(transcript.title, bold=True)], size=18, line=8)
    for exchange in transcript.exchanges:
        _add_exchange(pdf, exchange)
    return bytes(pdf.output())


class _Pdf(FPDF):
    family = "helvetica"

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(self.family, size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 6, str(self.page_no()), align="C")
        self.set_text_color(0)


def _characters(transcript: Transcript) -> set[str]:
    texts = [transcript.title]
    for one in transcript.exchanges:
        texts += [one.question, one.answer, *(note.text for note in one.notes.values())]
    return set("".join(texts))


def _add_exchange(pdf: _Pdf, exchange: Exchange) -> None:
    pdf.ln(5)
    _write(pdf, [Run(exchange.question, bold=True)], size=_QUESTION, line=6.4)
    for block in read_blocks(exchange.answer):
        _add_block(pdf, block)
    if exchange.stopped:
        _write(pdf, [Run("The answer was stopped here.", italic=True)])
    if not exchange.notes:
        return
    pdf.ln(1)
    pdf.line(_MARGIN, pdf.get_y(), _MARGIN + 40, pdf.get_y())
    for number, note in sorted(exchange.notes.items()):
        _write(pdf, [Run(str(number), note=number), Run(f" {note.text}")], size=_SMALL, line=4.4, gap=0.8)


def _add_block(pdf: _Pdf, block: Block) -> None:
    if block.kind == "table":
        _add_table(pdf, block.rows)
    elif block.kind == "heading":
        bold = [replace(run, bold=True) for run in block.runs]
        _write(pdf, bold, size=_HEADINGS[min(block.level, len(_HEADINGS) - 1)])
    elif block.kind in ("bullet", "number"):
        sign = "•" if block.kind == "bullet" else f"{block.number}."
        _write(pdf, block.runs, indent=_STEP * (block.level + 1), sign=sign)
    elif block.kind == "quote":
        _write(pdf, [replace(run, italic=True) for run in block.runs], indent=_STEP)
    else:
        _write(pdf, block.runs, indent=_STEP * block.level)


def _write(
    pdf: _Pdf,
    runs: Sequence[Run],
    *,
    size: float = _SIZE,
    line: float = _LINE,
    indent: float = 0,
    sign: str = "",
    gap: float = 2,
) -> None:
    """A paragraph; `sign` stands to the left of its first line."""
    pdf.ln(gap / 2)
    pdf.set_left_margin(_MARGIN + indent)
    if sign:
        pdf.set_font(pdf.family, size=size)
        pdf.set_x(_MARGIN + indent - _STEP + 1)
        pdf.cell(_STEP - 1, line, sign, new_x=XPos.LEFT, new_y=YPos.TOP)
    pdf.set_x(_MARGIN + indent)
    for run in runs:
        style = ("B" if run.bold else "") + ("I" if run.italic else "")
        pdf.set_font(pdf.family, style, size)
        pdf.char_vpos = CharVPos.SUP if run.note is not None else CharVPos.LINE
        pdf.write(line, _printable(pdf, run.text))
    pdf.char_vpos = CharVPos.LINE
    pdf.set_left_margin(_MARGIN)
    pdf.ln(line)
    pdf.ln(gap / 2)


def _add_table(pdf: _Pdf, rows: Sequence[Sequence[Sequence[Run]]]) -> None:
    pdf.set_font(pdf.family, size=_SMALL + 0.5)
    with pdf.table(
        line_height=4.8,
        padding=1,
        text_align="LEFT",
        headings_style=FontFace(emphasis="BOLD"),
        first_row_as_headings=True,
    ) as table:
        for row in rows:
            cells: Any = table.row()
            for runs in row:
                cells.cell(_printable(pdf, "".join(f"[{run.text}]" if run.note else run.text for run in runs)))
    pdf.ln(2)


def _printable(pdf: _Pdf, text: str) -> str:
    """Replaces characters outside Latin-1 by question marks where no font has them."""
    return text if pdf.is_ttf_font else text.encode("cp1252", "replace").decode("cp1252")
