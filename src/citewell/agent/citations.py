"""Citations: the model marks a claim with `[[c1|exact words]]`; the server finds the words and makes the link.

Whether a citation is verified is computed here, from the chunk's text, and never taken from the model's word.
"""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.sources import Sources
from citewell.agent.spans import Span, find_span
from citewell.kit.places import locate

OPEN, CLOSE = "[[", "]]"
MAX_MARKER = 2000  # characters; what is longer was no marker
MAX_CITATIONS = 500  # of one answer
_MAX_BRACKETS = 4  # that a quote may end with
_HEAD = re.compile(r"\[\[\s{0,8}[cC](\d{1,4})\s{0,8}(\||\]\])")
_PART_OF_HEAD = re.compile(r"\[\[\s{0,8}(?:[cC]\d{0,4}\s{0,8}\]?)?")
LINK = re.compile(r"\[(\d+)\]\([^)\s]*/reference/[^)\s]*\)")


class Citation(msgspec.Struct, frozen=True):
    """One (chunk, span) that the answer cites. `start` and `end` are characters of the chunk's content.

    Pages, `place` and `heading_path` are those of the span; those of the chunk where no span was found. `warning` says
    that the words were read from a picture with little certainty.

    `exact` says that the quoted words are the chunk's character for character. `reason` says why a citation is not
    verified: quote_not_found, no_quote, unknown_source. One of an unknown source has the number 0: it does not stand in
    the text.
    """

    number: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_name: str
    min_page: int | None
    max_page: int | None
    place: str | None
    heading_path: tuple[str, ...]
    warning: str | None
    verbatim: str | None
    start: int | None
    end: int | None
    verified: bool
    reason: str | None
    reference_url: str | None
    exact: bool = True

    def to_wire(self) -> dict[str, Any]:
        """With `status`: verified, normalized (found, but not character for character), or unverified."""
        wire: dict[str, Any] = msgspec.to_builtins(self)
        found = "verified" if wire.pop("exact") else "normalized"
        return {**wire, "status": found if self.verified else "unverified"}


class CitationResolver:
    """Replaces markers by Markdown links while the text streams.

    Text is held back from a `[[` until its `]]`, and no longer than a marker can be; everything that turns out to be
    no citation passes unchanged. However the text is cut into pieces, the result is the same.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._held = ""
        self._cited: dict[tuple[str, str], Citation] = {}
        self._linked = 0

    @property
    def citations(self) -> list[Citation]:
        return list(self._cited.values())

    def feed(self, text: str) -> str:
        """The text that is now certain."""
        if not self._held and "[" not in text:
            return text
        self._held += text
        return self._drain(last=False)

    def finish(self) -> str:
        """What was held back, at the end of the text."""
        return self._drain(last=True)

    def _drain(self, *, last: bool) -> str:
        text, place = self._held, 0
        out: list[str] = []
        while (start := text.find(OPEN, place)) >= 0:
            out.append(text[place:start])
            place = start
            marker = self._marker(text, start, last=last)
            if marker is None:
                break
            resolved, place = marker
            out.append(resolved)
        else:
            # A single bracket at the end may be the first half of an opening.
            certain = len(text) - (not last and text.endswith("[", place))
            out.append(text[place:certain])
            place = certain
        self._held = text[place:]
        return "".join(out)

    def _marker(self, text: str, start: int, *, last: bool) -> tuple[str, int] | None:
        """What stands for the `[[` at start, and where the text goes on; None while more text is needed to tell."""
        no_marker = (text[start], start + 1)
        head = _HEAD.match(text, start)
        if head is None:
            return None if not last and _PART_OF_HEAD.fullmatch(text, start) else no_marker
        label = f"c{int(head[1])}"
        if head[2] == CLOSE:
            return self._resolve(label, [""])[0], head.end()
        close = text.find(CLOSE, head.end(), start + MAX_MARKER + len(CLOSE))
        if close < 0:
            undecided = not last and len(text) < start + MAX_MARKER + len(CLOSE)
            return None if undecided else no_marker
        if _HEAD.search(text, head.end(), close):
            return no_marker  # never closed: another marker begins before the end
        end = close + len(CLOSE)
        brackets = 0  # more of them: the first may be the quote's own, as in [[c1|see [3]]]
        while brackets < _MAX_BRACKETS and text.startswith("]", end + brackets):
            brackets += 1
        if not last and brackets < _MAX_BRACKETS and end + brackets == len(text):
            return None
        quoted = text[head.end() : close]
        link, used = self._resolve(label, [quoted + "]" * more for more in range(brackets, -1, -1)])
        return link, end + (brackets - used)

    def _resolve(self, label: str, quotes: list[str]) -> tuple[str, int]:
        """The link for the first of the quotes that stands in the chunk, and which it is; else for the last."""
        chunk = self._sources.chunk(label)
        chosen, span = len(quotes) - 1, None
        if chunk is not None:
            spans = ((index, find_span(chunk.content, quoted)) for index, quoted in enumerate(quotes))
            chosen, span = next(((index, found) for index, found in spans if found), (chosen, None))
        citation = self._cite(label, chunk, quotes[chosen].strip(), span)
        link = f"[{citation.number}]({citation.reference_url})" if citation and citation.reference_url else ""
        return link, chosen

    def _cite(self, label: str, chunk: ChunkText | None, quoted: str, span: Span | None) -> Citation | None:
        """The citation of this chunk and span, with the next number if it is new."""
        key = (label, f"{span.start}:{span.end}" if span else f"?{quoted}")
        if key not in self._cited:
            if len(self._cited) >= MAX_CITATIONS:
                return None
            self._linked += chunk is not None
            self._cited[key] = _citation(self._linked, chunk, quoted, span)
        return self._cited[key]


def plain_history(content: str) -> str:
    """An answer with its reference links as `[1]`: what people and models read of it."""
    return LINK.sub(r"[\1]", content)


def _citation(number: int, chunk: ChunkText | None, quoted: str, span: Span | None) -> Citation:
    if chunk is None:
        nothing = (None, None, "", None, None, None, (), None)
        return Citation(0, *nothing, quoted or None, None, None, False, "unknown_source", None)
    where = locate(chunk, span.start, span.end) if span else chunk.place
    verbatim = chunk.content[span.start : span.end] if span else None
    # quote() leaves none of the characters that could end a Markdown link.
    query = f"?verbatim={quote(verbatim, safe='')}" if verbatim else ""
    return Citation(
        number=number,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        document_name=chunk.document_name,
        min_page=where.min_page,
        max_page=where.max_page,
        place=where.place,
        heading_path=where.heading_path,
        warning=where.warning,
        verbatim=verbatim or quoted or None,
        start=span.start if span else None,
        end=span.end if span else None,
        verified=span is not None,
        reason=None if span else ("quote_not_found" if quoted else "no_quote"),
        reference_url=chunk.reference_url + query,
        exact=span is not None and span.exact,
    )
