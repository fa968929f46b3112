"""Reads files with one parser and prints what it makes of them: run by `benchmarks.reading`, with no import of ours but
in the parser that is ours, so that other interpreters can run it."""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HEADING = re.compile(r"^#{1,6} +(.+?)\s*#*$", re.MULTILINE)
_RULE = re.compile(r"^[\s|:-]+$")


def citewell() -> Callable[[Path], dict[str, Any]]:
    from citewell.ingestion.parsing.limits import DEFAULT, ParseFailed
    from citewell.ingestion.parsing.registry import parser_of
    from citewell.ingestion.sniff import UnsupportedFile, sniff_file

    def read(path: Path) -> dict[str, Any]:
        try:
            document = parser_of(sniff_file(path, path.name).kind)(path, DEFAULT)
        except (ParseFailed, UnsupportedFile):
            return {"text": "", "headings": [], "tables": []}
        headings = [block.text for block in document.blocks if block.type in ("title", "section_heading")]
        tables = [block.rows for block in document.blocks if block.rows]
        return {"text": document.text.replace(" | ", " "), "headings": headings, "tables": tables}

    return read


def pdftotext() -> Callable[[Path], dict[str, Any]]:
    def read(path: Path) -> dict[str, Any]:
        done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=False)
        return {"text": done.stdout}

    return read


def pdfplumber() -> Callable[[Path], dict[str, Any]]:
    import pdfplumber as library

    def read(path: Path) -> dict[str, Any]:
        with library.open(path) as document:
            text = "\n".join(page.extract_text() or "" for page in document.pages)
            tables = [
                [[cell or "" for cell in row] for row in found]
                for page in document.pages
                for found in page.extract_tables()
            ]
        return {"text": text, "tables": tables}

    return read


def markitdown() -> Callable[[Path], dict[str, Any]]:
    from markitdown import MarkItDown

    converter = MarkItDown()

    def read(path: Path) -> dict[str, Any]:
        try:
            text = converter.convert(str(path)).text_content
        except Exception:  # whatever it raises, it has not read the file
            text = ""
        rows = [line for line in text.splitlines() if line.strip().startswith("|")]
        cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows if not _RULE.match(row)]
        return {"text": text.replace("|", " ").replace("#", ""), "headings": _HEADING.findall(text), "tables": [cells]}

    return read


def _peak() -> float:
    """Peak memory in MB, since this program began: `ru_maxrss` counts from the process that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    read = {"citewell": citewell, "pdftotext": pdftotext, "pdfplumber": pdfplumber, "markitdown": markitdown}[
        sys.argv[1]
    ]()
    start = time.process_time()  # imports are not reading
    readings = [read(Path(name)) for name in sys.argv[2:]]
    megabytes = _peak()
    print(json.dumps({"readings": readings, "start": start, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
