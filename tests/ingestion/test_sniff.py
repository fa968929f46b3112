"""What a file is: its content decides, its name only among kinds of text."""

from pathlib import Path

import pytest

from citewell.ingestion.sniff import Sniffed, UnsupportedFile, sniff_file
from tests.ingestion.files import archive, report_pdf, sample_docx, sample_pptx, sample_xlsx


def sniff(folder: Path, name: str, content: bytes) -> Sniffed:
    path = folder / "stored"  # the store's name says nothing
    path.write_bytes(content)
    return sniff_file(path, name)


@pytest.mark.parametrize(
    ("name", "content", "kind", "content_type"),
    [
        ("a.pdf", report_pdf(1), "pdf", "application/pdf"),
        ("report", report_pdf(1), "pdf", "application/pdf"),
        ("a.txt", report_pdf(1), "pdf", "application/pdf"),
        ("A.DOCX", sample_docx(), "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a", sample_pptx(), "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("a.zip", sample_xlsx(), "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.md", b"# Hello", "markdown", "text/markdown"),
        ("a.html", b"Hello", "html", "text/html"),
        ("a", b"\xef\xbb\xbf\n <!DOCTYPE HTML><p>Hello", "html", "text/html"),
        ("a.csv", b"a,b\n1,2\n", "csv", "text/csv"),
        ("a.tsv", b"a\tb\n1\t2\n", "csv", "text/csv"),
        ("notes", b"Hello", "text", "text/plain"),
        ("a.log", b"\x1b[31mred\x1b[0m line\n", "text", "text/plain"),
        ("a.txt", "Größe".encode("utf-16"), "text", "text/plain"),
        ("a.txt", "Größe der Züge, in Metern\n".encode("utf-16-be"), "text", "text/plain"),
        ("a.txt", "六時間以内の出張には電車を使います。\n".encode("utf-16-le"), "text", "text/plain"),
        ("a.txt", "六時間以内の出張".encode("shift_jis"), "text", "text/plain"),
    ],
)
def test_the_content_of_a_file_tells_its_kind(
    tmp_path: Path, name: str, content: bytes, kind: str, content_type: str
) -> None:
    assert sniff(tmp_path, name, content) == Sniffed(kind, content_type)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "empty_file"),
        ("a.pdf", b"Hello", "content_mismatch"),
        ("a.png", b"<html>The page is gone", "content_mismatch"),
        ("a.pdf", b"<html>The page is gone", "content_mismatch"),
        ("a.xlsx", archive({"a.txt": b""}), "content_mismatch"),
        ("a.zip", archive({"a.txt": b""}), "unknown_type"),
        ("a.zip", b"PK\x03\x04" + bytes(30), "unknown_type"),
        ("a.bin", bytes(range(256)), "unknown_type"),
    ],
)
def test_refusals_say_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with pytest.raises(UnsupportedFile) as refused:
        sniff(tmp_path, name, content)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("report.docx", report_pdf(1), "pdf"),
        ("prices.xls", sample_xlsx(), "xlsx"),
        ("prices.xls", b"<html><table><tr><td>Rye<td>5</table>", "html"),
        ("prices.xls", b"Grain\tPrice\nRye\t5\nOats\t4\n", "csv"),
        ("prices.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "xls"),
        ("prices.csv", b"<!DOCTYPE html><table><tr><td>Rye<td>5</table>", "html"),
        ("page.doc", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n--a\n", "mht"),
        ("page.doc", b"<html><body>Words</body></html>", "html"),
    ],
)
def test_names_that_lie(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    """What programs write under a wrong name is read as what it is; somebody is told, but for XML that Office reads."""
    found = sniff(tmp_path, name, content)
    assert found.kind == kind
    assert (found.warning is None) == (kind == "xls")


@pytest.mark.parametrize(
    ("kind", "of", "main"),
    [
        ("docx", "wordprocessingml.template", "any/name.xml"),
        ("docx", "ms-word.document.macroEnabled", "word/document2.xml"),
        ("pptx", "presentationml.slideshow", "ppt/presentation.xml"),
        ("xlsx", "ms-excel.sheet.macroEnabled", "xl/workbook.xml"),
        ("xls", "ms-excel.sheet.binary.macroEnabled", "xl/workbook.bin"),
    ],
)
def test_templates_and_macro_files(tmp_path: Path, kind: str, of: str, main: str) -> None:
    types = f'<Types><Override PartName="/{main}" ContentType="application/vnd.{of}.main+xml"/></Types>'
    assert sniff(tmp_path, "file", archive({"[Content_Types].xml": types.encode(), main: b"x"})).kind == kind


def test_a_head_of_many_folded_lines_is_read_once(tmp_path: Path) -> None:
    """Each folded line with two readings doubled the time: thirty of them took longer than anybody waits."""
    folded = b"Subject: x\r\n" + b" \r\n" * 500
    assert sniff(tmp_path, "upload", folded + b"!").kind == "text"
    assert sniff(tmp_path, "upload", folded + b"From: a@example.org\r\n\r\nHello").kind == "eml"
