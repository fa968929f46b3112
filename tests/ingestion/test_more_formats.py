"""OpenDocument, e-books, JSON, mail with attachments, and old formats of Office."""

import functools
import json
import re
import shutil
from email.message import EmailMessage
from pathlib import Path

import msgspec
import openpyxl
import pytest

from citewell.ingestion.parsing import DEFAULT, ParseFailed
from citewell.ingestion.sniff import UnsupportedFile
from tests.cases.checker import read_here
from tests.ingestion.containers import epub, msg, odf, ole
from tests.ingestion.files import (
    LOREM,
    archive,
    check,
    of_type,
    outline,
    read,
    report_pdf,
    rewritten,
    sample_docx,
    sample_pptx,
    sample_xlsx,
    saved,
)
from tests.ingestion.office import convert

STAFF = b"name,team\nAda,Research\nGrace,Compilers\n"


async def failure(folder: Path, name: str, content: bytes) -> ParseFailed:
    with pytest.raises(ParseFailed) as failed:
        await read(folder, name, content, msgspec.structs.replace(DEFAULT, seconds=60))
    return failed.value


async def test_an_odt_keeps_its_outline_and_tables(tmp_path: Path) -> None:
    body = f"""<text:tracked-changes><text:p>deleted words</text:p></text:tracked-changes>
    <text:p text:style-name="Title">Travel rules</text:p><text:h text:outline-level="1">Trains</text:h>
    <text:p>{LOREM}</text:p><text:h text:outline-level="2">Hotels</text:h>
    <text:p>One<text:s text:c="3"/>night<text:line-break/>in
    <text:span>Os<text:span>lo</text:span></text:span>.</text:p>
    <text:list><text:list-item><text:p>One</text:p></text:list-item><text:list-item><text:p>Two</text:p>
    <text:list><text:list-item><text:p>Inner</text:p></text:list-item></text:list></text:list-item></text:list>
    <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>City</text:p></table:table-cell>
    <table:table-cell><text:p>Limit</text:p></table:table-cell></table:table-row></table:table-header-rows>
    <table:table-row><table:table-cell><text:p>Oslo</text:p></table:table-cell>
    <table:table-cell><text:p>210 EUR</text:p></table:table-cell></table:table-row></table:table>
    <text:section><text:p>In a section<draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box></draw:frame>
    </text:p></text:section>"""
    margins = """<office:master-styles><style:master-page><style:header>
    <text:p>Falcon Industries</text:p></style:header>
    <style:footer><text:p>Confidential</text:p></style:footer></style:master-page></office:master-styles>"""
    parsed = await read(tmp_path, "rules.odt", odf("text", body, title="The rules", styles=margins))
    check(parsed)
    assert parsed.title == "The rules"
    assert outline(parsed) == [
        ("title", "Travel rules"),
        ("title", "Trains"),
        ("text", LOREM),
        ("section_heading", "Hotels"),
        ("text", "One   night\nin Oslo."),
        ("list", "- One\n- Two\n  - Inner"),
        ("table", "City | Limit\nOslo | 210 EUR"),
        ("text", "In a section"),
        ("text", "In a box"),
        ("header", "Falcon Industries"),
        ("footer", "Confidential"),
    ]
    assert of_type(parsed, "table")[0].rows == [["City", "Limit"], ["Oslo", "210 EUR"]]
    assert of_type(parsed, "table")[0].heading_path == ("Trains", "Hotels")


def sheet(name: str, rows: str) -> str:
    return f'<table:table table:name="{name}">{rows}</table:table>'


def row(*cells: str, repeated: int = 1, filler: int = 16_000) -> str:
    inner = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
    end = f'<table:table-cell table:number-columns-repeated="{filler}"/>'
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}{end}</table:table-row>'


async def test_an_ods_keeps_its_sheets(tmp_path: Path) -> None:
    prices = row("Product", "Price") + row("Falcon", "12", repeated=2) + row(repeated=1_000_000)
    content = odf(
        "spreadsheet", sheet("Prices", prices) + sheet("Empty", "") + sheet("Staff", row("Name") + row("Ada"))
    )
    parsed = await read(tmp_path, "book.ods", content)
    check(parsed)
    assert parsed.page_count == 3
    assert [(block.type, block.text, block.page) for block in parsed.blocks] == [
        ("section_heading", "Prices", 1),
        ("table", "Product | Price\nFalcon | 12\nFalcon | 12", 1),
        ("section_heading", "Staff", 3),
        ("table", "Name\nAda", 3),
    ]


async def test_an_ods_of_repeated_rows_is_no_bomb(tmp_path: Path) -> None:
    bomb = sheet("A", row("x" * 100, repeated=2_000_000_000)) * 50
    assert (await failure(tmp_path, "bomb.ods", odf("spreadsheet", bomb))).code == "too_large"


async def test_an_odp_keeps_its_slides_and_notes(tmp_path: Path) -> None:
    slides = """<draw:page><draw:frame presentation:class="outline"><draw:text-box><text:list><text:list-item>
    <text:p>Sales grew.</text:p></text:list-item></text:list></draw:text-box></draw:frame>
    <draw:frame presentation:class="title"><draw:text-box>
    <text:p>Quarter in review</text:p></draw:text-box></draw:frame>
    <presentation:notes><draw:frame><draw:text-box><text:p>A note.</text:p></draw:text-box></draw:frame>
    </presentation:notes></draw:page><draw:page><draw:custom-shape><text:p>A shape.</text:p>
    </draw:custom-shape></draw:page>"""
    parsed = await read(tmp_path, "deck.odp", odf("presentation", slides))
    check(parsed)
    assert parsed.page_count == 2
    assert [(block.type, block.text, block.page) for block in parsed.blocks] == [
        ("title", "Quarter in review", 1),
        ("list", "- Sales grew.", 1),
        ("text", "A note.", 1),
        ("text", "A shape.", 2),
    ]


async def test_broken_open_documents(tmp_path: Path) -> None:
    mime = b"application/vnd.oasis.opendocument.text"
    for members in ({"mimetype": mime}, {"mimetype": mime, "content.xml": b"<a><b>"}):
        assert (await failure(tmp_path, "a.odt", archive(members))).code == "damaged"


async def test_an_epub_keeps_the_order_of_its_chapters(tmp_path: Path) -> None:
    chapters = {
        "two.xhtml": "<html><head><title>x</title></head><body><h1>First</h1><p>It begins.</p></body></html>",
        "one.xhtml": "<html><body><h1>Second</h1><p>It ends.</p></body></html>",
    }
    parsed = await read(tmp_path, "book.epub", epub(chapters, title="Trains &amp; hotels"))
    check(parsed)
    assert parsed.title == "Trains & hotels"
    assert outline(parsed) == [
        ("title", "First"),
        ("text", "It begins."),
        ("title", "Second"),
        ("text", "It ends."),
    ]


@pytest.mark.parametrize(
    ("method", "readable"),
    [("http://www.idpf.org/2008/embedding", True), ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", False)],
)
async def test_a_protected_epub_says_so(tmp_path: Path, method: str, readable: bool) -> None:
    encryption = f"""<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
    <e:EncryptedData xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptionMethod Algorithm="{method}"/>
    </e:EncryptedData></encryption>"""
    content = epub({"a.xhtml": "<p>Words.</p>"}, more={"META-INF/encryption.xml": encryption.encode()})
    if readable:
        assert (await read(tmp_path, "a.epub", content)).text == "Words."
    else:
        assert (await failure(tmp_path, "a.epub", content)).code == "encrypted"


async def test_json_becomes_fields_and_tables(tmp_path: Path) -> None:
    value = {
        "title": "Price list",
        "valid": True,
        "rate": 1.50,
        "tags": ["trains", "hotels"],
        "office": {"city": "Oslo", "rooms": {"small": 3}},
        "products": [{"name": "Falcon", "price": 12}, {"name": "Kestrel", "price": None}],
        "odd": [1, [2, 3], {"a": {"b": "deep"}}],
    }
    parsed = await read(tmp_path, "prices.json", json.dumps(value, indent=1).replace("1.5,", "1.50,").encode())
    check(parsed)
    assert parsed.title == "Price list"
    assert outline(parsed) == [
        ("text", "title: Price list\nvalid: yes\nrate: 1.50\ntags: trains, hotels"),
        ("section_heading", "office"),
        ("text", "city: Oslo"),
        ("section_heading", "rooms"),
        ("text", "small: 3"),
        ("section_heading", "products"),
        ("table", "name | price\nFalcon | 12\nKestrel |"),
        ("section_heading", "odd"),
        ("text", "1"),
        ("text", "2, 3"),
        ("text", "a.b: deep"),
    ]
    assert parsed.blocks[4].heading_path == ("office", "rooms")
    assert of_type(parsed, "table")[0].rows == [["name", "price"], ["Falcon", "12"], ["Kestrel", ""]]


async def test_lines_of_json(tmp_path: Path) -> None:
    lines = b"".join(b'{"id": %d, "text": "entry %d"}\n' % (number, number) for number in range(60))
    parsed = await read(tmp_path, "log.jsonl", lines)
    assert [len(table.rows or []) for table in of_type(parsed, "table")] == [41, 21]


async def test_json_that_is_none_is_text(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "broken.json", b'{"city": "Oslo", ')
    assert outline(parsed) == [("text", '{"city": "Oslo",')]
    assert "no valid JSON" in parsed.warnings[0]
    assert (await failure(tmp_path, "deep.json", b"[" * 100_000 + b"]" * 100_000)).code == "too_large"


def mail(**more: bytes) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Größere Züge für Łódź"
    message["From"] = "Ada Lovelace <ada@example.org>"
    message["To"] = "grace@example.org"
    message["Date"] = "Mon, 23 Nov 2026 14:00:00 +0000"
    message.set_content("The plain text.\n\nIts second paragraph.")
    message.add_alternative("<p>The <b>HTML</b> text.</p>", subtype="html")
    for name, content in more.items():
        message.add_attachment(content, "application", "octet-stream", filename=name.replace("_", "."))
    return message


async def test_an_eml_keeps_its_header_text_and_attachments(tmp_path: Path) -> None:
    message = mail(staff_csv=STAFF, report_pdf=report_pdf(1), tool_exe=bytes(range(256)) * 8, bad_docx=b"PK\x03\x04")
    parsed = await read(tmp_path, "letter.eml", message.as_bytes())
    check(parsed)
    assert parsed.title == "Größere Züge für Łódź"
    assert outline(parsed)[:7] == [
        ("title", "Größere Züge für Łódź"),
        ("text", "From: Ada Lovelace <ada@example.org>\nTo: grace@example.org\nDate: Mon, 23 Nov 2026 14:00:00 +0000"),
        ("text", "The plain text."),
        ("text", "Its second paragraph."),
        ("section_heading", "Attachment: staff.csv"),
        ("table", "name | team\nAda | Research\nGrace | Compilers"),
        ("section_heading", "Attachment: report.pdf"),
    ]
    report = next(block for block in parsed.blocks if block.text == "Annual travel report")
    assert report.heading_path == ("Attachment: report.pdf",)
    assert report.page is None  # it has none in the message
    assert [warning.split(" was not read")[0] for warning in parsed.warnings] == [
        "The attachment tool.exe",
        "The attachment bad.docx",
    ]


async def test_a_message_in_a_message(tmp_path: Path) -> None:
    message = mail(staff_csv=STAFF)
    for depth in range(5):
        outer = EmailMessage()
        outer["Subject"] = f"Forwarded {depth}"
        outer["From"] = "grace@example.org"
        outer.set_content(f"See below {depth}.")
        outer.add_attachment(message)
        message = outer
    parsed = await read(tmp_path, "forwarded.eml", message.as_bytes())
    check(parsed)
    assert "See below 4." in parsed.text
    assert "See below 3." in parsed.text
    assert "See below 0." not in parsed.text  # three deep is enough
    inner = mail(staff_csv=STAFF)
    outer = EmailMessage()
    outer["From"] = "grace@example.org"
    outer["Subject"] = "One"
    outer.add_attachment(inner)
    parsed = await read(tmp_path, "one.eml", outer.as_bytes())
    assert "The plain text." in parsed.text
    assert of_type(parsed, "table")[0].heading_path[-1] == "Attachment: staff.csv"


async def test_mails_that_are_wrong_about_themselves(tmp_path: Path) -> None:
    source = (
        "From: a@example.org\r\nSubject: =?nonsense?B?????=\r\n"
        'Content-Type: text/plain; charset="no-such-charset"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        "Größere Züge\r\n"
    )
    parsed = await read(tmp_path, "a.eml", source.encode("cp1252"))
    assert "Größere Züge" in parsed.text
    html = b"From: a@example.org\nSubject: Only HTML\nContent-Type: text/html\n\n<h2>Hotels</h2><p>In Oslo</p>"
    parsed = await read(tmp_path, "b", html)  # recognised by its head
    assert outline(parsed)[-2:] == [("section_heading", "Hotels"), ("text", "In Oslo")]


async def test_an_msg_keeps_its_header_text_and_attachments(tmp_path: Path) -> None:
    long_text = "The words of the attachment. " * 200
    content = msg(
        {
            "0037": "Größere Züge",
            "0C1A": "Ada Lovelace",
            "0C1F": "ada@example.org",
            "0E04": "grace@example.org",
            "007D": "Received: x\r\nDate: Mon, 23 Nov 2026 14:00:00 +0000\r\n",
            "1000": "The plain text.\r\n\r\nIts second paragraph.",
        },
        {"note.txt": long_text.encode(), "tool.exe": bytes(range(256)) * 16},
    )
    parsed = await read(tmp_path, "letter.msg", content)
    check(parsed)
    assert outline(parsed) == [
        ("title", "Größere Züge"),
        ("text", "From: Ada Lovelace <ada@example.org>\nTo: grace@example.org\nDate: Mon, 23 Nov 2026 14:00:00 +0000"),
        ("text", "The plain text."),
        ("text", "Its second paragraph."),
        ("section_heading", "Attachment: note.txt"),
        ("text", long_text.strip()),
        ("section_heading", "Attachment: tool.exe"),
    ]
    assert "tool.exe was not read" in parsed.warnings[0]
    for cut in (600, len(content) // 2):
        with pytest.raises((ParseFailed, UnsupportedFile)) as failed:
            await read(tmp_path, "cut.msg", content[:cut])
        assert failed.value.code in ("damaged", "old_office")


RTF = rb"{\rtf1\ansi{\fonttbl{\f0 Times;}}\f0\pard The hotel costs 140 EUR.\par Breakfast is included.\par}"


async def test_old_formats_without_libreoffice_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    failed = await failure(tmp_path, "note.doc", ole({"WordDocument": b"words"}))
    assert failed.code == "no_converter"
    assert "DOCX" in failed.message


def test_zeros_that_stand_in_for_results_are_shown_as_formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As programs write them that compute nothing; a workbook with any other result was computed."""
    book = openpyxl.Workbook()
    for row in (("Rope", 12), ("Sail", 30), ("Total", "=SUM(B1:B2)"), ("Double", "=2*B3")):
        book.active.append(row)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for double, total in ((b"0", "=SUM(B1:B2)"), (b"84", "0")):
        (tmp_path / "stored").write_bytes(rewritten(saved(book), functools.partial(_with_results, (b"0", double))))
        parsed = read_here(tmp_path / "stored", "sums.xlsx")
        assert ["Total", total] in (parsed.blocks[-1].rows or [])
        assert any("have no values" in warning for warning in parsed.warnings) == (double == b"0")


def _with_results(results: tuple[bytes, bytes], name: str, data: bytes) -> bytes:
    for result in results if name == "xl/worksheets/sheet1.xml" else ():
        data = re.sub(rb"</f><v ?(/>|></v>)", b"</f><v>%s</v>" % result, data, count=1)
    return data


needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


async def test_rtf_is_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    for name in ("note.rtf", "note.doc"):
        parsed = await read(tmp_path, name, RTF)
        check(parsed)
        assert outline(parsed) == [("text", "The hotel costs 140 EUR."), ("text", "Breakfast is included.")]


async def test_rtf_pages_that_end_at_the_end_of_a_paragraph(tmp_path: Path) -> None:
    parsed = await read(
        tmp_path, "a.rtf", rb"{\rtf1\ansi\pard One two \softpage\softpage  three four \softpage\par Next \softpage\par}"
    )
    first, second = parsed.blocks
    assert [(parsed.text[line.start : line.end].strip(), line.page) for line in first.lines or ()] == [
        ("One two", 1),
        ("three four", 2),
    ]
    assert (second.text, second.page, second.lines) == ("Next", 3, None)


@needs_libreoffice
@pytest.mark.parametrize(
    ("new", "old", "sample", "expected"),
    [
        ("docx", "doc", sample_docx(), "Oslo | 210 EUR"),
        ("xlsx", "xls", sample_xlsx(), "Falcon 99 | 148.5"),
        ("pptx", "ppt", sample_pptx(), "Sales grew by 12 percent."),
    ],
)
async def test_old_formats(tmp_path: Path, new: str, old: str, sample: bytes, expected: str) -> None:
    (tmp_path / f"a.{new}").write_bytes(sample)
    made = convert(tmp_path / f"a.{new}", old)
    parsed = await read(tmp_path, f"old.{old}", made.read_bytes())
    check(parsed)
    assert expected in parsed.text
