"""Files that are broken or mean harm: each fails alone with a clear reason, or is read within its limits."""

import json
import struct
import zipfile
from pathlib import Path

import msgspec
import pytest
from fpdf.enums import AccessPermission, EncryptionMethod

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing import DEFAULT, ParseFailed, parse
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.sniff import UnsupportedFile
from tests.ingestion.containers import epub, msg, odf
from tests.ingestion.files import (
    archive,
    check,
    new_pdf,
    pdf_bytes,
    read,
    read_file,
    report_pdf,
    rewritten,
    sample_docx,
    sample_xlsx,
)

MIB = 2**20
LIMITS = msgspec.structs.replace(DEFAULT, seconds=60, memory_bytes=512 * MIB)


async def failure(folder: Path, name: str, content: bytes, limits: ParseLimits = LIMITS) -> ParseFailed:
    with pytest.raises(ParseFailed) as failed:
        await read(folder, name, content, limits)
    assert not failed.value.retryable
    # The reason is followed by what to do, and holds nothing of our insides.
    assert len(failed.value.message) > 20
    assert "Traceback" not in failed.value.message
    return failed.value


async def outcome(folder: Path, name: str, content: bytes, limits: ParseLimits = LIMITS) -> ParsedDocument | str:
    """The document, or the code of the failure."""
    try:
        return await read(folder, name, content, limits)
    except ParseFailed as failed:
        return failed.code


async def refusal(folder: Path, name: str, content: bytes) -> UnsupportedFile:
    with pytest.raises(UnsupportedFile) as refused:
        await read(folder, name, content)
    return refused.value


async def test_an_encrypted_pdf(tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    pdf.cell(0, 20, "A secret.")
    pdf.set_encryption(
        owner_password="owner",
        user_password="user",
        encryption_method=EncryptionMethod.RC4,
        permissions=AccessPermission.none(),
    )
    failed = await failure(tmp_path, "secret.pdf", pdf_bytes(pdf))
    assert failed.code == "encrypted"
    assert "without its password" in failed.message


async def test_a_pdf_with_an_owner_password_only_can_be_read(tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    pdf.cell(0, 20, "Not to be printed.")
    pdf.set_encryption(owner_password="owner", permissions=AccessPermission.none())
    assert "Not to be printed." in (await read(tmp_path, "locked.pdf", pdf_bytes(pdf))).text


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.95])
async def test_a_truncated_pdf(tmp_path: Path, keep: float) -> None:
    whole = report_pdf(pages=20)
    assert await outcome(tmp_path, "cut.pdf", whole[: int(len(whole) * keep)]) == "damaged"


async def test_one_broken_page_does_not_lose_the_others(tmp_path: Path) -> None:
    pdf = new_pdf()
    for number in range(3):
        pdf.add_page()
        pdf.cell(0, 20, f"This is page {number}.")
    content = pdf_bytes(pdf)
    places = [index for index in range(len(content)) if content.startswith(b"/Type /Page\n", index)]
    assert len(places) == 3
    broken = content[: places[1]] + b"/Type /Junk\n" + content[places[1] + 12 :]
    parsed = await read(tmp_path, "broken-page.pdf", broken)
    assert "This is page 0." in parsed.text
    assert "This is page 2." in parsed.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"This is plain text and no PDF at all."),
        ("a.pptx", b"PK\x03\x04 and then nothing of an archive"),
        ("a.docx", archive({"readme.txt": b"hello"})),
    ],
)
async def test_content_that_is_not_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    refused = await refusal(tmp_path, name, content)
    assert refused.code == "content_mismatch"
    assert name[2:].upper() in refused.message


async def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert (await refusal(tmp_path, "a.pdf", b"")).code == "empty_file"


@pytest.mark.parametrize("content", [bytes(range(256)) * 40, b"\x7fELF\x02\x01\x01" + bytes(500), b"\0" * 9000])
async def test_unknown_types(tmp_path: Path, content: bytes) -> None:
    refused = await refusal(tmp_path, "a.txt", content)
    assert refused.code == "unknown_type"
    assert "PDF" in refused.message


@pytest.mark.parametrize(("name", "sample"), [("a.docx", sample_docx()), ("a.xlsx", sample_xlsx())])
async def test_a_zip_bomb_is_refused_as_too_large(tmp_path: Path, name: str, sample: bytes) -> None:
    part = {"a.docx": "word/document.xml", "a.xlsx": "xl/worksheets/sheet1.xml"}[name]
    bomb = rewritten(sample, lambda member, content: b" " * (60 * MIB) if member == part else content)
    assert len(bomb) < MIB
    failed = await failure(tmp_path, name, bomb)
    assert failed.code == "too_large"


async def test_a_zip_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    bomb = bytearray(rewritten(sample_docx(), lambda m, c: b" " * (60 * MIB) if m == "word/document.xml" else c))
    true_size, lie = struct.pack("<I", 60 * MIB), struct.pack("<I", 1000)
    assert bomb.count(true_size) >= 1
    failed = await failure(tmp_path, "a.docx", bytes(bomb.replace(true_size, lie)))
    assert failed.code in ("damaged", "too_large")


async def test_an_archive_of_very_many_members(tmp_path: Path) -> None:
    members = {"word/document.xml": b"<x/>"} | {f"m/{number}": b"" for number in range(21_000)}
    failed = await failure(tmp_path, "a.docx", archive(members, zipfile.ZIP_STORED))
    assert failed.code == "too_large"


async def test_an_encrypted_archive(tmp_path: Path) -> None:
    content = bytearray(sample_docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    failed = await failure(tmp_path, "a.docx", bytes(content))
    assert failed.code == "encrypted"


async def test_an_old_or_encrypted_office_file(tmp_path: Path) -> None:
    refused = await refusal(tmp_path, "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refused.code == "old_office"
    assert "password" in refused.message


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)
)


async def test_an_entity_bomb_in_docx(tmp_path: Path) -> None:
    def bomb(member: str, content: bytes) -> bytes:
        if member != "word/document.xml":
            return content
        body = content.split(b"?>", 1)[1].replace(b"Text behind the table.", b"Text &a9; behind")
        return ENTITIES + b"]>" + body

    assert await outcome(tmp_path, "bomb.docx", rewritten(sample_docx(), bomb)) == "damaged"


async def test_an_entity_bomb_in_xlsx(tmp_path: Path) -> None:
    def bomb(member: str, content: bytes) -> bytes:
        if member != "xl/sharedStrings.xml":
            return content
        return ENTITIES + b"]>" + content.split(b"?>", 1)[-1].replace(b"Product", b"Product &a9;")

    parsed = await outcome(tmp_path, "bomb.xlsx", rewritten(sample_xlsx(), bomb))
    assert isinstance(parsed, ParsedDocument)
    assert "Product" in parsed.text  # without what the entity stands for
    assert "haha" not in parsed.text


async def test_boxes_in_boxes_are_read_once(tmp_path: Path) -> None:
    depth = 40
    opening = "<w:p><w:r><w:t>level</w:t></w:r><w:r><w:pict><w:txbxContent>" * depth
    nested = opening + "<w:p/>" + "</w:txbxContent></w:pict></w:r></w:p>" * depth

    def bomb(member: str, content: bytes) -> bytes:
        return content.replace(b"<w:sectPr", nested.encode() + b"<w:sectPr", 1)

    parsed = await outcome(tmp_path, "boxes.docx", rewritten(sample_docx(), bomb))
    assert isinstance(parsed, ParsedDocument)
    assert parsed.text.count("level") == depth


async def test_an_entity_that_names_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret of the server")
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file://%s">]>' % bytes(tmp_path / "secret.txt")

    def spy(member: str, content: bytes) -> bytes:
        if member != "word/document.xml":
            return content
        return head + content.split(b"?>", 1)[1].replace(b"Text behind the table.", b"Text &f; behind")

    parsed = await outcome(tmp_path, "spy.docx", rewritten(sample_docx(), spy))
    assert isinstance(parsed, ParsedDocument)
    assert "secret" not in parsed.text


@pytest.mark.parametrize("tag", ["div", "ul><li", "table><tr><td", "b", "blockquote"])
async def test_deeply_nested_html(tmp_path: Path, tag: str) -> None:
    depth = 10_000
    source = "<html><body>" + f"<{tag}>" * depth + "The words at the bottom." + "</body></html>"
    parsed = await outcome(tmp_path, "deep.html", source.encode())
    assert isinstance(parsed, ParsedDocument)
    check(parsed)
    assert parsed.text.count("The words at the bottom.") == 1


async def test_formulas_inside_formulas_are_written_once(tmp_path: Path) -> None:
    source = "".join(f"<math><mi>x{number}</mi>" for number in range(200)) + "</math>" * 200
    parsed = await read(tmp_path, "formulas.html", f"<p>{source} and words.</p>".encode(), LIMITS)
    assert parsed.text.count("x199") == 1
    assert parsed.text.endswith("and words.")


@pytest.mark.parametrize("opening", ["> ", "- ", "[", "*a ", "`"])
async def test_deeply_nested_markdown(tmp_path: Path, opening: str) -> None:
    parsed = await read(tmp_path, "deep.md", (opening * 20_000 + "The words at the bottom.").encode(), LIMITS)
    check(parsed)
    assert "The words at the bottom." in parsed.text


async def test_a_huge_text_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.write(b"word " * 2000)
        file.truncate(1024 * MIB)  # the rest is a hole: it takes no room on the disk
    with pytest.raises(ParseFailed) as failed:
        await read_file(path, path.name, LIMITS)
    assert failed.value.code == "too_large"
    with path.open("r+b") as file:
        file.truncate(150 * MIB)  # small enough in bytes, too large as a line
    with pytest.raises(ParseFailed) as failed:
        await read_file(path, path.name, LIMITS)
    assert failed.value.code == "too_large"


@pytest.mark.parametrize("content", [b'a,b\n"' + b"x\n" * 6_000_000, b'a,b\n1,"unclosed ' + b"x" * 11_000_000])
async def test_a_csv_with_a_giant_field(tmp_path: Path, content: bytes) -> None:
    failed = await failure(tmp_path, "giant.csv", content)
    assert failed.code == "too_large"


async def test_a_csv_with_too_many_rows(tmp_path: Path) -> None:
    limits = msgspec.structs.replace(LIMITS, max_rows=1000)
    failed = await failure(tmp_path, "long.csv", b"a,b\n" * 1500, limits)
    assert failed.code == "too_large"
    assert "1,000 rows" in failed.message


async def test_a_pdf_with_too_many_pages(tmp_path: Path) -> None:
    limits = msgspec.structs.replace(LIMITS, max_pages=3)
    failed = await failure(tmp_path, "long.pdf", report_pdf(pages=4), limits)
    assert failed.code == "too_large"
    assert "4 pages" in failed.message


async def test_a_pdf_with_a_flate_bomb(tmp_path: Path) -> None:
    pdf = new_pdf()
    pdf.add_page()
    pdf.cell(0, 20, "Before the bomb.")
    pdf._out(b" " * (400 * MIB))
    limits = msgspec.structs.replace(LIMITS, memory_bytes=256 * MIB)
    found = await outcome(tmp_path, "bomb.pdf", pdf_bytes(pdf), limits)
    assert found in ("memory", "crashed") or (isinstance(found, ParsedDocument) and len(found.text) < 1000)


async def test_the_caller_may_name_a_kind_that_the_file_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"nothing of the kind")
    for kind in ("pdf", "docx", "pptx", "xlsx"):
        with pytest.raises(ParseFailed) as failed:
            await parse(path, kind, limits=LIMITS)
        assert failed.value.code == "damaged"


_CELL = '<table:table-cell table:number-rows-spanned="1000000"><text:p>{words}</text:p></table:table-cell>'
_REPEATED = f'<table:table><table:table-row table:number-rows-repeated="400000">{_CELL}</table:table-row></table:table>'
_LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="F"'
_SHOWN = f"<text:p><draw:frame><draw:object {_LINK}/></draw:frame></text:p>"
_FORMULA = f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>{"x" * 30_000}</mi></math>'.encode()
_LONG_NAMES = {"a": {"b": {"c": {"d": {"n" * 30_000: dict.fromkeys(map(str, range(1000)), 1)}}}}}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.json", json.dumps(_LONG_NAMES).encode(), "too_large"),
        ("a.ods", odf("spreadsheet", _REPEATED.format(words="words " * 2000)), "too_large"),
        ("a.odt", odf("text", _REPEATED.format(words="words " * 2000)), "too_large"),
        ("b.odt", odf("text", _SHOWN * 40_000, more={"F/content.xml": _FORMULA}), "too_large"),
        ("a.msg", msg({"1000": "x"}, {f"{number}.txt": b"words " * 9000 for number in range(60)}), "damaged"),
    ],
)
async def test_files_that_repeat_their_content_endlessly(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    assert (await failure(tmp_path, name, content)).code == code


async def test_chapters_that_a_book_lists_more_than_once_are_read_once(tmp_path: Path) -> None:
    book = epub({"a.xhtml": "<p>One.</p>", "b.xhtml": "<p>Two.</p>"})
    twice = rewritten(book, lambda member, content: content.replace(b"text/b.xhtml", b"text/a.xhtml"))
    assert (await read(tmp_path, "a.epub", twice)).text == "One."
