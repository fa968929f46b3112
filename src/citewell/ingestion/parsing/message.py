"""Makes documents of mail messages (EML, MSG): header, text, and each attachment under a heading."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from citewell.ingestion import cms
from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.html import add_html
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.parsing.text import add_paragraphs
from citewell.ingestion.reading_warnings import warning
from citewell.ingestion.sniff import UnsupportedFile, sniff_file

MAX_ATTACHMENTS = 200
_OWN = "message"  # the place of text that is in no attachment
_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[^<>]{0,10000}>")
_ALIKE = 0.6  # share of the words that two forms of one text have in common
_COVERED = 0.8  # share of the HTML body's words that the plain text must have to be used instead of it
_LARGE_SAMPLE = 200_000  # characters


@dataclass
class Attachment:
    """An attachment. `content` is the bytes of a file, or an attached message."""

    name: str
    content: "bytes | Message"


@dataclass
class Message:
    """`head` holds pairs like ("From", "Ada <ada@example.org>").

    `plain` and `html` are two forms of one text; either may be empty. `earlier` holds such pairs of the texts before.
    """

    subject: str = ""
    head: list[tuple[str, str]] = field(default_factory=list)
    plain: str = ""
    html: str = ""
    earlier: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def begin_text(self) -> None:
        """Begin another text: what follows is no other form of the text so far."""
        self.earlier.append((self.plain, self.html))
        self.plain = self.html = ""


def message_document(message: Message, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    warnings = list(message.warnings)
    builder.add("title", message.subject, level=1, place=_OWN)
    builder.add("text", "\n".join(f"{name}: {value}" for name, value in message.head if value), place=_OWN)
    for plain, html in _paired([*message.earlier, (message.plain, message.html)]):
        _add_body(builder, plain, html, limits)
    for number, attachment in enumerate(message.attachments[:MAX_ATTACHMENTS]):
        warnings += _add_attachment(builder, attachment, number, limits)
    if len(message.attachments) > MAX_ATTACHMENTS:
        warnings.append(warning("attachments_cut", most=MAX_ATTACHMENTS, count=len(message.attachments)))
    return builder.document(title=message.subject, warnings=warnings)


def _paired(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The texts, with two forms of one joined that their program sent one behind the other."""
    paired = texts[:1]
    for plain, html in texts[1:]:
        before = paired[-1]
        joined = (before[0] or plain, before[1] or html)
        if bool(before[0]) != bool(before[1]) and bool(plain) != bool(html) and all(joined) and _alike(*joined):
            paired[-1] = joined
        else:
            paired.append((plain, html))
    return paired


def _alike(plain: str, page: str) -> bool:
    """Whether most of the words of the longer text are in the other one."""
    words, others = (_words(text) for text in (plain, _TAG.sub(" ", page[:_LARGE_SAMPLE])))
    return len(words & others) > _ALIKE * max(len(words), len(others))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text[:_LARGE_SAMPLE].lower()))


def _add_body(builder: Builder, plain: str, html: str, limits: ParseLimits) -> None:
    """Add the better of the two forms: the page if the plain text only stands in for it, or if the page has tables."""
    if not html.strip():
        add_paragraphs(builder, plain, place=_OWN)
        return
    page = Builder()
    add_html(page, html, limits)
    shown = page.document()
    has_table = any(block.rows and len(block.rows) > 1 and len(block.rows[0]) > 1 for block in shown.blocks)
    if plain.strip() and not (has_table or _holds_more(shown.text, plain)):
        add_paragraphs(builder, plain, place=_OWN)
        return
    for block in shown.blocks:
        kind = "section_heading" if block.type == "title" else block.type
        level = block.level + 1 if block.level else None
        builder.add(kind, block.text, level=level, rows=block.rows, place=_OWN)


def _holds_more(page: str, plain: str) -> bool:
    """Whether the page has more words, and such that the plain text lacks."""
    words, others = _words(page), _words(plain)
    return len(words) > len(others) and len(words & others) < _COVERED * len(words)


def _add_attachment(builder: Builder, attachment: Attachment, number: int, limits: ParseLimits) -> list[str]:
    """Adds the blocks of the attachment; returns the warnings."""
    builder.add("section_heading", f"Attachment: {attachment.name}", level=1, place=_OWN)
    try:
        document = _document_of(attachment, number, limits)
    except (UnsupportedFile, ParseFailed) as error:
        return [warning("attachment_not_read", name=attachment.name, reason=error.message)]
    except MemoryError:
        raise
    except Exception:
        # Parsers raise many kinds of errors for damaged files. The rest of the message is still read.
        return [warning("attachment_not_read", name=attachment.name, reason="it is damaged")]
    builder.append(document, below=1, place=f"attachment {attachment.name}")
    if not document.text.strip():
        return [warning("attachment_not_read", name=attachment.name, reason="no text was found in it")]
    return [f"{attachment.name}: {one}" for one in document.warnings]


def _document_of(attachment: Attachment, number: int, limits: ParseLimits) -> ParsedDocument:
    """Parses the attachment. The file on the disk has a number as its name: the sender chose the other one."""
    if isinstance(attachment.content, Message):
        return message_document(attachment.content, _deeper(limits))
    name, content = _unsealed(attachment.name, attachment.content, limits)
    path = Path.cwd() / f"attachment-{limits.max_messages}-{number}"
    path.write_bytes(content)
    try:
        sniffed = sniff_file(path, name)
        if sniffed.kind in ("eml", "msg", "mbox", "cms"):
            limits = _deeper(limits)
        return sniffed.warned(parser_of(sniffed.kind)(path, limits))
    finally:
        path.unlink()


def _unsealed(name: str, content: bytes, limits: ParseLimits) -> tuple[str, bytes]:
    """Returns (name, content) of the file in a signed one, such as "invoice.xml" in "invoice.xml.p7m"."""
    if not cms.is_sealed(content[:4096]):
        return name, content
    try:
        kind, inner = cms.opened(content, limits.max_unzipped_bytes)
    except cms.BrokenContainer as error:
        raise ParseFailed("damaged", "it is damaged") from error
    if kind is cms.Sealed.ENCRYPTED:
        raise ParseFailed("encrypted", "it is encrypted: only those it was sent to can read it")
    return (cms.inner_name(name), inner) if inner else (name, content)


def _deeper(limits: ParseLimits) -> ParseLimits:
    if limits.max_messages <= 1:
        raise ParseFailed("too_large", "it is a message inside too many messages")
    return limits.within_message()
