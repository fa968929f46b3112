"""Citations: the model marks a claim with `[[c1|exact words]]`; the server finds the words and makes the link.

A citation is verified by comparing its words with the chunk's text; nothing that the model says counts.
"""

import re
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.sources import Sources
from citewell.agent.spans import Span, find_span
from citewell.kit.places import locate

OPEN, CLOSE = "[[", "]]"
MAX_MARKER = 2000  # characters; anything longer is not a marker
MAX_CITATIONS = 500  # of one answer
_MAX_BRACKETS = 4  # closing brackets at the end of a quote
_LABELS = r"[cC]\d{1,4}(?:\s{0,3}[-–—,;&]\s{0,3}[cC]?\d{1,4}){0,7}"
_HEAD = re.compile(rf"\[\[\s{{0,8}}({_LABELS})\s{{0,8}}(\||\]\])")
_PART_OF_HEAD = re.compile(r"\[\[\s{0,8}(?:[cC][\dcC\s,;&–—-]{0,80}\]?)?")
_RANGE = re.compile(r"[cC]?(\d{1,4})\s{0,3}[-–—]\s{0,3}[cC]?(\d{1,4})")
_MAX_LABELS = 8  # of one marker
_QUOTE_ENDS = re.compile(r"[\]\n]")  # of a marker that is not closed
# Without "(" in the address, which is encoded there, each search ends at the next link: a line may have thousands.
LINK = re.compile(r"\[(\d+)\]\([^()\s]*/reference/[^()\s]*\)")


class Citation(msgspec.Struct, frozen=True):
    """One (chunk, span) that the answer cites.

    `start` and `end` are offsets in the chunk's content, in characters. Pages, `place` and `heading_path` describe the
    span, or the whole chunk if no span was found. `warning` says that text recognition read the words with little
    certainty. `exact` says that the quoted words equal the chunk's, character for character. `reason` says why a
    citation is not verified: quote_not_found, no_quote or unknown_source. A citation of an unknown source has the
    number 0 and no link in the text. `found_by` is "server" if the model quoted no words and the server found them.
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
    found_by: Literal["model", "server"] = "model"

    def to_wire(self) -> dict[str, Any]:
        """Returns the citation's fields and its `status`: verified, normalized (found, but not character for
        character), or unverified.
        """
        wire: dict[str, Any] = msgspec.to_builtins(self)
        found = "verified" if wire.pop("exact") else "normalized"
        return {**wire, "status": found if self.verified else "unverified"}


class CitationResolver:
    """Replaces markers by Markdown links while the text streams.

    Text is held back from a `[[` until its `]]`, at most MAX_MARKER characters. Text that is no citation passes
    unchanged. The result does not depend on how the stream is cut into pieces.
    """

    def __init__(self, sources: Sources, *, keep_bare: bool = False) -> None:
        """`keep_bare` passes markers without words, such as `[[c1]]`, on as `[c1]`: a Proofreader resolves these."""
        self._sources = sources
        self._keep_bare = keep_bare
        self._made: set[str] = set()
        self._held = ""
        self._cited: dict[tuple[str, str], Citation] = {}
        self._linked = 0

    @property
    def citations(self) -> list[Citation]:
        """The citations so far, each once, in the order in which they were made."""
        return list(self._cited.values())

    def feed(self, text: str) -> str:
        """Takes the next piece of the stream; returns the text that can be shown."""
        if not self._held and "[" not in text:
            return text
        self._held += text
        return self._drain(last=False)

    def finish(self) -> str:
        """Ends the stream; returns the text that was held back."""
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
        """Reads the marker at `start`. Returns (text to show, end of what it replaces); None while more text is needed
        to tell.
        """
        no_marker = (text[start], start + 1)
        head = _HEAD.match(text, start)
        if head is None:
            return None if not last and _PART_OF_HEAD.fullmatch(text, start) else no_marker
        labels = expand_labels(head[1])
        if head[2] == CLOSE:
            bare = f"[{head[1]}]" if self._keep_bare else "".join(self._resolve([label], [""])[0] for label in labels)
            return bare, head.end()
        limit = start + MAX_MARKER
        close = text.find(CLOSE, head.end(), limit + len(CLOSE))
        if close < 0 and not last and len(text) < limit + len(CLOSE):
            return None
        stop = close if close >= 0 else min(len(text), limit)
        other = _HEAD.search(text, head.end(), stop)
        if close < 0 or other:
            return self._unclosed(labels, text, head.end(), other.start() if other else stop)
        end = close + len(CLOSE)
        brackets = 0  # further ones after "]]": the first may belong to the quote, as in [[c1|see [3]]]
        while brackets < _MAX_BRACKETS and text.startswith("]", end + brackets):
            brackets += 1
        if not last and brackets < _MAX_BRACKETS and end + brackets == len(text):
            return None
        quoted = text[head.end() : close]
        link, used = self._resolve(labels, [quoted + "]" * more for more in range(brackets, -1, -1)])
        return link, end + (brackets - used)

    def _unclosed(self, labels: list[str], text: str, start: int, end: int) -> tuple[str, int]:
        """Reads a marker without `]]`. Returns like `_marker`.

        It becomes a link if the words up to a bracket or the end of the line stand in the chunk. Else only its head is
        removed: what follows may be the answer's own words.
        """
        stop = _QUOTE_ENDS.search(text, start, end)
        until = stop.start() if stop else end
        quoted = text[start:until].strip()
        for label in labels:
            chunk = self._sources.chunk(label)
            span = find_span(chunk.content, quoted) if chunk is not None and quoted else None
            if span is not None:
                return self.cite(label, span), until + (stop is not None and stop[0] == "]")
        return "", start

    def has_made(self, link: str) -> bool:
        """Whether this resolver made the Markdown link."""
        return link in self._made

    def cite(self, label: str, span: Span | None, *, found_by: Literal["model", "server"] = "model") -> str:
        """Records a citation of the chunk under `label`, and returns the Markdown link to its span, or to the whole
        chunk if there is none. Returns "" beyond MAX_CITATIONS.
        """
        return self._link(self._cite(label, self._sources.chunk(label), "", span, found_by))

    def note_unknown(self, words: str) -> None:
        """Records a citation of words that stand in no chunk that the model was shown."""
        self._cite("", None, words, None)

    def _resolve(self, labels: list[str], quotes: list[str]) -> tuple[str, int]:
        """Cites the first of `quotes` that a chunk contains, else the last one. Returns (link, index of that quote)."""
        chosen, span = len(quotes) - 1, None
        known = [(label, chunk) for label in labels if (chunk := self._sources.chunk(label)) is not None]
        label, chunk = known[0] if known else (labels[0], None)
        spans = (
            (one, text, index, find_span(text.content, quoted))
            for one, text in known
            for index, quoted in enumerate(quotes)
        )
        if found := next((one for one in spans if one[3]), None):
            label, chunk, chosen, span = found
        return self._link(self._cite(label, chunk, quotes[chosen].strip(), span)), chosen

    def _link(self, citation: Citation | None) -> str:
        if citation is None or not citation.reference_url:
            return ""
        link = f"[{citation.number}]({citation.reference_url})"
        self._made.add(link)
        return link

    def _cite(
        self,
        label: str,
        chunk: ChunkText | None,
        quoted: str,
        span: Span | None,
        found_by: Literal["model", "server"] = "model",
    ) -> Citation | None:
        """Returns the citation of this chunk and span, with the next number if it is new."""
        key = (label, f"{span.start}:{span.end}" if span else f"?{quoted}")
        if key not in self._cited:
            if len(self._cited) >= MAX_CITATIONS:
                return None
            self._linked += chunk is not None
            made = _citation(self._linked, chunk, quoted, span)
            self._cited[key] = msgspec.structs.replace(made, found_by=found_by)
        return self._cited[key]


def expand_labels(named: str) -> list[str]:
    """Returns the labels of "c1-c3", "c1, c2" or "1", at most _MAX_LABELS of them."""
    labels: list[str] = []
    for part in re.split(r"[,;&]", named):
        if found := _RANGE.fullmatch(part.strip()):
            first, last = int(found[1]), int(found[2])
            labels += [f"c{number}" for number in range(first, min(last, first + _MAX_LABELS) + 1)]
        elif digits := part.strip().lstrip("cC"):
            labels.append(f"c{int(digits)}")
    return labels[:_MAX_LABELS]


def plain_history(content: str) -> str:
    """Returns an answer with its reference links shortened to `[1]`, as people and models read it."""
    return LINK.sub(r"[\1]", content)


def _citation(number: int, chunk: ChunkText | None, quoted: str, span: Span | None) -> Citation:
    if chunk is None:
        return Citation(
            number=0,
            chunk_id=None,
            document_id=None,
            document_name="",
            min_page=None,
            max_page=None,
            place=None,
            heading_path=(),
            warning=None,
            verbatim=quoted or None,
            start=None,
            end=None,
            verified=False,
            reason="unknown_source",
            reference_url=None,
        )
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
