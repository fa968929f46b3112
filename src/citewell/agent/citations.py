"""Citations: the model marks a claim with `[[c1|exact words]]`; the server finds the words and makes the link.

Whether a citation is verified is computed here, from the chunk's text, and never taken from the model's word.
"""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from citewell.agent.sources import Sources
from citewell.agent.spans import find_span

OPEN, CLOSE = "[[", "]]"
MAX_MARKER = 2000  # characters; what is longer was no marker
_MARKER = re.compile(r"(c\d{1,4})\s*(?:\|(.*))?", re.DOTALL)
_LINK = re.compile(r"\[(\d+)\]\([^)\s]*/reference/[^)\s]*\)")


class Citation(msgspec.Struct, frozen=True):
    """One (chunk, span) that the answer cites. `start` and `end` are characters of the chunk's content.

    `reason` says why a citation is not verified: quote_not_found, no_quote, unknown_source.
    """

    number: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_name: str
    min_page: int | None
    max_page: int | None
    verbatim: str | None
    start: int | None
    end: int | None
    verified: bool
    reason: str | None
    reference_url: str | None

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = msgspec.to_builtins(self)
        return wire


class CitationResolver:
    """Replaces markers by Markdown links while the text streams.

    Text is held back from a `[[` until its `]]`, and no longer than a marker can be; everything that turns out to be
    no citation passes unchanged. However the text is cut into pieces, the result is the same.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._held = ""
        self._numbers: dict[tuple[UUID | None, str | None], Citation] = {}

    @property
    def citations(self) -> list[Citation]:
        return list(self._numbers.values())

    def feed(self, text: str) -> str:
        """The text that is now certain."""
        self._held += text
        out: list[str] = []
        while True:
            start = self._held.find(OPEN)
            if start < 0:
                # A single bracket at the end may be the first half of an opening.
                keep = 1 if self._held.endswith("[") else 0
                out.append(self._held[: len(self._held) - keep])
                self._held = self._held[len(self._held) - keep :]
                return "".join(out)
            out.append(self._held[:start])
            self._held = self._held[start:]
            end = self._held.find(CLOSE, len(OPEN))
            if end < 0 and len(self._held) <= MAX_MARKER:
                return "".join(out)
            if end < 0 or end > MAX_MARKER:
                out.append(OPEN)
                self._held = self._held[len(OPEN) :]
                continue
            out.append(self._resolve(self._held[len(OPEN) : end]))
            self._held = self._held[end + len(CLOSE) :]

    def finish(self) -> str:
        """What was held back, at the end of the text."""
        rest, self._held = self._held, ""
        return rest

    def _resolve(self, inner: str) -> str:
        marker = _MARKER.fullmatch(inner.strip())
        if marker is None:
            return f"{OPEN}{inner}{CLOSE}"
        citation = self._cite(marker.group(1), marker.group(2))
        if citation.reference_url is None:
            return ""
        return f"[{citation.number}]({citation.reference_url})"

    def _cite(self, label: str, quoted: str | None) -> Citation:
        chunk = self._sources.chunk(label)
        if chunk is None:
            return self._numbered(None, label, lambda number: _unknown(number, quoted))
        span = find_span(chunk.content, quoted) if quoted else None
        verbatim = chunk.content[span[0] : span[1]] if span else None
        reason = None if span else ("quote_not_found" if quoted and quoted.strip() else "no_quote")

        def make(number: int) -> Citation:
            return Citation(
                number=number,
                chunk_id=chunk.chunk_id,
                document_id=chunk.document_id,
                document_name=chunk.document_name,
                min_page=chunk.min_page,
                max_page=chunk.max_page,
                verbatim=verbatim if span else (quoted or "").strip() or None,
                start=span[0] if span else None,
                end=span[1] if span else None,
                verified=span is not None,
                reason=reason,
                reference_url=_link(chunk.reference_url, verbatim),
            )

        return self._numbered(chunk.chunk_id, verbatim or f"?{(quoted or '').strip()}", make)

    def _numbered(self, chunk_id: UUID | None, span: str, make: "Any") -> Citation:
        """The citation of this chunk and span, made with the next number if it is new."""
        key = (chunk_id, span)
        if key not in self._numbers:
            self._numbers[key] = make(len(self._numbers) + 1)
        return self._numbers[key]


def plain_history(content: str) -> str:
    """An answer with its reference links as `[1]`: what people and models read of it."""
    return _LINK.sub(r"[\1]", content)


def _link(reference_url: str, verbatim: str | None) -> str:
    # quote() leaves none of the characters that could end a Markdown link.
    return f"{reference_url}?verbatim={quote(verbatim, safe='')}" if verbatim else reference_url


def _unknown(number: int, quoted: str | None) -> Citation:
    return Citation(
        number=number,
        chunk_id=None,
        document_id=None,
        document_name="",
        min_page=None,
        max_page=None,
        verbatim=(quoted or "").strip() or None,
        start=None,
        end=None,
        verified=False,
        reason="unknown_source",
        reference_url=None,
    )
