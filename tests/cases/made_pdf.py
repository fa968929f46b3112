"""PDF whose text is set in ways that were once read wrongly."""

from fpdf import FPDF
from PIL import ImageFont

from tests.cases.case import Case
from tests.cases.raw_pdf import fonts, line, raw_pdf, to_unicode, type1
from tests.golden.sheet import Sheet
from tests.ingestion.files import new_pdf, pdf_bytes

_BRIEF = [
    ["The plaintiff states that the barn was let to the defendant on", "the first of May, and that no rent was paid by",
     "him or by anybody else for the three months that followed it."],
    ["The defendant answers that the roof had fallen in by then, so that", "nobody could have used it for anything."],
]  # fmt: skip


def double_spaced() -> bytes:
    """Paragraphs that begin with an indent, and no more room above than other lines have."""
    pdf = new_pdf()
    pdf.add_page()
    y = 80.0
    for paragraph in _BRIEF:
        for number, text in enumerate(paragraph):
            pdf.text(72 if number else 108, y, text)
            y += 27.5
    return pdf_bytes(pdf)


def tex_bold() -> bytes:
    body = "".join(
        line("F1", 10, 72, 700 - 14 * n, f"The kernels were dried for {n} hours and weighed.") for n in range(6)
    )
    heads = line("F2", 10, 72, 760, "3.1 Drying the samples") + line("F3", 10, 72, 730, "3.2 Weighing them again")
    objects = [type1("CMR10"), type1("ABCDEF+SFBX1000"), type1("NimbusRomNo9L-Medi")]
    return raw_pdf(heads + body, objects, fonts(F1=10, F2=11, F3=12))


def short_columns() -> bytes:
    pdf = new_pdf()
    pdf.add_page()
    for number in range(4):
        pdf.text(60, 120 + 14 * number, f"on the left we speak of rye in line {number}")
        pdf.text(320, 120 + 14 * number, f"on the right we speak of oats in line {number}")
    return pdf_bytes(pdf)


def vertical(*text: str) -> bytes:
    content = "".join(
        f"BT /F1 14 Tf {480 - 28 * column} 760 Td <{words.encode('utf-16-be').hex()}> Tj ET\n"
        for column, words in enumerate(text)
    )
    objects = [
        "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /UniJIS-UTF16-V /DescendantFonts [11 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (Japan1) /Supplement 4 >> /FontDescriptor 12 0 R >>",
        "<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    return raw_pdf(content, objects, fonts(F1=10))


def right_to_left() -> bytes:
    """Glyphs from left to right, as they stand on the page: the ligature is one that stands for two letters."""
    letters = {1: "ا", 2: "لا", 3: "م", 4: "س", 5: "ت", 6: " ", 7: "ف", 8: "ي"}
    # What is read "في الاستلام" from the right, behind a Latin name: the last letter first.
    glyphs = "\x03\x02\x05\x04\x02\x01\x06\x08\x07"
    content = line("F1", 14, 300, 700, glyphs) + line("F2", 14, 180, 700, "Green Mill Ltd")
    content += line("F1", 14, 120, 700, "\x05\x04")
    objects = [type1("Helvetica", "/ToUnicode 11 0 R"), to_unicode(letters), type1("Helvetica")]
    return raw_pdf(content, objects, fonts(F1=10, F2=12))


def mixed_directions() -> bytes:
    """Hebrew with a date in pieces, a Latin name that has more words, and brackets named by their looks."""
    letters = {1: "ח", 2: "ו", 3: "ז", 4: "ה", **{ord(char): char for char in "(0123456789/)"}, 32: " "}
    content = line("F1", 14, 236, 700, "\x04\x03\x02\x01")
    # From the left: "2031" closes the date that begins with "12/", and all of it stands in brackets.
    for x, part in ((151.3, "("), (156, "12/"), (175.5, "05/"), (195, "2031"), (226.1, ")")):
        content += line("F1", 14, x, 700, part)
    content += line("F1", 14, 300, 600, "\x04\x03") + line("F2", 14, 200, 600, "Green Mill Ltd")
    content += line("F1", 14, 185, 600, "\x02\x01")
    objects = [type1("Helvetica", "/ToUnicode 11 0 R"), to_unicode(letters), type1("Helvetica")]
    return raw_pdf(content, objects, fonts(F1=10, F2=12))


def table_over_pages() -> bytes:
    """Rows that are alike but for their numbers, on three pages that begin with the same heads."""
    pdf = new_pdf()
    pdf.set_auto_page_break(False)
    for page in range(3):
        pdf.add_page()
        rows = [
            ("Village", "Rye", "Oats"),
            *((f"Village {page}{row:02}", f"{row}.5", f"{2 * row}.1") for row in range(35)),
        ]
        for number, cells in enumerate(rows):
            for x, cell in zip((72, 220, 320), cells, strict=True):
                pdf.text(x, 80 + 20 * number, cell)
    return pdf_bytes(pdf)


def set_apart() -> bytes:
    """A heading whose letters stand apart, and a line that is printed twice for its shadow."""
    pdf = new_pdf()
    pdf.add_page()
    for number, letter in enumerate("DELIVERY"):
        pdf.text(72 + 14 * number, 80, letter)
    pdf.set_font(size=20)
    for shift in (0, 1.5):
        pdf.text(72 + shift, 130 + shift, "Autumn catalogue")
    return pdf_bytes(pdf)


def without_map() -> bytes:
    """A font whose glyphs have no names: its map is overwritten."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.add_font("plain", fname=_font_file())
    pdf.set_font("plain", size=16)
    pdf.add_page()
    pdf.set_compression(False)
    for number, text in enumerate(
        ["The granary holds ninety tons.", "It was emptied in the autumn.", "Nobody was there."]
    ):
        pdf.text(72, 100 + 40 * number, text)
    content = pdf_bytes(pdf)
    assert b"/ToUnicode" in content
    return content.replace(b"/ToUnicode", b"/ToNothing")


def _font_file() -> str:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".ttf", delete=False) as file:
        file.write(ImageFont.load_default(20).font_bytes)  # type: ignore[union-attr]
    return file.name


def owner_password() -> bytes:
    pdf = new_pdf()
    pdf.set_encryption(owner_password="secret", user_password="")
    pdf.add_page()
    pdf.text(72, 100, "Anybody may read this, and only its owner may change it.")
    return pdf_bytes(pdf)


def _widget(number: int, rect: str, entries: str) -> str:
    return f"<< /Type /Annot /Subtype /Widget /F 4 /P 3 0 R /Rect [{rect}] /T (field{number}) {entries} >>"


def form() -> bytes:
    """Fields with a value beside their labels, one with no words near it, and a comment and free text."""
    content = line("F1", 12, 72, 700, "Name of the mill:") + line("F1", 12, 72, 670, "Organic:")
    objects = [
        type1("Helvetica"),
        _widget(1, "180 695 400 712", "/FT /Tx /V (Lower Windmill) /DA (/F1 12 Tf 0 g)"),
        _widget(2, "180 665 195 680", "/FT /Btn /V /Yes /AS /Yes /AP << /N << /Yes 16 0 R /Off 16 0 R >> >>"),
        _widget(3, "72 300 400 320", "/FT /Tx /TU (Harvest in tons) /V (842) /DA (/F1 12 Tf 0 g)"),
        "<< /Type /Annot /Subtype /FreeText /F 4 /Rect [72 500 400 520] /Contents (Checked on the spot) >>",
        "<< /Type /Annot /Subtype /Text /F 4 /Rect [420 690 440 710] /T (Ada) /Contents (Is this still its name?) >>",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 15 15] /Length 0 >> stream\n\nendstream",
    ]
    page = fonts(F1=10) + " /Annots [11 0 R 12 0 R 13 0 R 14 0 R 15 0 R]"
    catalog = "/AcroForm << /Fields [11 0 R 12 0 R 13 0 R] /DR << /Font << /F1 10 0 R >> >> >>"
    return raw_pdf(content, objects, page, catalog)


def chosen() -> bytes:
    """A list with several chosen entries that have short names in the file, lines in one field, and a password."""
    labels = ("Towns:", 700), ("Remark:", 660), ("Code:", 600)
    content = "".join(line("F1", 12, 72, y, label) for label, y in labels)
    objects = [
        type1("Helvetica"),
        _widget(
            1, "180 695 400 712", "/FT /Ch /Ff 2097152 /Opt [[(o) (Opava)] [(z) (Zlin)] [(b) (Brno)]] /V [(o) (b)]"
        ),
        _widget(2, "180 640 400 674", "/FT /Tx /Ff 4096 /V (kept dry\\rand turned) /DA (/F1 12 Tf 0 g)"),
        _widget(3, "180 595 400 612", "/FT /Tx /Ff 8192 /V (hushhush) /DA (/F1 12 Tf 0 g)"),
    ]
    catalog = "/AcroForm << /Fields [11 0 R 12 0 R 13 0 R] /DR << /Font << /F1 10 0 R >> >> >>"
    return raw_pdf(content, objects, fonts(F1=10) + " /Annots [11 0 R 12 0 R 13 0 R]", catalog)


def xfa_form() -> bytes:
    """What a viewer without XFA shows is no more than a request to wait."""
    template = (
        '<template xmlns="http://www.xfa.org/schema/xfa-template/3.0/"><subform name="form"><field name="owner">'
        "<caption><value><text>Owner of the land:</text></value></caption></field></subform></template>"
    )
    data = (
        '<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form><owner>Ines Falk</owner>'
        "<hectares>41</hectares></form></xfa:data></xfa:datasets>"
    )
    objects = [type1("Helvetica"), _stream(template), _stream(data)]
    catalog = "/AcroForm << /Fields [] /XFA [(template) 11 0 R (datasets) 12 0 R] >>"
    return raw_pdf(line("F1", 12, 72, 700, "Please wait..."), objects, fonts(F1=10), catalog)


def _stream(text: str) -> str:
    return f"<< /Length {len(text)} >> stream\n{text}\nendstream"


def _row(sheet: Sheet, cells: list[str], places: list[tuple[float, float]]) -> None:
    """Cells that are wrapped to their widths, the row as high as the highest."""
    below = sheet.y
    for cell, (x, width) in zip(cells, places, strict=True):
        y = sheet.y
        for words in sheet.wrapped(cell, width):
            sheet.text(x, y, words)
            y += 12
        below = max(below, y)
    sheet.y = below + 5


def wrapped_cells() -> bytes:
    """A table without lines, whose descriptions take several; the last of them ends the table."""
    sheet = Sheet()
    places = [(72.0, 60.0), (140.0, 180.0), (360.0, 40.0), (430.0, 60.0)]
    _row(sheet, ["Item", "Description", "Sacks", "Total"], places)
    _row(sheet, ["A-1", "Stone ground flour of rye in sacks of fifty kilograms, delivered", "12", "480.00"], places)
    _row(sheet, ["A-2", "Oat flakes", "8", "284.00"], places)
    _row(sheet, ["B-7", "Hire of the cart and of two horses for the third of March", "1", "176.00"], places)
    sheet.y += 10
    sheet.paragraph("Payable within thirty days.")
    return sheet.bytes()


def two_rows_of_heads() -> bytes:
    sheet = Sheet()
    for cells in (["Village", "Rye", "Oats"], ["", "(t)", "(t)"], ["One", "12.4", "3.1"], ["Two", "8.0", "2.2"]):
        sheet.text(72, sheet.y, cells[0])
        for cell, right in zip(cells[1:], (250.0, 330.0), strict=True):
            sheet.right(right, sheet.y, cell)
        sheet.y += 14
    return sheet.bytes()


def short_bulletin() -> bytes:
    """Columns of a heading and two lines each."""
    sheet = Sheet("times", 10, margin=56)
    top = sheet.y
    for x, name, words in (
        (56.0, "Harvest", "the rye was brought in before the rain and lies dry in the barn behind the pond"),
        (320.0, "Prices", "the price of oats rose by a tenth since the carts could not pass the road in march"),
    ):
        sheet.y = top
        sheet.heading(name, 12, x=x)
        sheet.paragraph(words, x, 200)
    return sheet.bytes()


def divided_by_own_hyphen() -> bytes:
    """Lines in a font with its own codes, divided by the character U+2010."""
    codes = {number: chr(number) for number in range(32, 127)} | {1: "\u2010"}
    lines = ("The administra\1", "tion of the mill", "is well\1known.")
    content = "".join(line("F", 11, 72, 700 - 14 * number, text) for number, text in enumerate(lines))
    return raw_pdf(content, [type1("Helvetica", "/ToUnicode 11 0 R"), to_unicode(codes)], fonts(F=10))


def narrow() -> bytes:
    """A narrow column that is set flush, so that some lines have only two words, far apart."""
    lines = ("The miller and the keeper went", "to see the new machines of the", "manufacturing|organisation", "that had asked them for a part", "of the flour of the last year.")  # fmt: skip
    pdf = new_pdf()
    pdf.add_page()
    pdf.set_font("helvetica", "", 10)
    for number, text in enumerate(lines):
        parts = text.split("|") if "|" in text else text.split()
        room = 142 - sum(pdf.get_string_width(part) for part in parts)
        x = 72.0
        for part in parts:
            pdf.text(x, 90 + 13 * number, part)
            x += pdf.get_string_width(part) + room / (len(parts) - 1)
    return pdf_bytes(pdf)


def pleading(by_five: bool = False) -> bytes:
    text = ("The witness said that the carts", "came down the northern road at", "dawn and that no flour was on", "them when they passed the gate", "of the town, which was closed.")  # fmt: skip
    pdf = new_pdf()
    pdf.add_page()
    for number in range(1, 26):
        if not by_five or number % 5 == 0:
            pdf.text(50 if number > 9 else 55, 60 + 24 * number, str(number))
        pdf.text(80, 60 + 24 * number, text[(number - 1) % 5])
    return pdf_bytes(pdf)


def ordered_list() -> bytes:
    pdf = new_pdf()
    pdf.add_page()
    for number in range(1, 13):
        pdf.text(72, 60 + 18 * number, str(number))
        pdf.text(110, 60 + 18 * number, f"Town {number}")
        pdf.text(300, 60 + 18 * number, f"{100 * number} t")
    return pdf_bytes(pdf)


def pale(picture: bool = False) -> bytes:
    """White words on the bare page and on a dark bar, and words without ink, which a picture may lie below."""
    content = (
        line("F", 11, 72, 700, "Words of the page")
        + "1 g\n"
        + line("F", 11, 72, 680, "Ignore all of this")
        + "0 0 0.5 rg\n"
    )
    content += "60 590 300 30 re f 1 g\n" + line("F", 11, 72, 600, "A heading in white") + "0 g\n"
    content += "q 200 0 0 200 60 300 cm /I Do Q\n" if picture else ""
    content += "3 Tr\n" + line("F", 11, 72, 400, "Words without ink")
    objects = [
        type1("Helvetica"),
        "<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 4 >> stream\nAzAz\nendstream",
    ]
    return raw_pdf(content, objects, fonts(F=10).replace("/Font", "/XObject << /I 11 0 R >> /Font"))


def cropped(box: str = "50 200 550 800") -> bytes:
    content = line("F", 11, 100, 600, "Words of the page") + line("F", 11, 100, 60, "Marks of the printer")
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10) + f" /CropBox [{box}]")


CASES = [
    Case("pale.pdf", pale, "+ Words of the page\n- Ignore\n+ A heading in white\n- Words without ink"),
    Case("pale-picture.pdf", lambda: pale(picture=True), "+ Words of the page\n- Ignore\n+ A heading in white\n+ Words without ink"),
    Case("own-hyphen.pdf", divided_by_own_hyphen, "+ The administration of the mill is well-known."),
    Case("narrow.pdf", narrow, "+ machines of the manufacturing organisation that had asked them\nN 1"),
    Case("pleading.pdf", pleading, "+ that the carts came down the northern road at dawn\n- 17"),
    Case("pleading-by-five.pdf", lambda: pleading(by_five=True), "+ the gate of the town, which was closed.\n- 15"),
    Case("ordered-list.pdf", ordered_list, "T 7 | Town 7 | 700 t"),
    Case("cropped.pdf", cropped, "+ Words of the page\n- Marks of the printer"),
    Case("cropped-to-nothing.pdf", lambda: cropped("700 900 800 1000"), "+ Words of the page"),
    Case("brief.pdf", double_spaced, "N 2\n+ paid by him or by anybody else\n+ so that nobody could have"),
    Case("paper.pdf", tex_bold, "H 3.1 Drying the samples\nH 3.2 Weighing them again\n- H The kernels"),
    Case("columns.pdf", short_columns, "+ of rye in line 0 on the left we speak\n+ of oats in line 2 on the right"),
    Case("vertical-sentence.pdf", lambda: vertical("第一条（目的）本契約は売", "買について定める。代金は", "１０００円とする。"), "+ 本契約は売買について定める。代金は１０００円とする。"),
    Case("vertical.pdf", lambda: vertical("契約は四月に始まる。", "代金は毎月払う。"), "N 2\n+ 契約は四月に始まる。\n+ 代金は毎月払う。"),
    Case("arabic.pdf", right_to_left, "+ في الاستلام Green Mill Ltd ست"),
    Case("directions.pdf", mixed_directions, "+ חוזה (12/05/2031)\n+ זה Green Mill Ltd חו"),
    Case(
        "pages.pdf",
        table_over_pages,
        "T Village 000 | 0.5 | 0.1\nT Village 234 | 34.5 | 68.1\nC Village 100 => Village | Rye | Oats\nP 3 Village 200",
    ),
    Case("apart.pdf", set_apart, "+ DELIVERY\n+ Autumn catalogue\n- catalogue Autumn"),
    Case(
        "invoice.pdf",
        wrapped_cells,
        "T A-1 | Stone ground flour of rye in sacks of fifty kilograms, delivered | 12 | 480.00\n"
        "T B-7 | Hire of the cart and of two horses for the third of March | 1 | 176.00",
    ),
    Case("heads.pdf", two_rows_of_heads, "T Village | Rye (t) | Oats (t)\nT Two | 8.0 | 2.2"),
    Case("bulletin.pdf", short_bulletin, "H Harvest\nH Prices\n+ lies dry in the barn\n+ could not pass the road"),
    Case("owner.pdf", owner_password, "+ Anybody may read this"),
    Case("unmapped.pdf", without_map, "+ granary holds ninety tons\n+ emptied in the autumn", ("tesseract",)),
    Case(
        "form.pdf",
        form,
        "T Name of the mill: | Lower Windmill\nT Organic: | ☒\n+ Harvest in tons: 842\n+ Checked on the spot\n"
        "+ Comment by Ada: Is this still its name?",
    ),
    Case("chosen.pdf", chosen, "T Towns: | Opava, Brno\nT Remark: | kept dry and turned\n- hushhush"),
    Case("xfa.pdf", xfa_form, "T Owner of the land | Ines Falk\nT hectares | 41"),
]  # fmt: skip
