"""What a search may look at: conditions that go into its statements, so that a filter never costs results."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec


class SearchFilter(msgspec.Struct, frozen=True):
    """`documents` are the only ones to look at (None: all of the project); `excluded` are left out.

    `phrases` must stand in a passage word for word. Each is a list of ways to write it, one for every language, as
    analysed text.
    """

    documents: tuple[UUID, ...] | None = None
    excluded: tuple[UUID, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, documents: Sequence[UUID] | None = None, excluded: Sequence[UUID] = ()) -> "SearchFilter":
        return cls(None if documents is None else tuple(documents), tuple(excluded))

    @property
    def passes_nothing(self) -> bool:
        return self.documents is not None and not self.documents

    def conditions(self) -> list[str]:
        """Conditions on the columns of `passages`, for a WHERE, with parameters as the driver writes them."""
        found = []
        if self.documents is not None:
            found.append("document_id = ANY(%(documents)s)")
        if self.excluded:
            found.append("document_id <> ALL(%(excluded)s)")
        for number, variants in enumerate(self.phrases):
            found.append(
                " OR ".join(f"' ' || content || ' ' LIKE %(phrase_{number}_{n})s" for n in range(len(variants)))
            )
        return [f"({condition})" for condition in found]

    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.documents is not None:
            found["documents"] = list(self.documents)
        if self.excluded:
            found["excluded"] = list(self.excluded)
        for number, variants in enumerate(self.phrases):
            # Analysed text holds letters and digits only: nothing in it means something to LIKE.
            found |= {f"phrase_{number}_{n}": f"% {variant} %" for n, variant in enumerate(variants)}
        return found


EVERYTHING = SearchFilter()
