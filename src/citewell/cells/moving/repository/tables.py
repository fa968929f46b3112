"""The tables that move with a project: all that have its id, except accounts and the records of moves."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from citewell.models.base import Base
from citewell.models.passage import TABLE as PASSAGES
from citewell.models.passage import partition_name

_STAYS = frozenset(
    {"invites", "moving_changes", "moving_projects", "project_cells", "project_moves", "project_permissions"}
)
# Rows (`t`) that background loops of the new cell would process before the project is there. They are copied after the
# switch; nobody writes to them until then.
_HELD = {
    "evaluation_watches": "true",
    "turn_log": (
        "EXISTS (SELECT FROM turns r WHERE r.project_id = t.project_id AND r.id = t.turn_id AND r.state = 'running')"
    ),
    "turns": "t.state = 'running'",
    "version_steps": "t.state = 'waiting'",
    "webhook_deliveries": "t.state = 'waiting'",
}
# Sources that are due would be synced by both cells.
_MASKED = {"sources": {"enabled": "false"}}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Moved:
    """A table of the project. `relation` is what statements name: of passages, the project's partition."""

    table: Table
    project_id: UUID

    @property
    def name(self) -> str:
        return str(self.table.name)

    @property
    def relation(self) -> str:
        return partition_name(self.project_id) if self.name == PASSAGES else self.name

    @property
    def of_project(self) -> str:
        """The condition of its rows `t`."""
        column = "id" if self.name == "projects" else "project_id"
        return f"t.{column} = '{self.project_id}'"

    @cached_property
    def columns(self) -> list[str]:
        return [str(column.name) for column in self.table.columns if column.computed is None]

    @cached_property
    def key(self) -> list[str]:
        return [str(column.name) for column in self.table.primary_key.columns]

    @property
    def numbered(self) -> list[str]:
        """Columns whose values come from a sequence of the cell."""
        return [str(column.name) for column in self.table.columns if column.identity is not None]

    @property
    def others(self) -> list[str]:
        return [name for name in self.columns if name not in self.key]

    @property
    def held(self) -> str:
        """The condition of rows `t` that must not be in the new cell before the project is."""
        return _HELD.get(self.name, "false")

    @property
    def is_held(self) -> bool:
        return self.name in _HELD

    @property
    def masks(self) -> dict[str, str]:
        """Columns that have their own value in the new cell only when the project is there, and what they have
        before."""
        return _MASKED.get(self.name, {})

    def selected(self) -> str:
        """Returns the columns of `t`, in order, as the new cell gets them."""
        return ", ".join(self.masks.get(name, f"t.{name}") for name in self.columns)

    def kind(self, column: str) -> str:
        """Returns the column's type, as PostgreSQL calls it."""
        return str(self.table.columns[column].type.compile(dialect=_DIALECT))

    @property
    def is_log(self) -> bool:
        """Whether rows are only ever added, in any cell: those of the old one stay there, too."""
        return self.name == "audit_log"


def moved_tables(project_id: UUID) -> list[Moved]:
    """Returns the tables, each after those that it references."""
    return [
        Moved(table, project_id)
        for table in Base.metadata.sorted_tables
        if table.name == "projects" or ("project_id" in table.columns and table.name not in _STAYS)
    ]
