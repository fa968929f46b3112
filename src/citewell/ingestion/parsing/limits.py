"""The bounds of one parse, and how a parse fails."""

import msgspec

from citewell.ingestion.failure_codes import FailureCode


class ParseLimits(msgspec.Struct, frozen=True):
    """Limits of one parse: seconds of wall clock, bytes of memory, and maximum sizes of a document.

    `recognition_seconds` replaces `seconds` for a file with pages that need text recognition, which is slow.
    `languages` are those of text recognition, in tesseract's names, such as "eng+deu".
    """

    seconds: float = 300.0
    recognition_seconds: float = 3600.0
    languages: str = "eng"
    memory_bytes: int = 1024**3
    max_pages: int = 5000
    max_rows: int = 500_000
    max_text_chars: int = 20_000_000  # whose blocks take about 150 MB of the server
    max_line_chars: int = 10_000_000
    max_cell_chars: int = 1_000_000
    max_nesting: int = 256
    max_unzipped_bytes: int = 1024**3
    max_zip_members: int = 20_000
    max_pixels: int = 40_000_000
    max_messages: int = 3

    def within_message(self) -> "ParseLimits":
        """Returns the limits for a message that is attached to another one."""
        return msgspec.structs.replace(self, max_messages=self.max_messages - 1)


DEFAULT = ParseLimits()


class ParseFailed(Exception):
    """The file could not be parsed.

    `message` tells users what to do. `code` is stable: encrypted, damaged, empty, too_large, timeout, memory, crashed,
    no_recognition (no tesseract), unreadable (recognised with too little certainty), no_converter (no LibreOffice).
    """

    def __init__(self, code: FailureCode, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


DAMAGED = "The file is damaged or cut off: open it in its program, save it again and upload that."
EMPTY = "No text was found in the file."
MEMORY = "The file needs more memory than one file may use (CITEWELL_PARSE_MEMORY_BYTES): split it into smaller ones."


CPU_GRACE = 5  # seconds from the soft limit of CPU time, which the child reports, to the hard one, which kills it
RECOGNISING = "recognising"  # a file in the child's folder that asks for `recognition_seconds`


def too_large(what: str) -> ParseFailed:
    return ParseFailed("too_large", f"The file has {what}: split it into smaller ones.")
