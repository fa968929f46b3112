"""The bounds of one parse, and how a parse fails."""

import msgspec


class ParseLimits(msgspec.Struct, frozen=True):
    """Seconds of wall clock, bytes of memory, and caps on what a document may hold."""

    seconds: float = 300.0
    memory_bytes: int = 1024**3
    max_pages: int = 5000
    max_rows: int = 500_000
    max_text_chars: int = 50_000_000
    max_line_chars: int = 10_000_000
    max_cell_chars: int = 1_000_000
    max_nesting: int = 256
    max_unzipped_bytes: int = 1024**3
    max_zip_members: int = 20_000


DEFAULT = ParseLimits()


class ParseFailed(Exception):
    """`code` is stable: encrypted, damaged, empty, too_large, timeout, memory, crashed. `message` tells what to do."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


DAMAGED = "The file is damaged or cut off: open it in its program, save it again and upload that."
EMPTY = "No text was found in the file."
MEMORY = "The file needs more memory than one file may use: split it into smaller ones."


def too_large(what: str) -> ParseFailed:
    return ParseFailed("too_large", f"The file has {what}: split it into smaller ones.")
