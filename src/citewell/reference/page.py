"""The plain page behind a citation: the passage, its document and pages, the span marked. No script, no style from
elsewhere; everything that comes from documents is escaped."""

from dataclasses import dataclass
from html import escape

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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
.text { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #d0a215; padding-left: 1rem; }
mark { background: #ffe08a; color: #1b1b1b; padding: .1em 0; }
.note { border: 1px solid #c0392b; border-radius: .4rem; padding: .6rem .9rem; }
input { font: inherit; padding: .4rem .6rem; width: min(30rem, 100%); box-sizing: border-box; }
button { font: inherit; padding: .4rem 1rem; margin-top: .6rem; }
"""


@dataclass(frozen=True)
class Evidence:
    """A chunk to show. `start` and `end` are the marked span in `content`, None where there is nothing to mark."""

    document_name: str
    content: str
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    start: int | None = None
    end: int | None = None
    missing_verbatim: bool = False


def evidence_page(evidence: Evidence) -> str:
    note = ""
    if evidence.missing_verbatim:
        note = (
            '<p class="note" role="alert">The quoted words are not in this passage, character for character. '
            "Nothing is marked: do not take the passage as their source.</p>"
        )
    body = f"""
<h1>{escape(evidence.document_name)}</h1>
<p class="where">{escape(_where(evidence))}</p>
{note}
<div class="text">{_marked(evidence)}</div>
"""
    return _page(evidence.document_name, body)


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
    return " · ".join(part for part in (_pages(evidence), " › ".join(evidence.heading_path)) if part)


def _pages(evidence: Evidence) -> str:
    first, last = evidence.min_page, evidence.max_page
    if first is None:
        return ""
    return f"Page {first}" if last in (None, first) else f"Pages {first} to {last}"


def _marked(evidence: Evidence) -> str:
    text = evidence.content
    if evidence.start is None or evidence.end is None:
        return escape(text)
    before, span, after = text[: evidence.start], text[evidence.start : evidence.end], text[evidence.end :]
    return f'{escape(before)}<mark id="span">{escape(span)}</mark>{escape(after)}'
