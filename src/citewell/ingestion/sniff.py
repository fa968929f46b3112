"""Finds the kind of a file by its content. Its name decides only between kinds of text."""

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePath

import msgspec
import olefile

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.charset import utf16_of
from citewell.ingestion.cms import is_sealed
from citewell.ingestion.failure_codes import FailureCode
from citewell.ingestion.reading_warnings import warning
from citewell.kit.regular_files import open_regular

_HEAD = 8192
# The usual path of an Office file's main part, and its content types: documents, templates, shows, with macros.
_ZIP_KINDS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
}
_MAIN_PARTS = (
    (re.compile(rb"(wordprocessingml\.(document|template)\.main|ms-word\.\w+\.macroEnabled\w*\.main)\+xml"), "docx"),
    (
        re.compile(
            rb"(presentationml\.(presentation|slideshow|template)\.main|ms-powerpoint\.\w+\.macroEnabled\w*\.main)\+xml"
        ),
        "pptx",
    ),
    (
        re.compile(rb"(spreadsheetml\.(sheet|template)\.main|ms-excel\.(sheet|template)\.macroEnabled\.main)\+xml"),
        "xlsx",
    ),
    (re.compile(rb"ms-excel\.sheet\.binary\.macroEnabled\.main"), "xls"),  # XLSB, which only LibreOffice reads
)
# Office files in a single XML file, which LibreOffice converts like the old formats.
_XML_KINDS = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "xls"),
    (b"http://schemas.microsoft.com/office/word/2003/wordml", "doc"),
    (b"http://schemas.microsoft.com/office/2006/xmlPackage", "doc"),
    (b"application/vnd.oasis.opendocument.text", "doc"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "xls"),
    (b"application/vnd.oasis.opendocument.presentation", "ppt"),
)
# Contents of the member "mimetype" of OpenDocument files and e-books.
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
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_TEXT_KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".csv": "csv", ".tsv": "csv", ".txt": "text", ".text": "text", ".log": "text",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".eml": "eml", ".mht": "mht", ".mhtml": "mht",
    ".mbox": "mbox", ".ics": "ics", ".tab": "csv", ".vcf": "vcard", ".srt": "subtitles", ".vtt": "subtitles",
    ".ipynb": "notebook", ".tex": "latex", ".rst": "rst", ".adoc": "asciidoc", ".asciidoc": "asciidoc", ".org": "org",
}  # fmt: skip
_CODE_SUFFIXES = {
    ".py", ".js", ".mjs", ".ts", ".tsx", ".jsx", ".java", ".kt", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go", ".rs",
    ".rb", ".php", ".swift", ".scala", ".r", ".jl", ".lua", ".pl", ".sh", ".bash", ".ps1", ".sql", ".css", ".scss",
    ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".gradle", ".tf", ".proto", ".graphql",
}  # fmt: skip
_NAMED_TEXT_KINDS = {*_TEXT_KINDS.values(), "xml", "code"}
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
    "mht": "multipart/related",
    "mbox": "application/mbox",
    "ics": "text/calendar",
    "cms": "application/pkcs7-mime",
    "json": "application/json",
    "html": "text/html",
    "markdown": "text/markdown",
    "text": "text/plain",
    "csv": "text/csv",
    "vcard": "text/vcard",
    "subtitles": "text/vtt",
    "notebook": "application/x-ipynb+json",
    "xml": "application/xml",
    "latex": "text/x-tex",
    "rst": "text/x-rst",
    "asciidoc": "text/asciidoc",
    "org": "text/org",
    "code": "text/plain",
}
_BINARY_KINDS = ("pdf", "docx", "pptx", "xlsx", "odt", "ods", "odp", "epub", "msg", "doc", "xls", "ppt", "rtf")
_FAMILIES = {
    "image": ("png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp", "gif"),
    "docx": ("docm", "dotx", "dotm"),
    "pptx": ("pptm", "ppsx", "ppsm", "potx", "potm"),
    "xlsx": ("xlsm", "xltx", "xltm"),
    "odt": ("ott",), "ods": ("ots",), "odp": ("otp",),
    "doc": ("dot",), "xls": ("xlt", "xlsb"), "ppt": ("pps", "pot"), "cms": ("p7m",),
}  # fmt: skip
_OF_SUFFIX = {f".{kind}": kind for kind in _BINARY_KINDS} | {
    f".{suffix}": kind for kind, suffixes in _FAMILIES.items() for suffix in suffixes
}


def is_readable_name(name: str) -> bool:
    """Whether the name's suffix is one of a kind that can be parsed. Connectors fetch only such files."""
    suffix = PurePath(name).suffix.lower()
    return suffix in _OF_SUFFIX or suffix in _TEXT_KINDS or suffix == ".xml"


_SUPPORTED = (
    "PDF, DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB, HTML, Markdown, LaTeX, notebooks, plain text, source code, subtitles, "
    "CSV, TSV, JSON, XML, EML, MSG, ICS, VCF, pictures and old Office files"
)
# Two header lines make a mail if one of them is the sender. The pattern can match a line in one way only, else its time
# would double with each line.
_MAIL = re.compile(rb"(?:[A-Za-z][\w-]{1,40}:[ \t][^\r\n]*+\r?\n(?:[ \t][^\r\n]*+\r?\n)*){2,}")
_SENDER = re.compile(rb"^From:[ \t]", re.MULTILINE)
_ACCEPTED = {("doc", "rtf")}  # (suffix, kind): Word saves RTF under .doc
_OFFICE = {"docx", "pptx", "xlsx", "odt", "ods", "odp", "doc", "xls", "ppt", "rtf"}
# Kinds of text that programs save under an Office suffix. Other text under such a suffix is a broken download.
_EXPORTS = {"html", "mht", "csv"}
_OLD_EXPORTS = _EXPORTS | {"text"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Sniffed:
    """The kind of a file. `warning` is set if its suffix belongs to another kind."""

    kind: str
    content_type: str
    warning: str | None = None

    def warned(self, document: ParsedDocument) -> ParsedDocument:
        """Returns the document with this warning before its own."""
        warnings = [self.warning, *document.warnings] if self.warning else document.warnings
        return msgspec.structs.replace(document, warnings=warnings)


class UnsupportedFile(Exception):
    """The file cannot be parsed.

    `code` is stable: empty_file, unknown_type, content_mismatch, old_office, encrypted. `message` says which files can.
    """

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def sniff_file(path: Path, name: str) -> Sniffed:
    """Returns the kind of the file by its content.

    Raises UnsupportedFile if no parser reads it, or if its content and name together look like a broken download.
    Raises OSError if the file cannot be opened, and for pipes and devices.
    """
    with open_regular(path) as file:
        head = file.read(_HEAD)
    if not head:
        raise UnsupportedFile("empty_file", "The file is empty: it has 0 bytes. Upload it again.")
    kind = _kind(path, head, name)
    suffix = PurePath(name).suffix.lower()
    expected = _OF_SUFFIX.get(suffix)
    warned = None
    if expected is not None and expected != kind and (expected, kind) not in _ACCEPTED:
        if not _may_be_named(kind, expected):
            raise UnsupportedFile(
                "content_mismatch",
                f"The name says {expected.upper()}, the content is {_described(kind)}: give it its right name, or "
                "export it again.",
            )
        warned = warning("named_otherwise", suffix=suffix[1:].upper(), kind=_described(kind))
    elif suffix == ".csv" and kind == "html":
        warned = warning("named_otherwise", suffix="CSV", kind="HTML")
    return Sniffed(kind, _CONTENT_TYPES.get(kind) or _picture(head) or "application/octet-stream", warned)


def _may_be_named(kind: str, expected: str) -> bool:
    """Whether a file of this kind is accepted under the suffix of the expected kind."""
    if kind in _NAMED_TEXT_KINDS:
        exports = _OLD_EXPORTS if expected in ("doc", "xls") else _EXPORTS
        return expected == "cms" or (expected in _OFFICE and kind in exports)
    return True


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
    if is_sealed(head):
        return "cms"
    if _is_binary(head):
        raise UnsupportedFile("unknown_type", f"The type of the file is not known. Citewell reads {_SUPPORTED}.")
    return _text_kind(head, name)


def _zip_kind(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist()[:20_000])
            mime = _start_of(archive, "mimetype", 200).strip().removesuffix(b"-template")
            types = _start_of(archive, "[Content_Types].xml", 1_000_000)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        # A damaged archive: it is refused below, or by the parser for its suffix.
        members, mime, types = set(), b"", b""
    if mime in _MIME_KINDS:  # templates are parsed like documents
        return _MIME_KINDS[mime]
    for pattern, kind in _MAIN_PARTS:
        if pattern.search(types):
            return kind
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
    raise UnsupportedFile("unknown_type", f"This is an archive: upload the files in it. Citewell reads {_SUPPORTED}.")


def _start_of(archive: zipfile.ZipFile, member: str, size: int) -> bytes:
    """Returns the first bytes of a member; b"" if it does not exist or is encrypted."""
    if member not in archive.NameToInfo or archive.NameToInfo[member].flag_bits & 1:
        return b""
    with archive.open(member) as file:
        return file.read(size)


def _ole_kind(path: Path) -> str:
    try:
        with olefile.OleFileIO(path) as file:
            names = {entry[0] for entry in file.listdir()}
    except (OSError, ValueError, IndexError, struct.error):
        names = set()
    kind = next((kind for name, kind in _OLE_KINDS.items() if name in names), None)
    if kind == "encrypted":
        raise UnsupportedFile("encrypted", "The file is protected by a password: save it without one and upload that.")
    if kind is None:
        raise UnsupportedFile(
            "old_office",
            "This is a damaged or a very old Office file: save it without password as DOCX, XLSX or PPTX.",
        )
    return kind


def _picture(head: bytes) -> str | None:
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for mark, mime in _PICTURES.items() if head.startswith(mark) and _is_binary(head)), None)


def _text_kind(head: bytes, name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    by_name = _TEXT_KINDS.get(suffix)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    is_page = start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta ", b"<head", b"<body"))
    if by_name == "csv" and is_page:
        return "html"
    if by_name is not None:
        return by_name
    if start.startswith(b"<?xml"):
        found = next((kind for mark, kind in _XML_KINDS if mark in head), None)
        if found is not None:
            return found
        is_page = b"<html" in start
    if is_page:
        return "html"
    if start.startswith(b"<?xml") or suffix in (".xml", ".svg"):
        return "xml"
    if suffix in _CODE_SUFFIXES:
        return "code"
    if _is_mail_head(head):
        return "mht" if _is_saved_page(head) else "eml" if _SENDER.search(head) else "text"
    if start.startswith(b"begin:vcalendar"):
        return "ics"
    if start.startswith(b"begin:vcard"):
        return "vcard"
    if head.startswith(b"From ") and _is_mail_head(head.partition(b"\n")[2]):
        return "mbox"
    return "csv" if suffix in (".xls", ".xlsx", ".ods") and _is_table(head) else "text"


def _is_mail_head(head: bytes) -> bool:
    return _MAIL.match(head.lstrip()) is not None


def _is_saved_page(head: bytes) -> bool:
    """Whether it is MHTML, a page saved in one file. It has headers like a mail, but was never sent."""
    lines = head.lower()
    if b"multipart/related" not in lines:
        return False
    sent = re.search(rb"^(to|received|message-id|delivered-to):", lines, re.MULTILINE) is not None
    return b"from: <saved by" in lines or not sent


def _is_table(head: bytes) -> bool:
    """Whether the same delimiter divides all lines."""
    lines = [line for line in head.splitlines()[:20] if line.strip()][:-1] or head.splitlines()[:1]
    counts = [[line.count(sign) for line in lines] for sign in (b"\t", b";", b",")]
    return any(found and min(found) >= 1 for found in counts)


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if head.count(0):
        return utf16_of(head) is None
    control = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head)
    return control > 0.02 * len(head)


def _described(kind: str) -> str:
    names = {"image": "a picture", "mht": "MHTML", **dict.fromkeys(("text", "markdown", "csv", "code"), "plain text")}
    return names.get(kind, kind.upper())
