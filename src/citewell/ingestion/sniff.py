"""What a file is: decided by its content, and by its name only among kinds of text."""

import re
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath

import olefile

from citewell.ingestion.parsing.charset import utf16_of

_HEAD = 8192
_ZIP_KINDS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
}
# What OpenDocument files and e-books say of themselves in their member "mimetype".
_MIME_KINDS = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/epub+zip": "epub",
}
# Streams of an OLE container, as its directory spells them.
_OLE_KINDS = {
    "__properties_version1.0": "msg",
    "EncryptedPackage": "encrypted",
    "WordDocument": "doc",
    "Workbook": "xls",
    "Book": "xls",
    "PowerPoint Document": "ppt",
}
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"BM": "image/bmp",
}
_TEXT_KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".csv": "csv", ".tsv": "csv", ".txt": "text", ".text": "text", ".log": "text",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".eml": "eml",
}  # fmt: skip
_CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    **{kind: mime.decode() for mime, kind in _MIME_KINDS.items()},
    "msg": "application/vnd.ms-outlook",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "rtf": "application/rtf",
    "eml": "message/rfc822",
    "json": "application/json",
    "html": "text/html",
    "markdown": "text/markdown",
    "text": "text/plain",
    "csv": "text/csv",
}
_BINARY_KINDS = ("pdf", "docx", "pptx", "xlsx", "odt", "ods", "odp", "epub", "msg", "doc", "xls", "ppt", "rtf")
_OF_SUFFIX = {f".{kind}": kind for kind in _BINARY_KINDS} | {
    f".{suffix}": "image" for suffix in ("png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp")
}
_SUPPORTED = (
    "PDF, DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB, HTML, Markdown, plain text, CSV, TSV, JSON, EML, MSG, pictures and "
    "old Office files"
)
# Two lines of a mail's head make one, if its sender is among them.
_MAIL = re.compile(rb"(?:[A-Za-z][\w-]{1,40}:[ \t].*\r?\n(?:[ \t].*\r?\n)*){2,}")
_SENDER = re.compile(rb"^From:[ \t]", re.MULTILINE)
_ACCEPTED = {("doc", "rtf")}  # Word names them so
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
    if expected is not None and expected != kind and (expected, kind) not in _ACCEPTED:
        raise UnsupportedFile(
            "content_mismatch",
            f"The name says {expected.upper()}, the content is {_described(kind)}: give it its right name, or "
            "export it again.",
        )
    return Sniffed(kind, _CONTENT_TYPES.get(kind) or _picture(head) or "application/octet-stream")


def _kind(path: Path, head: bytes, name: str) -> str:
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path, name)
    if head.startswith(_OLE):
        return _ole_kind(path)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if _picture(head):
        return "image"
    if _is_binary(head):
        raise UnsupportedFile("unknown_type", f"The file is of no known type. Citewell reads {_SUPPORTED}.")
    return _text_kind(head, name)


def _zip_kind(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist()[:20_000])
            mime = _mime(archive) if "mimetype" in members else b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        members, mime = set(), b""
    if mime in _MIME_KINDS:
        return _MIME_KINDS[mime]
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


def _mime(archive: zipfile.ZipFile) -> bytes:
    with archive.open("mimetype") as file:
        # A template is read like the document that is made from it.
        return file.read(200).strip().removesuffix(b"-template")


def _ole_kind(path: Path) -> str:
    try:
        with olefile.OleFileIO(path) as file:
            names = {entry[0] for entry in file.listdir()}
    except (OSError, ValueError, IndexError, struct.error):
        names = set()
    kind = next((kind for name, kind in _OLE_KINDS.items() if name in names), None)
    if kind is None or kind == "encrypted":
        raise UnsupportedFile(
            "old_office",
            "This is an encrypted, a damaged or a very old Office file: save it without password as DOCX, XLSX or "
            "PPTX.",
        )
    return kind


def _picture(head: bytes) -> str | None:
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for mark, mime in _PICTURES.items() if head.startswith(mark) and _is_binary(head)), None)


def _text_kind(head: bytes, name: str) -> str:
    by_name = _TEXT_KINDS.get(PurePath(name).suffix.lower())
    if by_name is not None:
        return by_name
    if _MAIL.match(head) and _SENDER.search(head):
        return "eml"
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
    return {"text": "plain text", "markdown": "plain text", "csv": "plain text", "image": "a picture"}.get(
        kind, kind.upper()
    )
