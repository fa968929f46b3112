"""PDF: reports, statements, papers, contracts, scans."""

from tests.cases.made_pdf import vertical
from tests.cases.raw_pdf import fonts, line, raw_pdf, to_unicode, type1
from tests.golden.sheet import WIDTH, Sheet, plain, scanned, scanned_pdf
from tests.golden.truth import Block, Golden, figure, heading, items, table, text

_RYE = (
    "The moisture of rye that is brought in after rain falls more slowly than that of oats, since its kernels lie"
    " closer in the ear and since the wind finds no way between them."
)
_STORE = (
    "Grain that is stored with more than fifteen parts of water in a hundred begins to warm within a week. It must be"
    " turned, or dried again, before the warmth reaches the middle of the heap."
)
_PRICE = (
    "Prices at the three markets moved together during the spring and apart after the harvest, when carts could no"
    " longer pass the northern road and the mills there bought from their own stores."
)

# --- a report of a company, like those that are filed each quarter

REPORT = [
    heading("Granary Holdings Inc. Quarterly Report"),
    text("For the quarterly period ended July 1, 2028. The amounts are not audited."),
    heading("Item 1. Financial Statements"),
    text("CONDENSED STATEMENTS OF OPERATIONS (in millions, except number of shares and per-share amounts)"),
    table(
        "| Q3 2028 | Q3 2027 | Nine months 2028",
        "Products | $ 60,584 | $ 63,355 | $ 230,901",
        "Services | 21,213 | 19,604 | 62,886",
        "Total net sales | 81,797 | 82,959 | 293,787",
        "Cost of sales | (45,384) | (47,074) | (164,723)",
        "Gross margin | $ 36,413 | $ 35,885 | $ 129,064",
    ),
    heading("Item 2. Discussion of Results", 2),
    text(_PRICE, 2),
    text(_STORE, 2),
]
REPORT_COLUMNS = (330, 420, 520)

_HEADS = [
    heading("Segment Results"),
    text("The following table shows net sales by segment, in millions."),
    table(
        "| Three Months Ended July 1, 2028 | Three Months Ended June 26, 2027 | Nine Months Ended July 1, 2028 |"
        " Nine Months Ended June 26, 2027",
        "Mills | 1,204 | 1,118 | 3,710 | 3,402",
        "Stores | 842 | 901 | 2,455 | 2,590",
        "Carriage | 77 | 81 | 240 | 231",
        printed="Three Months Ended Nine Months Ended July 1, 2028 June 26, 2027 July 1, 2028 June 26, 2027"
        " Mills 1,204 1,118 3,710 3,402 Stores 842 901 2,455 2,590 Carriage 77 81 240 231",
    ),
    text("Sales of the mills rose since two of them were bought in the spring."),
]


def _two_heads() -> bytes:
    sheet = Sheet(size=9)
    sheet.heading(_HEADS[0].text, 16)
    sheet.paragraph(_HEADS[1].text)
    rights = (290, 360, 430, 500)
    for place, head in ((325, "Three Months Ended"), (465, "Nine Months Ended")):
        sheet.centred(place, sheet.y, head, style="B")
    sheet.y += 12
    for right, date in zip(rights, ["July 1, 2028", "June 26, 2027"] * 2, strict=True):
        sheet.right(right, sheet.y, date, style="B")
    sheet.y += 14
    for row in _HEADS[2].rows[1:]:
        sheet.text(72, sheet.y, row[0])
        for right, cell in zip(rights, row[1:], strict=True):
            sheet.right(right, sheet.y, cell)
        sheet.y += 13
    sheet.y += 12
    sheet.paragraph(_HEADS[3].text)
    return sheet.bytes()


# --- tables of several kinds

_YEARS = [f"Station {n} | {1000 + 37 * n:,} | {2000 - 13 * n:,} | {n / 7:.1f}" for n in range(1, 9)]
BOOKTABS = [
    heading("Yields of the trial fields"),
    text("Table 1: Yield in kilograms, by station and year."),
    table("Station | 2026 | 2027 | Ratio", *_YEARS),
    text(_RYE),
]
OUTER = [
    heading("Passengers by year"),
    table("Year | Passengers | Share", "2029 | 7,723,293 | 71.2", "2030 | 7,793,704 | 72.9", "2031 | 8,001,422 | 74.0"),
    text(_PRICE),
]
GRID = [
    heading("Delivery schedule"),
    text("All goods are delivered to the warehouse in the harbour."),
    table("Goods | Sacks | Price", "Rye flour | 120 | 940", "Oat flakes | 80 | 610", "Barley | 44 | 377"),
    text("Prices are in crowns and without duty."),
]
_LONG = [f"Village {n} | {n * 3} | {n * 5} | {n * 7}" for n in range(1, 61)]
LONG = [
    heading("Harvest by village"),
    table("Village | Rye | Oats | Barley", *_LONG[:40]),
    table("Village | Rye | Oats | Barley", *_LONG[40:], page=2),
    text("Figures are in tons.", 2),
]
SIDEWAYS = [
    table(
        "Village | Rye | Oats | Barley | Wheat", *(f"Village {n} | {n}03 | {n}14 | {n}25 | {n}36" for n in range(1, 7))
    )
]


def _over_pages() -> bytes:
    """The second page has no head: it goes on with the rows."""
    sheet = Sheet(size=10)
    sheet.heading(LONG[0].text, 16)
    sheet.table(LONG[1].rows, (300, 390, 480))
    sheet.new_page()
    sheet.table(LONG[2].rows[1:], (300, 390, 480))
    sheet.paragraph(LONG[3].text)
    return sheet.bytes()


def _sideways() -> bytes:
    sheet = Sheet(size=10)
    with sheet.pdf.rotation(90, WIDTH / 2, 400):
        sheet.y = 300
        sheet.table(SIDEWAYS[0].rows, (230, 310, 390, 470))
    return sheet.bytes()


# --- papers

PAPER = [
    heading("On the drying of grain"),
    text("We measured how fast grain dries in towers of three kinds and compare the costs of each over ten years."),
    heading("1 Introduction"),
    text(_RYE),
    text(_STORE),
    text(_PRICE),
    heading("2 Methods"),
    text(_STORE),
    text(_RYE),
    heading("3 Results"),
    text(_PRICE),
    text(_STORE),
    text(_RYE),
]


def _columns(blocks: list[Block], count: int, spanning: int) -> bytes:
    """The first blocks over the whole width, the others in columns that are filled one after the other."""
    sheet = Sheet("times", 10, margin=56, leading=1.15)
    for block in blocks[:spanning]:
        if block.kind == "heading":
            sheet.heading(block.text, 18)
        else:
            sheet.paragraph(block.text)
    gap = 20.0
    width = (WIDTH - 2 * sheet.margin - (count - 1) * gap) / count
    top = sheet.y
    rest = blocks[spanning:]
    share = -(-len(rest) // count)
    for column in range(count):
        sheet.y = top
        x = sheet.margin + column * (width + gap)
        for block in rest[column * share : (column + 1) * share]:
            if block.kind == "heading":
                sheet.heading(block.text, 12, x=x)
            else:
                sheet.paragraph(block.text, x, width)
    return sheet.bytes()


NEWSLETTER = [
    heading("The Miller's Gazette"),
    *[
        text(f"{place}. {words}")
        for place, words in zip(("North", "South", "West"), (_RYE, _STORE, _PRICE), strict=True)
    ],
]

# --- contract, letter, brief

CONTRACT = [
    heading("Lease of the Lower Windmill"),
    heading("1. Object of the lease"),
    text("The lessor lets to the lessee the windmill at the lower pond with all its gear."),
    items("(a) The millstones are part of the gear."),
    items("(b) The horses of the lessor are not, nor are the carts, which stay in the barn behind the house."),
    heading("2. Term"),
    text("The lease runs for eleven years from the first of March 2027 and ends without notice."),
    items("(a) Either side may end it earlier after a fire."),
    heading("3. Rent", 2),
    text("The rent is forty crowns a month, payable on the third working day. " + _PRICE, 2),
]
BRIEF = [
    text("The plaintiff states that the mill was sold on the third of June without the consent of the heirs, and that"
         " the performance of the contract was never begun by the buyer, who had left the country before the first"
         " payment."),
    text("The defendant answers that the heirs had given their consent in a letter of the second of May, which is lost,"
         " and that the price was paid in grain."),
]  # fmt: skip
GERMAN = [
    heading("Über die Trocknung des Getreides"),
    text("Die Feuch\u00adtig\u00adkeit des Rog\u00adgens, der nach dem Regen ein\u00adge\u00adbracht wird, sinkt"
         " lang\u00adsamer als die des Hafers, weil seine Körner dich\u00adter in der Ähre lie\u00adgen und weil der"
         " Wind kei\u00adnen Weg zwi\u00adschen ihnen fin\u00addet. Die Müh\u00adlen\u00adbe\u00adsit\u00adzer haben"
         " des\u00adhalb be\u00adschlos\u00adsen, eine ge\u00admein\u00adsame Trock\u00adnungs\u00adan\u00adlage zu"
         " er\u00adrich\u00adten, deren Kos\u00adten nach der ge\u00adlie\u00adfer\u00adten Men\u00adge ver\u00adteilt"
         " wer\u00adden."),
]  # fmt: skip
GERMAN_TRUTH = [Block(block.kind, plain(block.text)) for block in GERMAN]


def _brief() -> bytes:
    sheet = Sheet("times", 12, leading=2.3)
    for block in BRIEF:
        sheet.paragraph(block.text, indent=36)
        sheet.y -= 0.7 * sheet.size
    return sheet.bytes()


def _german() -> bytes:
    sheet = Sheet("times", 11)
    sheet.heading(GERMAN_TRUTH[0].text, 16)
    sheet.paragraph(GERMAN[1].text, width=230)
    return sheet.bytes()


FORM = [
    heading("Application for membership"),
    table("Surname: | Vandermeer", "Member since: | 1994"),
]


def _form() -> bytes:
    content = line("F2", 18, 72, 760, FORM[0].text)
    content += line("F1", 11, 72, 700, "Surname:") + line("F1", 11, 72, 680, "Member since:")
    widget = (
        "<< /Type /Annot /Subtype /Widget /F 4 /P 3 0 R /FT /Tx /DA (/F1 11 Tf 0 g) /T (f{0}) /Rect [{1}] /V ({2}) >>"
    )
    objects = [
        type1("Helvetica"),
        type1("Helvetica-Bold"),
        widget.format(1, "200 697 400 711", "Vandermeer"),
        widget.format(2, "200 677 400 691", "1994"),
    ]
    catalog = "/AcroForm << /Fields [12 0 R 13 0 R] /DR << /Font << /F1 10 0 R >> >> >>"
    return raw_pdf(content, objects, fonts(F1=10, F2=11) + " /Annots [12 0 R 13 0 R]", catalog)


# --- other scripts

JAPANESE = [text("契約は四月に始まる。代金は毎月払う。粉は倉に置く。"), text("甲は乙に水車を貸す。")]
_JAPANESE_LINES = ["契約は四月に始まる。代金は", "毎月払う。粉は倉に置く。", "", "甲は乙に水車を貸す。"]
ARABIC = [text("اتفق الطرفان على الأعمال والإنتاج"), text("ولا يجوز الإخلال بالاتفاق")]


def _japanese() -> bytes:
    return vertical(*_JAPANESE_LINES)


def _arabic() -> bytes:
    """Each letter a glyph, and lam with alef one of both, from the left as they stand on the page."""
    pairs = ("لا", "لأ", "لإ")
    codes: dict[str, int] = {}
    content = ""
    for number, block in enumerate(ARABIC):
        glyphs, at = [], 0
        while at < len(block.text):
            size = 2 if block.text[at : at + 2] in pairs else 1
            glyphs.append(block.text[at : at + size])
            at += size
        shown = "".join(chr(codes.setdefault(glyph, 33 + len(codes))) for glyph in reversed(glyphs))
        content += line("F1", 14, 200, 700 - 40 * number, shown)
    names = {code: glyph for glyph, code in codes.items()}
    return raw_pdf(content, [type1("Helvetica", "/ToUnicode 11 0 R"), to_unicode(names)], fonts(F1=10))


# --- scans

LETTER = [
    "Lower Windmill, the third of March",
    "Dear Sir,",
    "the two sacks of rye flour that you ordered",
    "were handed to the carrier this morning and",
    "should reach you before the end of the week.",
    "The invoice over 940 crowns is enclosed.",
    "Yours faithfully, Ines Falk",
]
_LETTER = [text(" ".join(LETTER))]
_STAMP = "Envelope ID: 7F3A-99C1-0042-88D1 signed electronically on 2028-03-03"
_FIGURE = [heading("Inventory of the mill"), text(_RYE), figure("SACKS IN STORE: 1204"), text(_STORE)]


def _with_picture() -> bytes:
    """A picture of text between two paragraphs."""
    sheet = Sheet(size=10)
    sheet.heading(_FIGURE[0].text, 16)
    sheet.paragraph(_RYE)
    picture = scanned([_FIGURE[2].text], size=60).crop((100, 150, 1200, 350))
    sheet.pdf.image(picture, 72, sheet.y, 380)
    sheet.y += 110
    sheet.paragraph(_STORE)
    return sheet.bytes()


def _stamped() -> bytes:
    return scanned_pdf([scanned(LETTER)], _STAMP)


DOCUMENTS = [
    Golden("report.pdf", REPORT, lambda: Sheet().flow(REPORT, REPORT_COLUMNS).bytes()),
    Golden("segments.pdf", _HEADS, _two_heads),
    Golden("yields.pdf", BOOKTABS, lambda: Sheet("times", 10.5).flow(BOOKTABS, (300, 390, 480), "booktabs").bytes()),
    Golden("passengers.pdf", OUTER, lambda: Sheet().flow(OUTER, (250, 360), "outer").bytes()),
    Golden("schedule.pdf", GRID, lambda: Sheet().flow(GRID, (300, 390), "grid").bytes()),
    Golden("villages.pdf", LONG, _over_pages),
    Golden("sideways.pdf", SIDEWAYS, _sideways),
    Golden("paper.pdf", PAPER, lambda: _columns(PAPER, 2, 2)),
    Golden("newsletter.pdf", NEWSLETTER, lambda: _columns(NEWSLETTER, 3, 1)),
    Golden("contract.pdf", CONTRACT, lambda: Sheet("times", 11).flow(CONTRACT).bytes()),
    Golden("brief.pdf", BRIEF, _brief),
    Golden("german.pdf", GERMAN_TRUTH, _german),
    Golden("membership.pdf", FORM, _form),
    Golden("japanese.pdf", JAPANESE, _japanese),
    Golden("arabic.pdf", ARABIC, _arabic),
    Golden("letter.pdf", _LETTER, lambda: scanned_pdf([scanned(LETTER)]), ("tesseract",)),
    Golden("letter-stamped.pdf", [text(_STAMP), *_LETTER], _stamped, ("tesseract",)),
    Golden("letter-sideways.pdf", _LETTER, lambda: scanned_pdf([scanned(LETTER, angle=90)]), ("tesseract",)),
    Golden("letter-upside-down.pdf", _LETTER, lambda: scanned_pdf([scanned(LETTER, angle=180)]), ("tesseract",)),
    Golden("letter-askew.pdf", _LETTER, lambda: scanned_pdf([scanned(LETTER, angle=4)]), ("tesseract",)),
    Golden("inventory.pdf", _FIGURE, _with_picture, ("tesseract",)),
]  # fmt: skip
