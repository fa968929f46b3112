"""Which documents of a project an agent may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import ColumnElement

from citewell.documents.repository.conditions import visible_documents


@dataclass(frozen=True)
class ReadableDocuments:
    """The documents of one project that meet all conditions in `within`, and the local documents of `local_to`.

    `local_to` has the ids of a conversation and an agent. Other documents do not exist for the agent, even if it knows
    their ids.
    """

    project_id: UUID
    within: Sequence[ColumnElement[bool]] = ()
    local_to: Sequence[UUID] = ()

    @cached_property
    def condition(self) -> ColumnElement[bool]:
        """Built on first use, because most answers only search."""
        return visible_documents(self.project_id, self.within, self.local_to)
