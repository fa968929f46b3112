"""What a file is: decided by its content, and by its name only among kinds of text."""

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath

from citewell.ingestion.parsing.charset import utf16_of

_HEAD = 8192
_ZIP_KINDS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
}
_TEXT_KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".csv": "csv", ".tsv": "csv", ".txt": "text", ".text": "text", ".log": "text",
}  # fmt: skip
_CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "markdown": "text/markdown",
    "text": "text/plain",
    "csv": "text/csv",
}
_OF_SUFFIX = {".pdf": "pdf", ".docx": "docx", ".pptx": "pptx", ".xlsx": "xlsx"}
_SUPPORTED = "PDF, DOCX, PPTX, XLSX, HTML, Markdown, plain text and CSV"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Sniffed:
    kind: str
    content_type: str


class UnsupportedFile(Exception):
    """`code` is stable: empty_file, unknown_type, content_mismatch, old_office. `message` says what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def sniff_file(path: Path, name: str) -> Sniffed:
    """Raises UnsupportedFile for what no parser here reads, and where name and content disagree."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise UnsupportedFile("empty_file", "The file is empty: it has 0 bytes. Upload it again.")
    kind = _kind(path, head, name)
    expected = _OF_SUFFIX.get(PurePath(name).suffix.lower())
    if expected is not None and expected != kind:
        raise UnsupportedFile(
            "content_mismatch",
            f"The name says {expected.upper()}, the content is {_described(kind)}: give it its right name, or "
            "export it again.",
        )
    return Sniffed(kind, _CONTENT_TYPES[kind])


def _kind(path: Path, head: bytes, name: str) -> str:
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path, name)
    if head.startswith(_OLE):
        raise UnsupportedFile(
            "old_office",
            "This is an old or an encrypted Office file: save it without password as DOCX, XLSX or PPTX.",
        )
    if _is_binary(head):
        raise UnsupportedFile("unknown_type", f"The file is of no known type. Citewell reads {_SUPPORTED}.")
    return _text_kind(head, name)


def _zip_kind(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist()[:20_000])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        members = set()
    for member, kind in _ZIP_KINDS.items():
        if member in members:
            return kind
    expected = _OF_SUFFIX.get(PurePath(name).suffix.lower())
    if expected is not None:
        raise UnsupportedFile(
            "content_mismatch",
            f"The name says {expected.upper()}, the content is an archive that is damaged or of another kind: "
            "export it again.",
        )
    raise UnsupportedFile("unknown_type", f"This is an archive: unpack it and upload its files. Read are {_SUPPORTED}.")


def _text_kind(head: bytes, name: str) -> str:
    by_name = _TEXT_KINDS.get(PurePath(name).suffix.lower())
    if by_name is not None:
        return by_name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    return "html" if start.startswith((b"<!doctype html", b"<html")) else "text"


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if head.count(0):
        return utf16_of(head) is None
    control = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head)
    return control > 0.02 * len(head)


def _described(kind: str) -> str:
    return {"text": "plain text", "markdown": "plain text", "csv": "plain text"}.get(kind, kind.upper())
