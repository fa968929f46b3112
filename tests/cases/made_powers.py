"""Raised numbers behind numbers, in each format that has them."""

import io

import docx
import pptx
import xlsxwriter
from pptx.util import Inches

from tests.cases.case import Case
from tests.cases.made_pages import page
from tests.cases.raw_pdf import fonts, line, raw_pdf, type1
from tests.ingestion.containers import odf
from tests.ingestion.files import saved

# Text, and whether it is raised.
_PIECES = (("about 10", False), ("-", True), ("6", True), (" sacks, 1,204", False), ("3", True), (" m", False), ("2", True), (", 1", False), ("st", True))  # fmt: skip
_READ = "+ about 10^-6 sacks, 1,204^3 m2, 1st"


def letter() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for text, raised in _PIECES:
        paragraph.add_run(text).font.superscript = raised or None
    return saved(document)


def slide() -> bytes:
    deck = pptx.Presentation()
    box = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(0, 0, Inches(4), Inches(1))
    for text, raised in _PIECES:
        run = box.text_frame.paragraphs[0].add_run()
        run.text = text
        if raised:
            run.font._element.set("baseline", "30000")
    return saved(deck)


def workbook() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    raised = book.add_format({"font_script": 1})
    book.add_worksheet().write_rich_string(0, 0, "about 10", raised, "-6", " sacks, m", raised, "2")
    book.close()
    return buffer.getvalue()


def printed() -> bytes:
    content = line("F", 10, 60, 700, "Cash") + line("F", 10, 160, 700, "1,204") + line("F", 6, 185.1, 704, "3")
    content += line("F", 10, 60, 686, "Sacks") + line("F", 10, 160, 686, "10") + line("F", 6, 171.2, 690, "-6")
    content += line("F", 10, 60, 672, "Acids") + line("F", 10, 160, 672, "C10") + line("F", 6, 178.5, 670, "12")
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


_MARKED = "".join(
    f"<sup>{text}</sup>" if raised else text for text, raised in (*_PIECES[:1], ("-6", True), *_PIECES[3:])
)
_STYLE = '<style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
_SPANS = "".join(f'<text:span text:style-name="T1">{text}</text:span>' if raised else text for text, raised in _PIECES)

CASES = [
    Case("powers.docx", letter, _READ),
    Case("powers.pptx", slide, _READ),
    Case("powers.xlsx", workbook, "+ about 10^-6 sacks, m2"),
    Case("powers.html", page(f"<p>{_MARKED}</p><ul><li>2<sup>10</sup> is <b>10<sup>3</sup></b></ul>"), f"{_READ}\n+ 2^10 is 10^3"),
    Case("powers.odt", lambda: odf("text", f"<text:p>{_SPANS}</text:p>", styles=_STYLE), _READ),
    Case("powers.rtf", rb"{\rtf1\ansi about 10{\super -6} sacks, 1,204{\super 3} m\super 2\nosupersub , 1{\super st}\par 10\par{\super 3} Note\par}", f"{_READ}\n+ 10 3 Note"),
    Case("powers.pdf", printed, "T Cash | 1,204^3\nT Sacks | 10^-6\n- C10^12"),
]  # fmt: skip
