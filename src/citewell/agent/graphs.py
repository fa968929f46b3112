"""Asking the graph of a project."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID


class Graphs(Protocol):
    """The graphs of projects. Implemented in `citewell.graph`."""

    async def query(
        self, project_id: UUID, cypher: str, parameters: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Returns the rows of a read-only Cypher query. Raises BadRequest that names the position of an error in it."""
        ...
