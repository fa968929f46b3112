"""The plain page behind a citation: the passage, its document and pages, the span marked. No script, no style from
elsewhere; everything that comes from documents is escaped."""

from dataclasses import dataclass
from html import escape
from urllib.parse import quote

CELL = " | "
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

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; margin-bottom: .25rem; overflow-wrap: anywhere; }
.where { color: GrayText; margin-top: 0; }
.text { overflow-wrap: anywhere; border-left: 3px solid #d0a215; padding-left: 1rem; }
.text p, .text h2, .text pre { white-space: pre-wrap; margin: .6rem 0; font-family: inherit; }
.text h2 { font-size: 1.05rem; }
table { border-collapse: collapse; margin: .8rem 0; }
td { border: 1px solid #9996; padding: .2rem .5rem; vertical-align: top; }
img { display: block; width: 100%; height: auto; border: 1px solid #9996; margin: 1rem 0; background: white; }
mark { background: #ffe08a; color: #1b1b1b; padding: .1em 0; }
.note { border: 1px solid #c0392b; border-radius: .4rem; padding: .6rem .9rem; }
input { font: inherit; padding: .4rem .6rem; width: min(30rem, 100%); box-sizing: border-box; }
button { font: inherit; padding: .4rem 1rem; margin-top: .6rem; }
"""


@dataclass(frozen=True)
class Piece:
    """A block of the chunk: its type, and its place in `content`."""

    type: str
    start: int
    end: int


@dataclass(frozen=True)
class Evidence:
    """A chunk to show. `start` and `end` are the marked span in `content`, None where there is nothing to mark.

    `place` and `heading_path` are the span's. `address` is that of the page, `pages` those shown as pictures. `newer`
    says that the document has a newer version.
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


def evidence_page(evidence: Evidence) -> str:
    note = ""
    if evidence.missing_verbatim:
        note = (
            '<p class="note" role="alert">The quoted words are not in this passage, character for character. '
            "Nothing is marked: do not take the passage as their source.</p>"
        )
    if evidence.warning:
        note += f'<p class="note">{escape(evidence.warning)}</p>'
    if evidence.newer:
        note += '<p class="where">The document has a newer version; this is the one that was cited.</p>'
    pictures = "".join(_picture(evidence, page) for page in evidence.pages)
    body = f"""
<h1>{escape(evidence.document_name)}</h1>
<p class="where">{escape(_where(evidence))}</p>
<p><a href="{escape(evidence.address, quote=True)}/file" download>Open the file</a></p>
{note}
{pictures}
<div class="text">{_text(evidence)}</div>
"""
    return _page(evidence.document_name, body)


def _picture(evidence: Evidence, page: int) -> str:
    query = f"?verbatim={quote(evidence.verbatim, safe='')}" if evidence.start is not None else ""
    text = f"Page {page} of {evidence.document_name}{', with the passage marked' if query else ''}"
    source = escape(f"{evidence.address}/page/{page}{query}", quote=True)
    return f'<img src="{source}" alt="{escape(text, quote=True)}">'


def sign_in_page(action: str, message: str | None = None) -> str:
    """A form that asks for a token and comes back to the same address."""
    note = f'<p class="note" role="alert">{escape(message)}</p>' if message else ""
    body = f"""
<h1>Sign in to read this passage</h1>
<p>This page shows evidence from a project. Paste your API token to open it in this browser.</p>
{note}
<form method="post" action="{escape(action, quote=True)}">
<label>Token<br><input name="token" type="password" autocomplete="off" required maxlength="400"></label><br>
<button>Open</button>
</form>
"""
    return _page("Sign in", body)


def message_page(title: str, text: str) -> str:
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - Citewell</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )


def _where(evidence: Evidence) -> str:
    version = f"Version {evidence.version}" if evidence.version > 1 or evidence.newer else ""
    return " · ".join(part for part in (_place(evidence), " › ".join(evidence.heading_path), version) if part)


def _place(evidence: Evidence) -> str:
    place = evidence.place or ""
    # Words begin with a capital; the name of a sheet stays as it is.
    return place if "!" in place else place[:1].upper() + place[1:]


def _text(evidence: Evidence) -> str:
    """The chunk's text as it is in the document: headings, tables, paragraphs."""
    marker = _Marker(evidence)
    shown, place = [], 0
    for piece in evidence.pieces:
        if piece.start < place or piece.end > len(evidence.content):
            continue
        shown.append(_plain(marker, place, piece.start))
        shown.append(_block(marker, piece))
        place = piece.end
    shown.append(_plain(marker, place, len(evidence.content)))
    return "".join(shown)


def _plain(marker: "_Marker", start: int, end: int) -> str:
    return f"<p>{marker.html(start, end)}</p>" if marker.text[start:end].strip() else ""


def _block(marker: "_Marker", piece: Piece) -> str:
    if piece.type == "table":
        return _table(marker, piece)
    tag = {"title": "h2", "section_heading": "h2", "code": "pre"}.get(piece.type, "p")
    return f"<{tag}>{marker.html(piece.start, piece.end)}</{tag}>"


def _table(marker: "_Marker", piece: Piece) -> str:
    """The rows are lines, and their cells have ` | ` between them."""
    rows, place = [], piece.start
    for line in marker.text[piece.start : piece.end].split("\n"):
        cells, at = [], place
        for cell in line.split(CELL):
            cells.append(f"<td>{marker.html(at, at + len(cell))}</td>")
            at += len(cell) + len(CELL)
        rows.append(f"<tr>{''.join(cells)}</tr>")
        place += len(line) + 1
    return f"<table>{''.join(rows)}</table>"


class _Marker:
    """Escaped stretches of the text, with what is cited of them marked. The first mark has the id `span`."""

    def __init__(self, evidence: Evidence) -> None:
        self.text = evidence.content
        self._span = (evidence.start or 0, evidence.end or 0) if evidence.start is not None else (0, 0)
        self._marked = False

    def html(self, start: int, end: int) -> str:
        first, last = max(start, self._span[0]), min(end, self._span[1])
        if first >= last or not self.text[first:last].strip():
            return escape(self.text[start:end])
        name = "" if self._marked else ' id="span"'
        self._marked = True
        before, span, after = self.text[start:first], self.text[first:last], self.text[last:end]
        return f"{escape(before)}<mark{name}>{escape(span)}</mark>{escape(after)}"
