"""The child process of a parse: sets its own limits, parses one file, writes the result or a verdict, ends."""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from citewell.ingestion.blocks import ParsedDocument, encode
from citewell.ingestion.parsing import Verdict
from citewell.ingestion.parsing.limits import DAMAGED, EMPTY, MEMORY, ParseFailed, ParseLimits, too_large

_PR_SET_PDEATHSIG = 1
Parser = Callable[[Path, ParseLimits], ParsedDocument]


def main() -> int:
    limits = msgspec.json.decode(sys.argv[1], type=ParseLimits)
    path, kind, result, verdict = sys.argv[2:6]
    _die_with_parent()
    parser = _parser(kind)  # imported before memory is limited: the limit is for the file
    _limit(limits)
    try:
        document = parser(Path(path), limits)
        if not document.text.strip():
            raise ParseFailed("empty", _empty_message(kind))
        if len(document.text) > limits.max_text_chars:
            raise too_large(f"more than {limits.max_text_chars:,} characters of text")
        Path(result).write_bytes(encode(document))
        return 0
    except ParseFailed as failure:
        told = Verdict(failure.code, failure.message)
    except MemoryError:
        told = Verdict("memory", MEMORY)
    except RecursionError:
        told = Verdict("too_large", "The file is nested too deeply to be read: simplify it.")
    except Exception:
        # Whatever a parser raises, it means that it could not make sense of the file.
        told = Verdict("damaged", DAMAGED)
    Path(verdict).write_bytes(msgspec.json.encode(told))
    return 0


def _parser(kind: str) -> Parser:
    # Only the parser that is needed is imported: a child starts in a fraction of the time.
    match kind:
        case "pdf":
            from citewell.ingestion.parsing.pdf import parse_pdf as parser
        case "docx":
            from citewell.ingestion.parsing.docx import parse_docx as parser
        case "pptx":
            from citewell.ingestion.parsing.pptx import parse_pptx as parser
        case "xlsx":
            from citewell.ingestion.parsing.xlsx import parse_xlsx as parser
        case "html":
            from citewell.ingestion.parsing.html import parse_html as parser
        case "markdown":
            from citewell.ingestion.parsing.markdown import parse_markdown as parser
        case "csv":
            from citewell.ingestion.parsing.csv import parse_csv as parser
        case _:
            from citewell.ingestion.parsing.text import parse_text as parser
    return parser


def _die_with_parent() -> None:
    """A child must not outlive a killed server."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)


def _limit(limits: ParseLimits) -> None:
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _has_proc() else 0
    ceiling = mapped + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3000)


def _has_proc() -> bool:
    return Path("/proc/self/statm").exists()


def _empty_message(kind: str) -> str:
    if kind == "pdf":
        return "The PDF has no text layer: it is probably scanned. Run text recognition (OCR) on it, then upload it."
    return EMPTY


if __name__ == "__main__":
    sys.exit(main())
