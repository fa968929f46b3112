"""Documents within documents: a part whose kind is found as for a file of its own, and read by that kind's parser."""

from pathlib import Path

from citewell.ingestion import cms
from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, ParseLimits
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.sniff import UnsupportedFile, sniff_file


def add_part(builder: Builder, content: bytes, name: str, limits: ParseLimits) -> str | None:
    """Add the blocks of a part at this place. Returns why it cannot be read, or None."""
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
    """Parse content in this process. It is named by number on the disk: its name is its author's.

    Raises UnsupportedFile or ParseFailed.
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
    """A signed file (.p7m): the file in it, whose kind only its content tells."""
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
