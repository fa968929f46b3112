"""The plain page behind a citation: the passage with the marked span, its document and its pages.

It loads no script and no foreign style; the templates escape everything that comes from documents."""

from dataclasses import dataclass
from urllib.parse import quote

from citewell.kit.templates import render
from citewell.reference.figures import ShownFigure

CELL = " | "
_TAGS = {"title": "h2", "section_heading": "h2", "code": "pre"}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True)
class Piece:
    """A block of the chunk: its type, and its place in `content`."""

    type: str
    start: int
    end: int


@dataclass(frozen=True)
class Evidence:
    """A chunk to show. `start` and `end` are the marked span in `content`, None if there is nothing to mark.

    `place` and `heading_path` belong to the span. `address` is the URL of this page, `pages` are the pages shown as
    pictures, `figures` those of a document without drawn pages. `newer`: the document has a newer version.
    """

    document_name: str
    content: str
    place: str | None
    warning: str | None
    heading_path: tuple[str, ...]
    start: int | None = None
    end: int | None = None
    missing_verbatim: bool = False
    pieces: tuple[Piece, ...] = ()
    version: int = 1
    newer: bool = False
    address: str = ""
    verbatim: str = ""
    pages: tuple[int, ...] = ()
    figures: tuple[ShownFigure, ...] = ()


@dataclass(frozen=True)
class Run:
    """A stretch of text, marked as cited or not. `is_first` is true for the first marked one."""

    text: str
    is_marked: bool = False
    is_first: bool = False


@dataclass(frozen=True)
class Block:
    """The content of one HTML element: rows of cells for a table, else one row with one cell."""

    tag: str
    rows: tuple[tuple[tuple[Run, ...], ...], ...]


def evidence_page(evidence: Evidence) -> str:
    query = f"?verbatim={quote(evidence.verbatim, safe='')}" if evidence.start is not None else ""
    return render(
        "reference/evidence.html",
        title=evidence.document_name,
        evidence=evidence,
        where=_where(evidence),
        query=query,
        blocks=_blocks(evidence),
    )


def sign_in_page(action: str, message: str | None = None) -> str:
    """Returns a form that asks for a token and returns to the same URL."""
    return render("reference/sign_in.html", title="Sign in", action=action, message=message)


def message_page(title: str, text: str) -> str:
    return render("reference/message.html", title=title, text=text)


def _where(evidence: Evidence) -> str:
    version = f"Version {evidence.version}" if evidence.version > 1 or evidence.newer else ""
    return " · ".join(part for part in (_place(evidence), " › ".join(evidence.heading_path), version) if part)


def _place(evidence: Evidence) -> str:
    place = evidence.place or ""
    # Words get a capital; the name of a sheet stays as it is.
    return place if "!" in place else place[:1].upper() + place[1:]


def _blocks(evidence: Evidence) -> list[Block]:
    """Returns the chunk's text as headings, tables and paragraphs."""
    marker = _Marker(evidence)
    found, place = [], 0
    for piece in evidence.pieces:
        if piece.start < place or piece.end > len(evidence.content):
            continue
        found += _plain(marker, place, piece.start)
        found.append(_block(marker, piece))
        place = piece.end
    return found + _plain(marker, place, len(evidence.content))


def _plain(marker: "_Marker", start: int, end: int) -> list[Block]:
    return [Block("p", ((marker.runs(start, end),),))] if marker.text[start:end].strip() else []


def _block(marker: "_Marker", piece: Piece) -> Block:
    if piece.type == "table":
        return _table(marker, piece)
    return Block(_TAGS.get(piece.type, "p"), ((marker.runs(piece.start, piece.end),),))


def _table(marker: "_Marker", piece: Piece) -> Block:
    """Returns a table from its text: lines are rows, ` | ` separates cells."""
    rows, place = [], piece.start
    for line in marker.text[piece.start : piece.end].split("\n"):
        cells, at = [], place
        for cell in line.split(CELL):
            cells.append(marker.runs(at, at + len(cell)))
            at += len(cell) + len(CELL)
        rows.append(tuple(cells))
        place += len(line) + 1
    return Block("table", tuple(rows))


class _Marker:
    """Cuts stretches of text at the start and the end of the cited span."""

    def __init__(self, evidence: Evidence) -> None:
        self.text = evidence.content
        self._span = (evidence.start or 0, evidence.end or 0) if evidence.start is not None else (0, 0)
        self._marked = False

    def runs(self, start: int, end: int) -> tuple[Run, ...]:
        first, last = max(start, self._span[0]), min(end, self._span[1])
        if first >= last or not self.text[first:last].strip():
            return (Run(self.text[start:end]),)
        marked = Run(self.text[first:last], is_marked=True, is_first=not self._marked)
        self._marked = True
        return (Run(self.text[start:first]), marked, Run(self.text[last:end]))
