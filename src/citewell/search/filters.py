"""Filters of a search. They are conditions of its statements (`repository.filtering`) and not applied afterwards, which
could leave too few results.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec


class ChunkScope(msgspec.Struct, frozen=True):
    """The chunks to search in (None: all), and the chunks to leave out. Filters by tags and objects become this."""

    only: tuple[UUID, ...] | None = None
    excluded: tuple[UUID, ...] = ()


ALL_CHUNKS = ChunkScope()


class SearchFilter(msgspec.Struct, frozen=True):
    """The filter of a search.

    `documents` are the documents to search in (None: all of the project); `excluded` are left out. `local_to` are the
    conversation and the agent whose local documents are searched as well. A passage must contain all `phrases` word for
    word. Each phrase is a list of alternatives, one for every language, as analysed text.
    """

    documents: tuple[UUID, ...] | None = None
    excluded: tuple[UUID, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    local_to: tuple[UUID, ...] = ()
    chunks: ChunkScope = ALL_CHUNKS

    @classmethod
    def of(
        cls,
        documents: Sequence[UUID] | None = None,
        excluded: Sequence[UUID] = (),
        local_to: Sequence[UUID] = (),
        chunks: ChunkScope = ALL_CHUNKS,
    ) -> "SearchFilter":
        """Returns the filter for these documents (None: all; an empty sequence finds nothing), without some."""
        only = None if documents is None else tuple(documents)
        return cls(only, tuple(excluded), local_to=tuple(local_to), chunks=chunks)

    @property
    def passes_nothing(self) -> bool:
        return (self.documents is not None and not self.documents) or self.chunks.only == ()

    @property
    def is_narrow(self) -> bool:
        """Whether the filter leaves out any of the project's own passages."""
        return self.documents is not None or bool(self.excluded or self.phrases) or self.chunks != ALL_CHUNKS


EVERYTHING = SearchFilter()
