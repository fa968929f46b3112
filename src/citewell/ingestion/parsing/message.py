"""What mail messages of either format become: their head, their text, and their attachments under a heading each."""

from dataclasses import dataclass, field
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.html import add_html
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.parsing.text import add_paragraphs
from citewell.ingestion.sniff import UnsupportedFile, sniff_file

MAX_ATTACHMENTS = 200


@dataclass
class Attachment:
    name: str
    content: bytes


@dataclass
class Message:
    """`head` holds pairs like ("From", "Ada <ada@example.org>"); of `plain` and `html` one may be empty."""

    subject: str = ""
    head: list[tuple[str, str]] = field(default_factory=list)
    plain: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)


def message_document(message: Message, limits: ParseLimits) -> ParsedDocument:
    builder = Builder()
    warnings: list[str] = []
    builder.add("title", message.subject, level=1)
    builder.add("text", "\n".join(f"{name}: {value}" for name, value in message.head if value))
    if message.plain.strip() or not message.html:
        add_paragraphs(builder, message.plain)
    else:
        add_html(builder, message.html, limits)
    for number, attachment in enumerate(message.attachments[:MAX_ATTACHMENTS]):
        problem = _add_attachment(builder, attachment, number, limits)
        if problem:
            warnings.append(f"The attachment {attachment.name} was not read: {problem}")
    if len(message.attachments) > MAX_ATTACHMENTS:
        warnings.append(f"Only the first {MAX_ATTACHMENTS} of {len(message.attachments)} attachments were read")
    return builder.document(title=message.subject, warnings=warnings)


def _add_attachment(builder: Builder, attachment: Attachment, number: int, limits: ParseLimits) -> str | None:
    """The reason why it can't be read, or None. It is named by number on the disk: its name is its sender's."""
    builder.add("section_heading", f"Attachment: {attachment.name}", level=1)
    path = Path.cwd() / f"attachment-{limits.max_messages}-{number}"
    path.write_bytes(attachment.content)
    try:
        kind = sniff_file(path, attachment.name).kind
        if kind in ("eml", "msg"):
            if limits.max_messages <= 1:
                return "there are too many messages in messages"
            limits = limits.within_message()
        document = parser_of(kind)(path, limits)
    except (UnsupportedFile, ParseFailed) as error:
        return error.message
    except Exception:
        # As for a whole file: whatever its parser raises, it could not make sense of it. The message is read on.
        return "it is damaged"
    finally:
        path.unlink()
    builder.append(document, below=1, place=f"attachment {attachment.name}")
    return None
