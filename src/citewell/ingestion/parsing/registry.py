"""Which parser reads which kind of file."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits

Parser = Callable[[Path, ParseLimits], ParsedDocument]

# Module and function. Only the one that is needed is imported: a child starts in a fraction of the time.
_PARSERS = {
    "pdf": ("pdf", "parse_pdf"),
    "docx": ("docx", "parse_docx"),
    "pptx": ("pptx", "parse_pptx"),
    "xlsx": ("xlsx", "parse_xlsx"),
    "odt": ("odf", "parse_odf"),
    "ods": ("odf", "parse_odf"),
    "odp": ("odf", "parse_odf"),
    "epub": ("epub", "parse_epub"),
    "html": ("html", "parse_html"),
    "markdown": ("markdown", "parse_markdown"),
    "csv": ("csv", "parse_csv"),
    "json": ("json", "parse_json"),
    "eml": ("eml", "parse_eml"),
    "mht": ("mht", "parse_mht"),
    "mbox": ("mht", "parse_mbox"),
    "ics": ("ics", "parse_ics"),
    "cms": ("embedded", "parse_cms"),
    "msg": ("msg", "parse_msg"),
    "image": ("image", "parse_image"),
    "doc": ("office", "parse_doc"),
    "rtf": ("rtf", "parse_rtf"),
    "xls": ("office", "parse_xls"),
    "ppt": ("office", "parse_ppt"),
    "vcard": ("vcard", "parse_vcard"),
    "subtitles": ("subtitles", "parse_subtitles"),
    "notebook": ("notebook", "parse_notebook"),
    "xml": ("xml", "parse_xml"),
    "latex": ("latex", "parse_latex"),
    "rst": ("rst", "parse_rst"),
    "asciidoc": ("asciidoc", "parse_asciidoc"),
    "org": ("org", "parse_org"),
    "code": ("text", "parse_code"),
    "text": ("text", "parse_text"),
}


def parser_of(kind: str) -> Parser:
    module, function = _PARSERS[kind]
    parser: Parser = getattr(import_module(f"citewell.ingestion.parsing.{module}"), function)
    return parser
