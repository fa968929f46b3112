"""Office files, mail, pages and text of the kinds that were once read wrongly."""

import datetime
import io
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table
from pptx.util import Inches

from tests.cases.case import Case
from tests.ingestion.containers import epub, msg, odf
from tests.ingestion.files import rewritten, saved

W = nsdecls("w")


def numbered(*levels: tuple[str, str], start: int = 1) -> Callable[[docx.document.Document], None]:
    """A function that gives a document the list 55 with levels of these formats and texts."""

    def define(document: docx.document.Document) -> None:
        shown = "".join(
            f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
            for number, (kind, text) in enumerate(levels)
        )
        root = document.part.numbering_part.element
        root.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="55">{shown}</w:abstractNum>'))
        root.append(parse_xml(f'<w:num {W} w:numId="55"><w:abstractNumId w:val="55"/></w:num>'))
        again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
        root.append(parse_xml(f'<w:num {W} w:numId="56"><w:abstractNumId w:val="55"/>{again}</w:num>'))

    return define


def clauses() -> bytes:
    document = docx.Document()
    numbered(("upperRoman", "Article %1"), ("decimalZero", "%1-%2"), ("lowerLetter", "(%3)"))(document)
    for level, num_id, words in (
        (0, 55, "Delivery"), (1, 55, "Within a week"), (2, 55, "by rail"), (2, 55, "by road"), (1, 55, "At the gate"),
        (2, 55, "by hand"), (0, 55, "Payment"), (1, 55, "In crowns"), (0, 56, "Again from the start"),
    ):  # fmt: skip
        properties = document.add_paragraph(words)._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = level, num_id
    return saved(document)


def styled() -> bytes:
    """A style based on a heading, one with an outline level, one that hides its text; a control with a hint only."""
    document = docx.Document()
    styles = document.styles.element
    styles.append(
        parse_xml(
            f'<w:style {W} w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/><w:basedOn w:val="Heading2"/></w:style>'
        )
    )
    styles.append(
        parse_xml(
            f'<w:style {W} w:type="paragraph" w:styleId="Lead"><w:name w:val="Lead"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
        )
    )
    styles.append(
        parse_xml(
            f'<w:style {W} w:type="paragraph" w:styleId="Ghost"><w:name w:val="Ghost"/><w:rPr><w:vanish/></w:rPr></w:style>'
        )
    )
    for style, words in (
        ("Lead", "Rules of the mill"),
        ("Clause", "Storage"),
        ("Ghost", "nobody sees this"),
        (None, "Grain is kept dry."),
    ):
        paragraph = document.add_paragraph(words)
        if style:
            paragraph._p.get_or_add_pPr().get_or_add_pStyle().val = style
    for hint, words in ((True, "Click here to enter text"), (False, "Filled in by Ada")):
        shown = "<w:showingPlcHdr/>" if hint else ""
        control = f"<w:sdt {W}><w:sdtPr>{shown}</w:sdtPr><w:sdtContent><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        document.element.body.insert(-1, parse_xml(control))
    math = (
        f'<w:p {W} xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:oMath><m:r><m:t>E=</m:t></m:r>'
        "<m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"
        "<m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>"
    )
    document.element.body.insert(-1, parse_xml(math))
    field = (
        f'<w:p {W}><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGEREF x </w:instrText></w:r>'
        '<w:r><w:t>inner</w:t></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>see page 9</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    document.element.body.insert(-1, parse_xml(field))
    return saved(document)


def paged() -> bytes:
    """Pages as Word notes them: the mark behind an author's break is the same page, one within a paragraph is new."""
    document = docx.Document()
    document.add_paragraph("First page.")
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    paragraph = document.add_paragraph()
    paragraph._p.append(parse_xml(f"<w:r {W}><w:lastRenderedPageBreak/><w:t>Second page.</w:t></w:r>"))
    paragraph = document.add_paragraph("Still the second")
    paragraph._p.append(parse_xml(f"<w:r {W}><w:lastRenderedPageBreak/><w:t> and already the third.</w:t></w:r>"))
    document.add_paragraph("Third page.")
    document.add_section()
    document.add_paragraph("Fourth page.")
    return saved(document)


def begun_anew() -> bytes:
    """A paragraph whose format begins a page, and no other break."""
    document = docx.Document()
    document.add_paragraph("First page.")
    document.add_paragraph("Second page.").paragraph_format.page_break_before = True
    return saved(document)


def changed() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("The price is ")
    paragraph._p.append(parse_xml(f'<w:del {W} w:id="1"><w:r><w:delText>four</w:delText></w:r></w:del>'))
    paragraph._p.append(parse_xml(f'<w:ins {W} w:id="2"><w:r><w:t>nine crowns.</w:t></w:r></w:ins>'))
    table = document.add_table(rows=3, cols=3)
    for row, cells in enumerate((("Land", "Town", "Sacks"), ("North", "Opava", "12"), ("", "Zlin", "7"))):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    table.cell(1, 0).merge(table.cell(2, 0))
    gone = table.add_row()
    gone.cells[0].text = "deleted row"
    gone._tr.get_or_add_trPr().append(parse_xml(f'<w:del {W} w:id="3"/>'))
    return saved(document)


def strict(content: bytes) -> bytes:
    """As "Strict Open XML": other names for the same elements."""

    def change(name: str, data: bytes) -> bytes:
        for part in (b"wordprocessingml/2006/main", b"officeDocument/2006/relationships", b"spreadsheetml/2006/main"):
            strict_name = part.replace(b"/2006/", b"/")
            data = data.replace(
                b"http://schemas.openxmlformats.org/" + part, b"http://purl.oclc.org/ooxml/" + strict_name
            )
        return data

    return rewritten(content, change)


def formats() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Price list"
    for row, (name, value, code) in enumerate(
        (
            ("share", 0.0725, "0.0%"), ("code", 42, "00000"), ("crowns", 1234567.5, '#,##0.00 "Kč"'),
            ("loss", -12.5, "#,##0.00;(#,##0.00)"), ("day", datetime.date(2031, 3, 9), "d. m. yyyy"),
            ("time", datetime.time(16, 5), "h:mm AM/PM"), ("span", 1.5, "[h]:mm"), ("half", 2.5, "# ?/?"),
            ("large", 1234567, '0.0,,"M"'), ("small", 0.000123, "0.00E+00"), ("yes", True, "General"),
        ), start=1,
    ):  # fmt: skip
        sheet.cell(row, 1, name)
        sheet.cell(row, 2, value).number_format = code
    sheet["B2"].comment = Comment("As on the sack", "Ada")
    return saved(book)


def table_in_cell() -> bytes:
    """A table with a table in a cell, and a frame of two cells that holds one."""
    document = docx.Document()
    outer = document.add_table(rows=2, cols=2)
    for row, cells in enumerate((("Kind", "Note"), ("Rye", "Sold so far:"))):
        for column, words in enumerate(cells):
            outer.cell(row, column).text = words
    inner = outer.cell(1, 1).add_table(rows=2, cols=2)
    for row, cells in enumerate((("Town", "Sacks"), ("Opava", "12"))):
        for column, words in enumerate(cells):
            inner.cell(row, column).text = words
    document.add_paragraph("End.")
    return saved(document)


def table_in_footer() -> bytes:
    document = docx.Document()
    document.add_paragraph("Grain is kept dry.")
    table = document.sections[0].footer.add_table(1, 2, Inches(5))
    for column, words in enumerate(("River Mill Ltd.", "4 Weir Lane")):
        table.cell(0, column).text = words
    return saved(document)


def reports() -> bytes:
    """A title, a remark, a header of two rows, 90 rows, and behind a blank row a second table."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Harvest"
    sheet["A1"] = "Harvest of the mills"
    sheet["A2"] = "in tons, unaudited"
    for cell, words in (
        ("A4", "Mill"),
        ("B4", "2030"),
        ("D4", "2031"),
        ("B5", "Rye"),
        ("C5", "Oats"),
        ("D5", "Rye"),
        ("E5", "Oats"),
    ):
        sheet[cell] = words
    for merged in ("B4:C4", "D4:E4", "A4:A5"):
        sheet.merge_cells(merged)
    for number in range(90):
        sheet.append([f"Mill {number}", number, number + 1, number + 2, number + 3])
    sheet.append([])
    sheet.append(["Person", "Town"])
    sheet.append(["Bo Marsh", "Opava"])
    named = book.create_sheet("Rates")
    named.append(["Grain", "Rate"])
    named.append(["Barley", 31])
    named.add_table(Table(displayName="CurrentRates", ref="A1:B2"))
    return rewritten(saved(book), lambda name, data: data.replace(b'<dimension ref="A1:E98"', b'<dimension ref="A1"'))


def slides() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Plan\vfor the year"
    for words, left, top in (
        ("below right", 5, 5),
        ("below left", 0.5, 5),
        ("above right", 5, 2),
        ("above left", 0.5, 2),
    ):
        slide.shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(2.6)).text_frame.text = words
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(6.9), Inches(2), Inches(0.3)).text_frame.text = "in a group"
    slide.notes_slide.notes_text_frame.text = "Thank the miller."
    table = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_table(3, 2, 0, 0, Inches(4), Inches(2)).table
    for row, cells in enumerate((("Land", "Town"), ("North", "Opava"), ("", "Zlin"))):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    table.cell(1, 0).merge(table.cell(2, 0))
    return saved(deck)


def retyped(content: bytes, old: bytes, new: bytes) -> bytes:
    return rewritten(content, lambda name, data: data.replace(old, new) if name == "[Content_Types].xml" else data)


def invitation() -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Harvest meeting", "ada@example.org"
    mail.set_content("See the attached.")
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Harvest\r\n  meeting\r\nDTSTART;TZID=Europe/Prague:20310304T093000\r\n"
        'LOCATION:Mill 4\\, hall B\r\nATTENDEE;CN="Bo Marsh":mailto:bo@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    )
    mail.add_alternative(event, subtype="calendar")
    mail.add_attachment("Clause nine holds.", filename="clause.txt", disposition="inline")
    return mail.as_bytes()


RAW_MAIL = (
    "From: Łukasz <l@example.org>\nTo: =?utf-8?q?J=C3=BC?= =?utf-8?q?rgen?= <j@example.org>\nSubject: Smlouva č. 7\n"
    "Content-Type: text/plain; charset=iso-8859-2\nContent-Transfer-Encoding: 8bit\n\n"
).encode() + "Žluťoučký kůň".encode("iso-8859-2")
MAILBOX = b"From a@example.org Mon\nFrom: a@example.org\nSubject: First\n\nOne sack.\n\nFrom b@example.org Tue\nFrom: b@example.org\nSubject: Second\n\n>From Riga, two sacks.\n"
PAGE = """<html><head><title>T</title><style>.x{display:none} @media print {.y{display:none}}</style></head><body>
<p class="x">never</p><p class="y">always</p><p style="visibility: hidden">nowhere</p><p hidden>hidden</p>
<dl><dt>Rye</dt><dd>a cereal</dd><dt>Oats<dd>another</dl><p><img src="m.png" alt="The mill at dawn"></p>
<table><tr><th rowspan=2>Land<th colspan=2>2031</tr><tr><th>Q1<th>Q2</tr><tr><td>North<td>1<td>2</tr></table></body></html>"""
NOTES = """+++
title = "Mill notes"
+++
# Start

See [the manual][m], [more][] and [short].

<table><tr><td>Rye</td><td>5</td></tr></table>

[m]: https://example.org/m
[more]: <https://example.org/more>
[short]: https://example.org/s
"""
LISTS = """<text:list><text:list-item><text:p>One</text:p><text:list><text:list-item><text:p>Inner</text:p></text:list-item>
</text:list></text:list-item></text:list><text:p>Due<text:note text:note-class="endnote"><text:note-citation>i</text:note-citation>
<text:note-body><text:p>In crowns.</text:p></text:note-body></text:note> now.</text:p>"""
SPANNED = """<table:table table:name="T"><table:table-row><table:table-cell><text:p>Land</text:p></table:table-cell><table:table-cell>
<text:p>Town</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell table:number-rows-spanned="2">
<text:p>North</text:p><office:annotation><text:p>Ask Bo</text:p></office:annotation></table:table-cell><table:table-cell><text:p>Opava</text:p>
</table:table-cell></table:table-row><table:table-row><table:covered-table-cell/><table:table-cell><text:p>Zlin</text:p></table:table-cell>
</table:table-row></table:table>"""
RTF = rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset204 A;}{\f1 B;}}{\stylesheet{\s1 heading 1;}}\pard\s1\f1 Terms\par\pard\plain\f0 \'cf\'f0\'e8\'e2\'e5\'f2\f1  \'e8as {\v secret}{\field{\*\fldinst X}{\fldrslt link}}{\footnote \'e8\'e1st}\par}"

PAGED_RTF = rb"{\rtf1\ansi{\stylesheet{\s1 heading 1;}}\pard\s1 Terms\par\pard\plain First page.\par\page Second page. {\footnote A note}\par\pard\pagebb Third page.\par\pard\trowd\intbl cell\cell\row\pard\sect\sectd\sbknone Still the third.\par\sect\sectd\sbkodd On five.\par}"
FILLED_RTF = rb"{\rtf1\ansi \pard It begins here and \softpage goes on there.\par\page\softpage On three.\par}"

MERGED_RTF = (
    rb"{\rtf1\ansi\trowd\cellx3000\intbl Wide\cell\row\trowd\clvmgf\cellx1000\cellx2010\cellx3000\intbl Tall\cell a\cell b\cell\row"
    rb"\trowd\clvmrg\cellx1005\clmgf\cellx2000\clmrg\cellx3000\intbl\cell c\cell\cell\row\pard End.\par}"
)


def encrypted_odt() -> bytes:
    buffer = io.BytesIO(odf("text", "<text:p>x</text:p>"))
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr("META-INF/manifest.xml", "<m:manifest><m:encryption-data/></m:manifest>")
    return buffer.getvalue()


CASES = [
    Case("table-in-footer.docx", table_in_footer, "+ Grain is kept dry.\n+ River Mill Ltd.\n+ 4 Weir Lane"),
    Case("table-in-cell.docx", table_in_cell, "T Kind | Note\nT Rye | Sold so far:\nC Opava => Town | Sacks\n@ table 2 => Opava\n+ Opava | 12 End."),
    Case("clauses.docx", clauses, "+ Article I Delivery\n+ I-01 Within a week\n+ (b) by road\n+ I-02 At the gate\n+ (a) by hand\n+ Article II Payment\n+ II-01 In crowns\n+ Article I Again"),
    Case("styled.docx", styled, "H Rules of the mill\nH Storage\n- nobody sees\n- Click here\n+ Filled in by Ada\n+ E=(a+b)/2c^2\n- PAGEREF\n- inner\n+ see page 9"),
    Case("paged.docx", paged, "P 1 First page.\nP 2 Second page.\nP 2 Still the second\nP 3 Third page.\nP 4 Fourth page."),
    Case("begun-anew.docx", begun_anew, "P 1 First page.\nP 2 Second page."),
    Case("changed.docx", changed, "+ The price is nine crowns.\n- four\nT North | Opava | 12\nT North | Zlin | 7\n- deleted row"),
    Case("strict.docx", lambda: strict(clauses()), "+ Article II Payment"),
    Case("template.dotx", lambda: retyped(clauses(), b"document.main", b"template.main"), "+ Article II Payment"),
    Case("formats.xlsx", formats, "T share | 7.3%\nT code | 00042\nT crowns | 1,234,567.50 Kč\nT loss | (12.50)\nT day | 9. 3. 2031\nT time | 4:05 PM\nT span | 36:00\nT half | 2 1/2\nT large | 1.2M\nT small | 1.23E-04\nT yes | TRUE\n+ As on the sack\n@ 'Price list'!B2 => As on the sack"),
    Case("strict.xlsx", lambda: strict(formats()), "T code | 00042"),
    Case("reports.xlsx", reports, "C Mill 0 => Mill | 2030 | 2030 | 2031 | 2031\nC Mill 89 => Mill | Rye | Oats | Rye | Oats\n+ in tons, unaudited\nT Person | Town\nC Bo Marsh => Person | Town\n+ CurrentRates\nT Barley | 31"),
    Case("slides.pptx", slides, "H Plan for the year\n+ above left below left in a group above right below right\n+ Thank the miller.\nP 2 North\nT North | Zlin"),
    Case("show.ppsx", lambda: retyped(slides(), b"presentation.main", b"slideshow.main"), "H Plan for the year"),
    Case("invitation.eml", invitation, "+ Harvest meeting\n+ 2031-03-04 09:30 Europe/Prague\n+ Mill 4, hall B\n+ Bo Marsh <bo@example.org>\n+ Clause nine holds."),
    Case("raw.eml", RAW_MAIL, "+ Łukasz\n+ Jürgen\nH Smlouva č. 7\n+ Žluťoučký kůň"),
    Case("mail.mbox", MAILBOX, "H First\nH Second\n+ From Riga\n- >From\n@ message 2, message => two sacks."),
    Case("letter.msg", lambda: msg({"0037": "A letter", "1000": "Words."}, {}), "H A letter\n+ Words."),
    Case("page.html", PAGE.encode(), "- never\n+ always\n- nowhere\n- hidden\n+ Rye: a cereal\n+ The mill at dawn\nT Land | Q1 | Q2\nT North | 1 | 2"),
    Case("notes.md", NOTES.encode(), "- H title\nH Start\n+ https://example.org/m\n+ https://example.org/more\n+ https://example.org/s\nT Rye | 5"),
    Case("lists.odt", lambda: odf("text", LISTS), "+ - One - Inner\n+ Due now.\n+ In crowns.\n- DueIn"),
    Case("spanned.ods", lambda: odf("spreadsheet", SPANNED), "T North | Opava\nT North | Zlin\n+ Ask Bo\n- North Ask"),
    Case("terms.rtf", RTF, "H Terms\n+ Привет čas link\n- secret\n+ část"),
    Case("paged.rtf", PAGED_RTF, "P 1 Terms\nP 1 First page.\nP 2 Second page.\nP 2 A note\nP 3 Third page.\nP 3 cell\nP 3 Still the third.\nP 5 On five.\n@ paragraph 3 => Second page."),
    Case("filled.rtf", FILLED_RTF, "P 1 goes on there.\nP 3 On three."),
    Case("merged.rtf", MERGED_RTF, "T Wide | |\nT Tall | a | b\nT Tall | c |"),
    Case("book.epub", lambda: epub({"a.xhtml": "<h1>One</h1>", "b.xhtml": "<h1>Two</h1><p>End.</p>"}), "@ chapter 2 => End."),
    Case("prices.xls", b"Grain\tPrice\nRye\t5\nOats\t4\n", "T Rye | 5\nT Grain | Price"),
]  # fmt: skip
