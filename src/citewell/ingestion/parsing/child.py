"""The child process of a parse: sets its own limits, parses one file, and writes the result or a verdict."""

import resource
import sys
from pathlib import Path

import msgspec

from citewell.ingestion.blocks import encode
from citewell.ingestion.parsing import SUMMARY, Verdict
from citewell.ingestion.parsing.isolation import cut_off
from citewell.ingestion.parsing.legibility import judged
from citewell.ingestion.parsing.limits import CPU_GRACE, DAMAGED, EMPTY, MEMORY, ParseFailed, ParseLimits, too_large
from citewell.ingestion.parsing.programs import CONVERTER_MEMORY_FACTOR, die_with_parent
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.parsing.summary import Summary


def prepare(arguments: list[str]) -> None:
    """Imports the modules that this parse needs. The fork server calls it before it forks."""
    parser_of(arguments[2])


def main() -> int:
    limits = msgspec.json.decode(sys.argv[1], type=ParseLimits)
    path, kind, result, verdict = sys.argv[2:6]
    die_with_parent()
    cut_off()  # neither a parser nor a program that it starts may fetch URLs in a file
    parser = parser_of(kind)  # imported before memory is limited, because the limit is for the file
    limit_process(limits)
    try:
        document = parser(Path(path), limits)
        if not document.text.strip():
            raise ParseFailed("empty", _empty_message(kind))
        if len(document.text) > limits.max_text_chars:
            raise too_large(f"more than {limits.max_text_chars:,} characters of text")
        document = judged(document)
        Path(result).write_bytes(encode(document))
        Path(result).with_name(SUMMARY).write_bytes(msgspec.msgpack.encode(Summary.of(document)))
        return 0
    except ParseFailed as failure:
        told = Verdict(failure.code, failure.message)
    except MemoryError:
        told = Verdict("memory", MEMORY)
    except RecursionError:
        told = Verdict("too_large", "The file is nested too deeply to be read: simplify it.")
    except Exception:
        # Parsers raise many kinds of errors for damaged files.
        told = Verdict("damaged", DAMAGED)
    Path(verdict).write_bytes(msgspec.json.encode(told))
    return 0


def limit_process(limits: ParseLimits) -> None:
    """Sets the limits of this process. They cannot be lifted again."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _has_proc() else 0
    # The hard limit is higher, for programs that the parser starts: these need more memory than the parser itself.
    hard = mapped + CONVERTER_MEMORY_FACTOR * limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory_bytes, hard))
    # The parent watches the wall clock. This limit on CPU time ends a child that has lost its parent. Text recognition
    # raises it.
    most = int(max(limits.seconds, limits.recognition_seconds)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (int(limits.seconds) + 1, most + CPU_GRACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3000)


def _has_proc() -> bool:
    return Path("/proc/self/statm").exists()


def _empty_message(kind: str) -> str:
    if kind == "pdf":
        return "The PDF has no text, and none was recognised on its pages: scan it again with a higher resolution."
    if kind == "image":
        return "No text was recognised in the picture: take it again, larger and with more contrast."
    return EMPTY


if __name__ == "__main__":
    sys.exit(main())
