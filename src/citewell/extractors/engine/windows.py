"""Windows of a document that a model reads: the chunks of a few pages each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from citewell.agent.knowledge import ChunkText

_PAGES = 5
_MAX_CHARS = 40_000


def windows(chunks: Sequence[ChunkText], grouping: Mapping[str, Any] | None) -> Iterator[list[ChunkText]]:
    """Chunks in the order of the document, of at most so many pages and 40,000 characters together."""
    stated = (grouping or {}).get("window_size_pages")
    pages = stated if isinstance(stated, int) and 0 < stated <= 1000 else _PAGES
    window: list[ChunkText] = []
    first, size = None, 0
    for chunk in chunks:
        first = chunk.min_page if first is None else first
        page = chunk.max_page if chunk.max_page is not None else first
        too_far = page is not None and first is not None and page - first >= pages
        if window and (too_far or size + len(chunk.content) > _MAX_CHARS):
            yield window
            window, size, first = [], 0, chunk.min_page
        window.append(chunk)
        size += len(chunk.content)
    if window:
        yield window
