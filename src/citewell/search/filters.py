"""Filters of a search. They become conditions of its statements, so that a filter never leaves too few results."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec


class ChunkScope(msgspec.Struct, frozen=True):
    """The only chunks to look at (None: all), and the chunks to leave out. Tags and objects narrow a search by them."""

    only: tuple[UUID, ...] | None = None
    excluded: tuple[UUID, ...] = ()


ALL_CHUNKS = ChunkScope()


class SearchFilter(msgspec.Struct, frozen=True):
    """`documents` are the only ones to look at (None: all of the project); `excluded` are left out.

    `local_to` are the conversation and the agent whose local documents are searched as well.

    `phrases` must stand in a passage word for word. Each is a list of ways to write it, one for every language, as
    analysed text.
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
        only = None if documents is None else tuple(documents)
        return cls(only, tuple(excluded), local_to=tuple(local_to), chunks=chunks)

    @property
    def passes_nothing(self) -> bool:
        return (self.documents is not None and not self.documents) or self.chunks.only == ()

    @property
    def is_narrow(self) -> bool:
        """Whether the filter leaves out any of the project's own passages."""
        return self.documents is not None or bool(self.excluded or self.phrases) or self.chunks != ALL_CHUNKS

    def conditions(self, *, local: bool = False) -> list[str]:
        """The conditions for a WHERE on `passages`, with the driver's placeholders: for the project's own passages, or
        for those that are local to the conversation and the agent.

        `local_to` comes first, because the indexes on own and on local passages are partial indexes on it.
        """
        found = ["local_to = ANY(%(local_to)s)" if local else "local_to IS NULL"]
        if self.documents is not None:
            found.append("document_id = ANY(%(documents)s)")
        if self.excluded:
            found.append("document_id <> ALL(%(excluded)s)")
        if self.chunks.only is not None:
            found.append("chunk_id = ANY(%(only_chunks)s)")
        if self.chunks.excluded:
            found.append("chunk_id <> ALL(%(excluded_chunks)s)")
        for number, variants in enumerate(self.phrases):
            found.append(
                " OR ".join(f"' ' || content || ' ' LIKE %(phrase_{number}_{n})s" for n in range(len(variants)))
            )
        return [f"({condition})" for condition in found]

    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.local_to:
            found["local_to"] = list(self.local_to)
        if self.documents is not None:
            found["documents"] = list(self.documents)
        if self.excluded:
            found["excluded"] = list(self.excluded)
        if self.chunks.only is not None:
            found["only_chunks"] = list(self.chunks.only)
        if self.chunks.excluded:
            found["excluded_chunks"] = list(self.chunks.excluded)
        for number, variants in enumerate(self.phrases):
            # Analysed text holds letters and digits only, so LIKE finds no wildcard in it.
            found |= {f"phrase_{number}_{n}": f"% {variant} %" for n, variant in enumerate(variants)}
        return found


EVERYTHING = SearchFilter()
