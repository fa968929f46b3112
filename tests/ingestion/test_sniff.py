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
def test_kinds(tmp_path: Path, name: str, content: bytes, kind: str, content_type: str) -> None:
    assert sniff(tmp_path, name, content) == Sniffed(kind, content_type)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "empty_file"),
        ("a.pdf", b"Hello", "content_mismatch"),
        ("a.docx", report_pdf(1), "content_mismatch"),
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
