"""Parses documents within documents. The kind of a part is found like that of a file."""

from pathlib import Path

from citewell.ingestion import cms
from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.sniff import UnsupportedFile, sniff_file


def add_part(builder: Builder, content: bytes, name: str, limits: ParseLimits) -> str | None:
    """Adds the blocks of a part. Returns a warning if it cannot be read, else None."""
    if limits.max_messages <= 1:
        return "it is a document inside too many documents"
    try:
        document = read_within(content, name, limits.within_message())
    except (UnsupportedFile, ParseFailed) as error:
        return error.message
    for block in document.blocks:
        builder.add(block.type, block.text, level=block.level, rows=block.rows)
    return None


def read_within(content: bytes, name: str, limits: ParseLimits) -> ParsedDocument:
    """Parses the content in this process. Raises UnsupportedFile or ParseFailed.

    The file on the disk is not named `name`, which its author chose and which may be malicious.
    """
    path = Path.cwd() / f"part-{limits.max_messages}-{abs(hash(name))}"
    path.write_bytes(content)
    try:
        return parser_of(sniff_file(path, name).kind)(path, limits)
    except (UnsupportedFile, ParseFailed, MemoryError):
        raise
    except Exception as error:
        raise ParseFailed("damaged", "it is damaged") from error
    finally:
        path.unlink()


def parse_cms(path: Path, limits: ParseLimits) -> ParsedDocument:
    """Parses the file inside a signed one (.p7m). Its kind is found by its content."""
    try:
        kind, content = cms.opened(path.read_bytes(), limits.max_unzipped_bytes)
    except cms.BrokenContainer as error:
        raise ParseFailed("damaged", DAMAGED) from error
    if kind is cms.Sealed.ENCRYPTED:
        raise ParseFailed("encrypted", "The file is encrypted: decrypt it and upload the result.")
    if not content:
        raise ParseFailed("empty", "The file is only the signature of another one: upload that one.")
    if limits.max_messages <= 1:
        raise ParseFailed("too_large", "it is a document inside too many documents")
    return read_within(content, "content", limits.within_message())
