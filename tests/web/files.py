"""The files that the tests in the browser put in."""

import shutil
from pathlib import Path

from docx import Document
from fpdf import FPDF
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageFont
from pptx import Presentation

HAS_OCR = shutil.which("tesseract") is not None

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    "<svg><script>window.pwned=1</script></svg>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href='javascript:window.pwned=1'>click</a>",
    "[click](javascript:window.pwned=1)",
    "[click](JaVaScRiPt:window.pwned=1)",
    "[click](data:text/html,<script>window.pwned=1</script>)",
    "[click](vbscript:msgbox)",
    "![x](http://tracker.invalid/pixel.png)",
    "![x](javascript:window.pwned=1)",
    "<object data='data:text/html,<script>parent.pwned=1</script>'></object>",
    "<embed src='javascript:window.pwned=1'>",
    "<form action='javascript:window.pwned=1'><button>go</button></form>",
    "<math href='javascript:window.pwned=1'>x</math>",
    "<style>@import 'http://tracker.invalid/a.css';</style>",
    "<link rel=stylesheet href=http://tracker.invalid/a.css>",
    "<meta http-equiv=refresh content='0;url=http://tracker.invalid/'>",
    "<base href='http://tracker.invalid/'>",
    "<details open ontoggle=window.pwned=1>x</details>",
    "<video src=x onerror=window.pwned=1></video>",
    "<body onload=window.pwned=1>",
    "<input autofocus onfocus=window.pwned=1>",
    "<marquee onstart=window.pwned=1>x</marquee>",
    "[1](http://tracker.invalid/reference/01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71)",
    "<http://tracker.invalid/auto>",
    "[x]: javascript:window.pwned=1",
    "`<script>window.pwned=1</script>`",
    "\u2e22<script>window.pwned=1</script>\u2e23",
)


def write_files(folder: Path) -> None:
    """`documents/`: what is in the project from the beginning; `files/`: what the tests upload."""
    documents, files = folder / "documents", folder / "files"
    (files / "folder").mkdir(parents=True)
    documents.mkdir()
    word = Document()
    word.add_heading("Harbour works", 1)
    word.add_paragraph("The harbour bridge was painted green in the spring of 1987. It took eleven weeks.")
    word.save(str(documents / "bridge.docx"))
    # Characters that count two in JavaScript stand before the words that are quoted.
    ferry = "# Ferry \U0001f6a2\U0001f6a2 \U0001d4db\n\nThe ferry to Lindholm costs 14 crowns for a grown-up.\n"
    (documents / "ferry.md").write_text(ferry, encoding="utf-8")
    (documents / "lighthouse.html").write_text(
        "<h1>Lighthouse</h1><p>The lighthouse of Tarn has a red colour with two white bands.</p>\n"
    )
    (documents / "gear.eml").write_text(
        "From: ada@example.org\nTo: charles@example.org\nSubject: Gear wheels\nDate: Tue, 14 May 2024 09:12:00 +0200\n"
        "Content-Type: text/plain; charset=utf-8\n\nThe gear wheels are delivered on 3 June by Clement & Sons.\n"
    )
    if HAS_OCR:
        _write_scan(documents / "pilot.png")
    _write_office(documents)
    lines = "\n\n".join(f"Zebrafinch payload {number}: {text}" for number, text in enumerate(PAYLOADS))
    (documents / "zebrafinch.txt").write_text(f"What is written about the zebrafinch.\n\n{lines}\n")
    (files / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\ntrailer<<>>\n" * 3)
    logbook = FPDF(format="A4")
    logbook.set_font("helvetica", size=11)
    for number in range(1, 61):
        logbook.add_page()
        logbook.cell(text=f"Entry {number}.")
    logbook.output(str(files / "logbook.pdf"))
    for number in range(50):
        (files / "folder" / f"note-{number:02}.txt").write_text(f"Note {number}: the gate code is {number * 37}.\n")


def _write_scan(path: Path) -> None:
    """A picture of 1,600 by 800 pixels with one sentence, in the third quarter of its height."""
    picture = Image.new("RGB", (1600, 800), "white")
    words = "The pilot boat of Skagen carries nine passengers."
    ImageDraw.Draw(picture).text((120, 460), words, fill="black", font=ImageFont.load_default(52))
    picture.save(path)


def _write_office(documents: Path) -> None:
    """A workbook whose words stand far down in its second column, and a deck of two slides."""
    book = Workbook()
    berths = book.active
    berths.title = "Berths"
    berths.append(["Berth", "Remark"])
    for number in range(1, 300):
        berths.append([f"Berth {number}", "free"])
    berths["B240"] = "The walnut schooner is looked after by Wilhelmina Quist."
    book.create_sheet("Rules")["A1"] = "Fees are due in March."
    book.save(documents / "berths.xlsx")
    show = Presentation()
    for title, words in (("Regatta", "Sails are white"), ("Fireworks", "The fireworks of the regatta begin at 22:15.")):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = words
    show.save(documents / "regatta.pptx")
