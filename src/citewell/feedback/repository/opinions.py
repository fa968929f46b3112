"""The columns by which lists of feedback and of signals are filtered."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.db.pages import MOST_COUNTED, Selection, read_page
from citewell.db.words import containing, words_query


@dataclass(frozen=True)
class OpinionFilters:
    """Combined by AND. `search` looks into the text and into the question that it is about."""

    status: str | None = None
    is_positive: bool | None = None
    search: str = ""


@dataclass(frozen=True)
class OpinionTable:
    """`alias` is what the statements call its rows. `searched` is the condition of a search: it reads the parameters
    `words`, a tsquery, and `like`, a pattern."""

    name: str
    alias: str
    columns: str
    joins: str
    searched: str

    def given_by(self, project_id: UUID, giver: UUID | None) -> Selection:
        """What one user of the project gave, or with None everybody, newest first."""
        alias = self.alias
        selection = Selection(
            self.columns, f"{self.name} {alias}", f"{alias}.created_at DESC, {alias}.id DESC", joins=self.joins
        )
        selection.where(f"{alias}.project_id = %(project)s", project=project_id)
        if giver is not None:
            selection.where(f"{alias}.given_by = %(user)s", user=giver)
        return selection

    async def narrow(self, database: Database, selection: Selection, filters: OpinionFilters) -> bool:
        """Apply the filters, the search last; False if nothing can be found."""
        if filters.status is not None:
            selection.where(f"{self.alias}.status = %(status)s", status=filters.status)
        if filters.is_positive is not None:
            selection.where(f"{self.alias}.is_positive = %(is_positive)s", is_positive=filters.is_positive)
        if filters.search:
            words = await words_query(database, selection.parameters["project"], filters.search)
            if words is None:
                return False
            selection.where(self.searched, words=words, like=containing(filters.search))
            selection.count_at_most = MOST_COUNTED
        return True

    async def read_page(
        self, database: Database, selection: Selection, filters: OpinionFilters, limit: int, offset: int
    ) -> tuple[int, list[Any]]:
        """Returns (number of rows of the selection that pass the filters, page of them)."""
        if not await self.narrow(database, selection, filters):
            return 0, []
        return await read_page(database, selection, limit, offset)

    async def read_row(self, database: Database, project_id: UUID, row_id: UUID) -> Any:
        """Returns one row with the columns of a list."""
        selection = self.given_by(project_id, None)
        selection.where(f"{self.alias}.id = %(id)s", id=row_id)
        parameters = selection.parameters | {"limit": 1, "offset": 0}
        [row] = await database.direct.fetch(selection.rows_statement(), parameters)
        return row
