"""PDF whose layout was once read wrongly: narrow columns of tables, dots, large letters, text across the page."""

from collections.abc import Sequence
from functools import partial

from tests.cases.case import Case
from tests.cases.raw_pdf import fonts, line, raw_pdf, to_unicode, type1
from tests.ingestion.files import new_pdf, pdf_bytes

_SHIPS = (
    ("Ship", "Master", "Home", "Cargo"),
    ("Marigold", "Bo Aalberg", "Tolne", "herring"),
    ("Petrel", "Ines Falk", "Opava", "dried peas"),
    ("Black Swan", "Ola Marsh", "Riga", "timber"),
)
_PORTS = (
    ("Port", "2030", "2031"),
    ("Tolne", "1,204", "998"),
    ("Opava", "12,450", "113,002"),
    ("Riga", "102,334", "87"),
)
_PROSE = "of the harbour and of those who keep its lamps through the year"


def narrow_table(rows: Sequence[Sequence[str]], gap: float = 7, right: bool = False, pos: bool = False) -> bytes:
    """Columns that are as wide as their widest cell, with little room between them; no lines are drawn."""
    pdf = new_pdf(size=10)
    pdf.add_page()
    pdf.text(72, 60, "These lay at the quay in the spring of that year.")
    x = 72.0
    for column, cells in enumerate(zip(*rows, strict=True)):
        width = max(pdf.get_string_width(cell) for cell in cells)
        for number, cell in enumerate(cells):
            shift = width - pdf.get_string_width(cell) if right and column else 0
            pdf.text(x + shift, 90 + 14 * number, cell)
        x += width + gap
    return pdf_bytes(pdf)


def listing() -> bytes:
    rows = ("ITEM      QTY   PRICE", "Rope        4    1.50", "Sail cloth 12   30.00", "Anchor      1  120.25")
    return raw_pdf(
        "".join(line("F", 9, 72, 700 - 11 * n, row) for n, row in enumerate(rows)), [type1("Courier")], fonts(F=10)
    )


def ruled_within() -> bytes:
    """Lines between the cells of a table, and none around it."""
    lines = "".join(f"72 {y} m 372 {y} l S " for y in (680, 660)) + "".join(
        f"{x} 640 m {x} 700 l S " for x in (172, 272)
    )
    rows = (("Ship", "Crew", "Home"), ("The old Marigold", "12", "Riga"), ("The new Petrel II", "9", "Oslo"))
    text = "".join(
        line("F", 12, 75 + 100 * column, 686 - 20 * number, cell)
        for number, row in enumerate(rows)
        for column, cell in enumerate(row)
    )
    return raw_pdf(lines + text, [type1("Helvetica")], fonts(F=10))


def leaders() -> bytes:
    pdf = new_pdf()
    pdf.add_page()
    for number, (label, value) in enumerate((("Freight", "1,204"), ("Quay dues", "12,450"), ("Pilots and tugs", "87"))):
        dots = "." * int((400 - pdf.get_string_width(label)) / pdf.get_string_width("."))
        pdf.text(72, 80 + 16 * number, label + (" " if number else "") + dots)
        pdf.text(520 - pdf.get_string_width(value), 80 + 16 * number, value)
    return pdf_bytes(pdf)


def drop_cap() -> bytes:
    lines = (
        "he harbour was built after the flood, when",
        "nobody had a boat left that could be used,",
        "and it was paid for by the weavers.",
    )
    text = line("F", 36, 72, 700, "T")
    text += "".join(line("F", 11, 95 if n < 2 else 72, 716 - 14 * n, words) for n, words in enumerate(lines))
    return raw_pdf(text, [type1("Times-Roman")], fonts(F=10))


def watermark() -> bytes:
    across = "BT /F 90 Tf 0.707 0.707 -0.707 0.707 180 280 Tm (DRAFT) Tj ET\n"
    text = "".join(line("F", 11, 72, 760 - 16 * n, f"Line {n} {_PROSE}") for n in range(36))
    return raw_pdf(text + across, [type1("Helvetica")], fonts(F=10))


def columns_within() -> bytes:
    """A few lines in two columns, which end at different heights, between a heading and a table."""
    left = (
        "The miller grinds rye in the",
        "morning and oats after the",
        "noon bell has been rung by",
        "the keeper of the weir.",
    )
    right = ("Nobody may enter while the", "stones turn, and the door is")
    content = line("B", 15, 60, 770, "Rules of the house")
    content += "".join(line("F", 11, 60, 740 - 14 * n, text) for n, text in enumerate(left))
    content += "".join(
        line("F", 11, 210, 740 - 14 * n, text) for n, text in enumerate((*right, "kept shut by the apprentice."))
    )
    for row, cells in enumerate((("Kind", "Spring", "Autumn"), ("Rye", "12", "14"), ("Oats", "9", "8"))):
        content += "".join(line("F", 11, 60 + 90 * at, 640 - 16 * row, cell) for at, cell in enumerate(cells))
    return raw_pdf(content, [type1("Helvetica"), type1("Helvetica-Bold")], fonts(F=10, B=11))


def wrapped_head() -> bytes:
    """A head of two lines over one of the columns."""
    content = ""
    for row, cells in enumerate(
        (
            ("Pos", "Goods", "Unit", "Sum"),
            ("", "", "price", ""),
            ("1", "Rye flour", "14.50", "174.00"),
            ("2", "Oat flakes", "9.00", "36.00"),
        )
    ):
        content += "".join(
            line("F", 10, (60, 110, 300, 400)[at], 740 - 13 * row, cell) for at, cell in enumerate(cells) if cell
        )
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def letterhead() -> bytes:
    """An address at the left and a large title at the right of the same line."""
    content = (
        line("F", 10, 60, 780, "River Mill Ltd.")
        + line("F", 10, 60, 766, "4 Weir Lane, Opava")
        + line("B", 22, 400, 762, "Invoice")
    )
    content += "".join(
        line("F", 10, 60, 720 - 14 * n, f"Sentence {n} of the letter says what is owed, and why.") for n in range(6)
    )
    return raw_pdf(content, [type1("Helvetica"), type1("Helvetica-Bold")], fonts(F=10, B=11))


def numbered_page() -> bytes:
    """A page whose number stands below two columns, of which the second goes on with the first."""
    content = "".join(
        line("F", 10, x, 780 - 14 * n, f"Line {n} of the {name} column of the report goes on")
        for x, name in ((60, "left"), (310, "right"))
        for n in range(48)
    )
    return raw_pdf(content + line("F", 10, 295, 40, "1"), [type1("Helvetica")], fonts(F=10))


def black_bars() -> bytes:
    """Words under black bars, which hide them, and light words on a dark bar, which it does not."""
    content = line("F", 11, 60, 700, "The mill was sold to") + line("F", 11, 170, 700, "Anna Berg")
    content += line("F", 11, 230, 700, "for a fair price") + "0 g 168 698 56 10 re f\n"
    content += "0.1 0.1 0.3 rg 60 640 200 20 re f 1 1 0.6 rg\n" + line("F", 11, 64, 646, "Notes for readers")
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def table_across() -> bytes:
    """A table without ruling lines over both columns of a page, under its caption; its head has one line more."""
    words = "of the harbour and those who keep"
    content = "".join(
        line("F", 10, x, 780 - 13 * n, f"{tag}{n} {words}") for x, tag in ((60, "L"), (310, "R")) for n in range(10)
    )
    content += (
        line("F", 9, 60, 626, "Table 1. Yields of the mills")
        + line("F", 9, 200, 608, "Plan")
        + line("F", 9, 440, 608, "Last")
    )
    rows = (
        ("Mill", "2030", "2031", "Change"),
        ("Alpha", "5.1", "6.2", "+1.1"),
        ("Beta", "8.0", "", "-0.5"),
        ("Gamma", "3.0", "3.5", "+0.5"),
    )
    for row, cells in enumerate(rows):
        content += "".join(
            line("F", 9, (60, 200, 320, 440)[at], 597 - 13 * row, cell) for at, cell in enumerate(cells) if cell
        )
    content += "".join(
        line("F", 10, x, 520 - 13 * n, f"{tag}{n} {words}") for x, tag in ((60, "P"), (310, "Q")) for n in range(10)
    )
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def tables_in_columns() -> bytes:
    """Two tables side by side, each in a column of the page."""
    words = "of the harbour and those who keep"
    content = ""
    for x, tag in ((60, "L"), (310, "R")):
        content += "".join(line("F", 10, x, 780 - 13 * n, f"{tag}{n} {words}") for n in range(12))
        for row, cells in enumerate(
            (("Mill", "2030", "2031"), (f"{tag} Alpha", "5.1", "6.2"), (f"{tag} Beta", "8.0", "7.5"))
        ):
            content += "".join(line("F", 10, x + 80 * at, 600 - 13 * row, cell) for at, cell in enumerate(cells))
    return raw_pdf(content, [type1("Helvetica")], fonts(F=10))


def box_beside(frame: str) -> bytes:
    """A box with text of its own in the middle of the page's right side; the text beside it is set narrower."""
    content = line("B", 18, 60, 790, "Rules of the port") + f"q {frame} Q\n"
    for number in range(25):
        beside = 3 <= number < 14
        words = "of the harbour and those who keep its lamps" + ("" if beside else " burning through all of the winter")
        content += line("F", 10, 60, 760 - 13 * number, f"M{number} {words}")
    content += line("B", 11, 410, 708, "In short")
    content += "".join(line("F", 9, 410, 694 - 12 * n, f"S{n} lamps are lit at dusk") for n in range(8))
    return raw_pdf(content, [type1("Helvetica"), type1("Helvetica-Bold")], fonts(F=10, B=11))


def divided_over_pages() -> bytes:
    """A word that is divided at the end of a page, below which the page's number stands."""
    pdf = new_pdf()
    pdf.set_auto_page_break(False)
    ends = ("and all of it is kept by the har-", "bour master and his long-", "term helper, until the morning comes.")
    for page, end in enumerate(ends):
        pdf.add_page()
        pdf.text(60, 40, "Rules of the port")
        pdf.text(300, 820, str(page + 1))
        lines = [f"Line {chr(65 + n)}{page} {_PROSE}" for n in range(4)]
        for number, words in enumerate([*lines, end] if page == 0 else [end] if page == 1 else [end, *lines]):
            pdf.text(60, 80 + 14 * number, words)
    return pdf_bytes(pdf)


def drawn_bullets() -> bytes:
    """Items of a list as browsers print them: the bullets are circles."""
    curve = "66 {0} m 66 {1} 69 {1} 69 {0} c 69 {2} 66 {2} 66 {0} c f\n"
    inner = line("F", 11, 90, 658, "o") + line("F", 11, 108, 658, "Rye in the left barn")
    items = ("Clean the stone", "Oil the axle before the frost,", "and again in spring", "Count the sacks")
    content = line("F", 11, 60, 740, "The miller has these duties in the year:")
    for number, words in enumerate(items):
        y = 720 - 14 * number
        content += line("F", 11, 76, y, words) + ("" if number == 2 else curve.format(y + 4, y + 6, y + 2))
    return raw_pdf(content + inner, [type1("Helvetica")], fonts(F=10))


def beyond_the_basic_plane() -> bytes:
    """Signs of formulas and emoji, whose numbers have two halves."""
    font = type1("Helvetica", "/ToUnicode 11 0 R")
    codes = {ord("a"): "\U0001d438", ord("b"): "\U0001d45a", ord("c"): "\U0001d450", ord("d"): "\U0001f600"}
    content = line("G", 11, 72, 720, "Energy is") + line("F", 11, 130, 720, "a") + line("G", 11, 145, 720, "=")
    content += line("F", 11, 160, 720, "bc") + line("G", 11, 180, 720, "here") + line("F", 11, 210, 720, "d")
    return raw_pdf(content, [font, to_unicode(codes), type1("Times-Roman")], fonts(F=10, G=12))


def heads_in_the_middle() -> bytes:
    """Heads in the middle of wide columns whose values stand at their left."""
    content = line("B", 11, 285, 720, "2030") + line("B", 11, 465, 720, "2031")
    for row, cells in enumerate((("North", "5", "6"), ("South", "7", "8"))):
        content += "".join(line("F", 11, 30 + 180 * at, 704 - 16 * row, cell) for at, cell in enumerate(cells))
    return raw_pdf(content, [type1("Helvetica"), type1("Helvetica-Bold")], fonts(F=10, B=11))


def set_apart() -> bytes:
    """Two words whose letters stand apart, and the words a little more."""
    text, x = "", 72.0
    for letter in "TERMS OF":
        text += line("B", 10, x, 740, letter) if letter != " " else ""
        x += 2.8 if letter == " " else 8.8
    text += "".join(line("F", 10, 72, 720 - 13 * n, f"The lamps {_PROSE}") for n in range(4))
    return raw_pdf(text, [type1("Courier"), type1("Courier-Bold")], fonts(F=10, B=11))


def serial_letters() -> bytes:
    """The same letter to four people, whose text begins in the margin of the page."""
    pdf = new_pdf()
    pdf.set_auto_page_break(False)
    for name in ("Ada", "Bo", "Ines", "Ola"):
        pdf.add_page()
        for number in range(26):
            pdf.text(
                60,
                60 + 15 * number,
                f"Dear {name}," if number == 0 else f"Sentence {chr(64 + number)} tells you all {_PROSE}.",
            )
    return pdf_bytes(pdf)


def cards() -> bytes:
    """Pages of two lines each that are alike but for their numbers, as cards and labels are."""
    pdf = new_pdf()
    for number in range(1, 5):
        pdf.add_page()
        pdf.text(60, 60, f"Card {number} of the lamp keeper")
        pdf.text(60, 200, f"Lamp {number} burns {7 * number} hours")
    return pdf_bytes(pdf)


def brackets() -> bytes:
    """A Latin name in brackets within Hebrew, with the brackets named by what they mean: they look the other way."""
    letters = {1: "ח", 2: "ו", 3: "ז", 4: "ה", ord("("): ")", ord(")"): "(", 32: " "}
    text = line("F1", 14, 300, 700, "\x04\x03") + line("F1", 14, 264, 700, ")") + line("F2", 14, 200, 700, "Green Mill")
    text += line("F1", 14, 195.3, 700, "(") + line("F1", 14, 165, 700, "\x02\x01")
    objects = [type1("Helvetica", "/ToUnicode 11 0 R"), to_unicode(letters), type1("Helvetica")]
    return raw_pdf(text, objects, fonts(F1=10, F2=12))


def letters_from_the_left() -> bytes:
    """Arabic and Hebrew words whose letters are set one by one from the left, each with its text, as browsers do it."""
    text = ""
    for y, words in ((700, ((300, "عقد"), (270, "رمق"))), (670, ((300, "שלם"), (270, "לש")))):
        for left, word in words:
            for at, letter in enumerate(reversed(word)):
                shown = line("F1", 14, left + 8 * at, y, "x")
                text += f"/Span <</ActualText <FEFF{ord(letter):04X}> >> BDC\n{shown}EMC\n"
    return raw_pdf(text, [type1("Courier")], fonts(F1=10))


def stop_from_the_right() -> bytes:
    """A Hebrew sentence that ends with Latin words: its full stop stands at their left."""
    letters = {1: "ח", 2: "ו", 3: "ז", 4: "ה", 32: " "}
    text = line("F1", 14, 300, 700, "\x04\x03") + line("F1", 14, 280, 700, "\x02\x01")
    text += line("F2", 14, 200, 700, "Green Mill") + line("F2", 14, 195.5, 700, ".")
    objects = [type1("Helvetica", "/ToUnicode 11 0 R"), to_unicode(letters), type1("Helvetica")]
    return raw_pdf(text, objects, fonts(F1=10, F2=12))


def without_trailer(cut: int = 0) -> bytes:
    """Without the table of its objects and the trailer; with `cut`, also without its last bytes."""
    whole = raw_pdf(line("F", 11, 100, 600, "Words of the page"), [type1("Helvetica")], fonts(F=10))
    return whole[: whole.rindex(b"xref\n0 1") - cut]


def sheet_as_printed() -> bytes:
    """Numbers at the right of their column, and words at the left of the next one, as sheets are printed."""
    pdf = new_pdf(size=10)
    pdf.add_page()
    for number, (place, good, count) in enumerate(
        (("Pos", "Good", "Sacks"), ("1", "Rye", "4"), ("2", "Oats", "12"), ("3", "Dried peas", "7"))
    ):
        pdf.text(72 if number == 0 else 100 - pdf.get_string_width(place), 80 + 13 * number, place)
        pdf.text(103, 80 + 13 * number, good)
        pdf.text(220 - pdf.get_string_width(count), 80 + 13 * number, count)
    return pdf_bytes(pdf)


def slide() -> bytes:
    """The items of a slide are as large as headings elsewhere; those below them are smaller."""
    text = line("B", 32, 60, 760, "Why ropes break") + line("F", 24, 80, 690, "\x95 Wet hemp loses a third")
    text += line("F", 24, 100, 662, "of its strength")
    text += "".join(line("F", 18, 100, 620 - 30 * n, f"\x96 the guild has found that in year {n}") for n in range(5))
    win = "/Encoding /WinAnsiEncoding"
    return raw_pdf(text, [type1("Helvetica", win), type1("Helvetica-Bold", win)], fonts(F=10, B=11))


def numbered_headings() -> bytes:
    """Numbers of headings stand apart from their words."""
    text = "".join(
        line("B", 11, 72, y, number) + line("B", 11, 140, y, words)
        for y, number, words in (
            (760, "Item 1.", "Legal Proceedings"),
            (735, "Item 1A.", "Risk Factors"),
            (600, "2.1", "Lamps"),
        )
    )
    text += "".join(line("F", 11, 72, 715 - 14 * n, f"{chr(65 + n)} lamp {_PROSE} and more of it.") for n in range(6))
    return raw_pdf(text, [type1("Helvetica"), type1("Helvetica-Bold")], fonts(F=10, B=11))


_ALL_SHIPS = "\n".join(f"T {' | '.join(row)}" for row in _SHIPS)
_ALL_PORTS = "\n".join(f"T {' | '.join(row)}" for row in _PORTS)


def layers() -> bytes:
    """A layer that is switched off, and one that is shown."""
    content = line("F", 10, 60, 700, "The fee is nine crowns.")
    content += "/OC /A BDC\n" + line("F", 10, 60, 680, "Draft of March.") + "EMC\n"
    content += "/OC /B BDC\n" + line("F", 10, 60, 660, "Signed in May.") + "EMC\n"
    page = "/Resources << /Font << /F 10 0 R >> /Properties << /A 11 0 R /B 12 0 R >> >>"
    groups = [f"<< /Type /OCG /Name ({name}) >>" for name in "AB"]
    catalog = "/OCProperties << /OCGs [11 0 R 12 0 R] /D << /OFF [11 0 R] /Order [11 0 R 12 0 R] >> >>"
    return raw_pdf(content, [type1("Helvetica"), *groups], page, catalog)


CASES = [
    Case("layers.pdf", layers, "+ nine crowns\n+ Signed in May\n- Draft of March"),
    Case("black-bars.pdf", black_bars, "+ The mill was sold to\n+ for a fair price\n- Anna\n- Berg\n+ Notes for readers"),
    Case("divided-pages.pdf", divided_over_pages, "+ kept by the harbour\n+ master and his long-\nP 1 the harbour\nP 2 master and\nP 3 term helper"),
    *(Case(f"box-beside-{name}.pdf", partial(box_beside, frame), "+ who keep its lamps M4 of the harbour\n+ In short S0 lamps are lit at dusk S1 lamps\n- H In short\nH Rules of the port\n+ lamps M12 of the harbour and those who keep its lamps M13 of") for name, frame in (("filled", "0.9 g 400 590 150 135 re f"), ("framed", "400 590 150 135 re S"))),
    Case("table-across.pdf", table_across, "T Mill | Plan 2030 | 2031 | Last Change|T Mill | 2030 | 2031 | Change\nT Alpha | 5.1 | 6.2 | +1.1\nT Beta | 8.0 | | -0.5\n+ L9 of the harbour and those who keep R0\n+ keep Table 1. Yields of the mills\n+ P9 of the harbour and those who keep Q0"),
    Case("tables-in-columns.pdf", tables_in_columns, "T L Alpha | 5.1 | 6.2\nT R Beta | 8.0 | 7.5\n+ L Beta | 8.0 | 7.5 R0 of the"),
    Case("numbered.pdf", numbered_headings, "H Item 1. Legal Proceedings\nH Item 1A. Risk Factors\nH 2.1 Lamps"),
    Case("printed-sheet.pdf", sheet_as_printed, "T Pos | Good | Sacks\nT 1 | Rye | 4\nT 3 | Dried peas | 7"),
    Case("slide.pdf", slide, "H Why ropes break\n- H hemp\n- H strength\n+ • Wet hemp loses a third of its strength"),
    Case("ships.pdf", lambda: narrow_table(_SHIPS), _ALL_SHIPS),
    Case("ports.pdf", lambda: narrow_table(_PORTS, right=True), _ALL_PORTS),
    Case("listing.pdf", listing, "T ITEM | QTY | PRICE\nT Sail cloth | 12 | 30.00\nT Anchor | 1 | 120.25"),
    Case("ruled-within.pdf", ruled_within, "T Ship | Crew | Home\nT The old Marigold | 12 | Riga\nT The new Petrel II | 9 | Oslo"),
    Case("leaders.pdf", leaders, "T Freight | 1,204\nT Quay dues | 12,450\n- ...."),
    Case("drop-cap.pdf", drop_cap, "+ The harbour was built after the flood, when nobody had a boat left that"),
    Case("watermark.pdf", watermark, f"+ Line 22 {_PROSE} Line 23 of\n+ DRAFT\n- H DRAFT\nN 2"),
    Case("apart-words.pdf", set_apart, "+ TERMS OF"),
    Case("columns-within.pdf", columns_within, "+ noon bell has been rung by the keeper of the weir.\n+ stones turn, and the door is kept shut by the apprentice.\nT Rye | 12 | 14\n- rye in the Nobody\n- rye in the | Nobody"),
    Case("wrapped-head.pdf", wrapped_head, "T Pos | Goods | Unit price | Sum\nT 1 | Rye flour | 14.50 | 174.00"),
    Case("letterhead.pdf", letterhead, "H Invoice\n- H Opava\n+ 4 Weir Lane, Opava"),
    Case("numbered-page.pdf", numbered_page, "+ Line 47 of the left column of the report goes on Line 0 of the right column"),
    Case("drawn-bullets.pdf", drawn_bullets, "N 5\n+ Clean the stone\n+ Oil the axle before the frost, and again in spring"),
    Case("beyond.pdf", beyond_the_basic_plane, "+ Energy is E = mc here 😀"),
    Case("heads-middle.pdf", heads_in_the_middle, "T | 2030 | 2031\nT South | 7 | 8"),
    Case("letters.pdf", serial_letters, "B Dear Ada, Sentence A tells you all\nP 4 Dear Ola, Sentence A tells\nN 4"),
    Case("cards.pdf", cards, "B Card 1 of the lamp keeper\nB Lamp 3 burns 21 hours\nP 4 Lamp 4 burns 28 hours"),
    Case("brackets.pdf", brackets, "+ זה (Green Mill) חו"),
    Case("letters-left.pdf", letters_from_the_left, "+ عقد رمق\n+ שלם לש"),
    Case("stop.pdf", stop_from_the_right, "+ זה חו Green Mill."),
    Case("no-trailer.pdf", without_trailer, "+ Words of the page\nW damaged"),
]  # fmt: skip
