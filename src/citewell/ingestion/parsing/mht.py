"""Pages and documents saved as one file (MHTML), and mailboxes of many messages (MBOX)."""

import email
import re
from email.message import Message as Part
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.eml import leaves, message_of, text_of
from citewell.ingestion.parsing.html import add_html
from citewell.ingestion.parsing.limits import ParseLimits, too_large
from citewell.ingestion.parsing.message import message_document
from citewell.ingestion.parsing.text import add_paragraphs

_START = re.compile(rb"^From [^\r\n]*\r?\n(?=[A-Za-z][\w-]*:)", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*+From )", re.MULTILINE)  # as a line of the text is kept apart from a new message
_MOST_MESSAGES = 20_000


def parse_mht(path: Path, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    with path.open("rb") as file:
        whole = email.message_from_binary_file(file)
    title = None
    parts = list(leaves(whole))
    pages = [part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    for part in _root_first(pages, whole):
        found = add_html(builder, text_of(part), limits)
        title = title or found
    if not builder.blocks:
        for part in parts:
            if part.get_content_type() == "text/plain":
                add_paragraphs(builder, text_of(part))
    return builder.document(title=title)


def _root_first(pages: list[Part], whole: Part) -> list[Part]:
    """The page itself, then those in its frames; what is only a part of a page has no text of its own."""
    start = str(whole.get_param("start") or "").strip()
    return sorted(pages, key=lambda part: bool(start) and part.get("Content-ID", "").strip() != start)


def parse_mbox(path: Path, limits: ParseLimits) -> ParsedDocument:
    """Parses a mailbox; each message becomes a section under its subject."""
    if path.stat().st_size > 4 * limits.max_text_chars:
        raise too_large(f"more than {4 * limits.max_text_chars // 2**20:,} MiB of mail")
    data = path.read_bytes()
    places = [found.end() for found in _START.finditer(data)]
    starts = [found.start() for found in _START.finditer(data)]
    if len(places) > _MOST_MESSAGES:
        raise too_large(f"more than {_MOST_MESSAGES:,} messages")
    builder = Builder()
    warnings: list[str] = []
    for number, (begin, end) in enumerate(zip(places, [*starts[1:], len(data)], strict=True), 1):
        content = _QUOTED.sub(rb"\1", data[begin:end])
        document = message_document(message_of(email.message_from_bytes(content)), limits.within_message())
        builder.append(document, below=0, place=f"message {number}")
        warnings += [f"Message {number}: {warning}" for warning in document.warnings]
        if builder.length > limits.max_text_chars:
            raise too_large(f"more than {limits.max_text_chars:,} characters of text")
    return builder.document(warnings=warnings[:100])
