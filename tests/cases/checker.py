"""Expectations of what is read in a file, one a line, and the check of a parsed document against them.

| line | meaning |
|---|---|
| `+ a` or `+ a|+ b` | the text holds one of them (white space folded) |
| `- a` | the text does not hold it |
| `B a` | a block holds it that is no header or footer: searches find it |
| `H a`, `- H a` | a heading holds it, no heading holds it |
| `T a | b` or `T a | b|T c | d` | a table has a row of exactly these cells |
| `P 3 a` | the block that holds it is on page 3 |
| `N 2` | there are two blocks |
| `C cell => a | b` | the table with this cell has the row `a | b` in it |
| `W a` | a warning holds it |
| `@ place => a` | the block that holds it names this place |
| `# a` | a comment |
"""

import tempfile
from pathlib import Path

from citewell.ingestion.blocks import Block, ParsedDocument
from citewell.ingestion.parsing import DEFAULT
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.sniff import sniff_file

HEADINGS = ("title", "section_heading")


def read_here(path: Path, name: str) -> ParsedDocument:
    """Parse in this process, which costs no start of a child. Its working directory is where parsers may write."""
    sniffed = sniff_file(path, name)
    return parser_of(sniffed.kind)(path, DEFAULT)


def write_file(content: bytes) -> Path:
    """The content in a file without a telling name."""
    path = Path(tempfile.mkdtemp(dir=Path.cwd())) / "stored"
    path.write_bytes(content)
    return path


def unmet(document: ParsedDocument, expectations: str) -> list[str]:
    """The lines that do not hold."""
    lines = [line for line in expectations.splitlines() if line.strip() and not line.startswith("#")]
    return [line for line in lines if not _holds(document, line)]


def _holds(document: ParsedDocument, line: str) -> bool:
    kind, _, rest = line.partition(" ")
    text = folded(document.text)
    match kind:
        case "+":
            return any(folded(one) in text for one in rest.split("|+ "))
        case "-" if rest.startswith("H "):
            return not any(folded(rest[2:]) in heading for heading in _headings(document))
        case "-":
            return folded(rest.rstrip("|")) not in text
        case "B":
            return any(block.type not in ("header", "footer") for block in _holding(document, rest))
        case "H":
            return any(folded(rest) in heading for heading in _headings(document))
        case "T":
            return any(_cells(row) in _rows(document) for row in rest.split("|T "))
        case "P":
            page, _, words = rest.partition(" ")
            return any(block.page == int(page) for block in _holding(document, words))
        case "N":
            return len(document.blocks) == int(rest)
        case "C":
            cell, _, header = rest.partition(" => ")
            tables = [_table(block) for block in document.blocks if block.rows]
            found = [rows for rows in tables if any(folded(cell) in row for row in rows)]
            return bool(found) and all(_cells(header) in rows for rows in found)
        case "W":
            return any(folded(rest) in folded(warning) for warning in document.warnings)
        case "@":
            place, _, words = rest.partition(" => ")
            return any(block.place == place for block in _holding(document, words))
    raise ValueError(f"not an expectation: {line}")


def folded(text: str) -> str:
    return " ".join(text.split())


def _headings(document: ParsedDocument) -> list[str]:
    return [folded(block.text) for block in document.blocks if block.type in HEADINGS]


def _holding(document: ParsedDocument, words: str) -> list[Block]:
    return [block for block in document.blocks if folded(words) in folded(block.text)]


def _cells(row: str) -> list[str]:
    return [folded(cell) for cell in row.split("|")]


def _table(block: Block) -> list[list[str]]:
    return [[folded(cell) for cell in row] for row in block.rows or []]


def _rows(document: ParsedDocument) -> list[list[str]]:
    return [row for block in document.blocks for row in _table(block)]
