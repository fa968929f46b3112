"""Plain text: paragraphs between blank lines."""

import re
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.charset import decode_declared, decode_text
from citewell.ingestion.parsing.limits import ParseLimits, too_large

# Blank lines before a line at the left edge. No match begins inside them, so that looking for one takes linear time.
_OUTERMOST = re.compile(r"(?:(?<=\S)|\A)[ \t]*+\n[ \t]*+\n\s*+(?<=\n)(?=[^})\]])")
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def read_text(path: Path, limits: ParseLimits, *, declares: bool = False) -> str:
    """Returns the file's text. Raises ParseFailed if it is larger, or has longer lines, than the limits allow."""
    # Four bytes are the most that a character takes: a file beyond that is too large in any encoding.
    if path.stat().st_size > 4 * limits.max_text_chars:
        raise too_large(f"more than {limits.max_text_chars:,} characters of text")
    data = path.read_bytes()
    # What HTML and XML say of their encoding is believed.
    says = declares or data[:200].lstrip().startswith(b"<?xml")
    text = (decode_declared(data) if says else decode_text(data)).replace("\r\n", "\n").replace("\r", "\n")
    longest = max((len(line) for line in text.split("\n")), default=0)
    if longest > limits.max_line_chars:
        raise too_large(f"a line of {longest:,} characters (at most {limits.max_line_chars:,} are read)")
    return text


def add_paragraphs(builder: Builder, text: str, place: str | None = None) -> None:
    for paragraph in BLANK_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        builder.add("text", paragraph, place=place)


def parse_code(path: Path, limits: ParseLimits) -> ParsedDocument:
    """Reads a program: a block for each part that begins at the left edge, with its indents."""
    builder = Builder()
    for part in _OUTERMOST.split(read_text(path, limits)):
        builder.add("code", part)
    return builder.document()


def parse_text(path: Path, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    add_paragraphs(builder, read_text(path, limits))
    return builder.document()
