"""Live versions of tables: the chunks of the published documents, and the blocks that they are made of.

Every project has these two tables from the start. Their rows are read where the pipeline stores them; nobody writes
them here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import Selection
from citewell.errors import InvalidFields
from citewell.models import KnowledgeTable, TableVersion

LiveType = Literal["uuid", "text", "int", "json"]
MAX_VALUES = 1000  # of a filter
_LIVE = (
    "documents d JOIN chunks c ON c.project_id = d.project_id AND c.version_id = d.live_version_id"
    " AND c.document_id = d.id"
)


@dataclass(frozen=True)
class Column:
    """`expression` is its value in SQL."""

    type: LiveType
    expression: str
    filtered: bool = True


@dataclass(frozen=True)
class LiveTable:
    name: str
    object_type: str
    source: str
    order: str
    columns: Mapping[str, Column]

    def described(self) -> list[dict[str, str]]:
        """The columns as tables store them."""
        return [{"name": name, "type": column.type} for name, column in self.columns.items()]


_LIVE_TABLES = (
    LiveTable(
        "chunks",
        "chunk",
        _LIVE,
        "d.id, c.ordinal",
        {
            "id": Column("uuid", "c.id"),
            "document_id": Column("uuid", "d.id"),
            "content": Column("text", "c.content", filtered=False),
            "min_page": Column("int", "c.min_page"),
            "max_page": Column("int", "c.max_page"),
            "blocks": Column("json", "c.blocks", filtered=False),
            "heading_path": Column("json", "to_jsonb(c.heading_path)", filtered=False),
        },
    ),
    LiveTable(
        "blocks",
        "block",
        f"{_LIVE} CROSS JOIN LATERAL jsonb_array_elements(c.blocks) WITH ORDINALITY AS b (block, number)",
        "d.id, c.ordinal, b.number",
        {
            "id": Column("uuid", "md5(c.id::text || ':' || b.number)::uuid", filtered=False),
            "chunk_id": Column("uuid", "c.id"),
            "document_id": Column("uuid", "d.id"),
            "number": Column("int", "b.number::int"),
            "type": Column("text", "b.block->>'type'"),
            "page": Column("int", "(b.block->>'page')::int"),
            "bbox": Column("json", "b.block->'bbox'", filtered=False),
            "content": Column(
                "text",
                "substr(c.content, (b.block->>'start')::int + 1, (b.block->>'end')::int - (b.block->>'start')::int)",
                filtered=False,
            ),
        },
    ),
)


LIVE_TABLES = {table.name: table for table in _LIVE_TABLES}


async def add_live_tables(session: AsyncSession, project_id: UUID) -> None:
    """The tables of a new project, each with its live version."""
    for live in _LIVE_TABLES:
        table = KnowledgeTable(
            project_id=project_id,
            id=uuid5(project_id, f"table:{live.name}"),
            name=live.name,
            object_type=live.object_type,
            columns=live.described(),
        )
        session.add(table)
        await session.flush()
        session.add(
            TableVersion(project_id=project_id, id=uuid5(table.id, "live"), table_id=table.id, number=0, live=True)
        )
    await session.flush()


async def read_live(
    session: AsyncSession,
    table: KnowledgeTable,
    columns: Sequence[str] | None,
    filters: Mapping[str, Any],
    limit: int,
    offset: int,
) -> tuple[int, list[dict[str, Any]]]:
    """Returns how many rows pass the filters, and some of them by document and place. Raises InvalidFields."""
    live = LIVE_TABLES[table.name]
    names = list(dict.fromkeys(columns)) if columns else list(live.columns)
    if unknown := [name for name in names if name not in live.columns]:
        known = ", ".join(live.columns)
        raise InvalidFields({"columns": [f"{_quoted(unknown)}: the table {live.name} has {known}."]})
    chosen = ", ".join(f"{live.columns[name].expression} AS {name}" for name in names)
    selection = _selection(live, chosen, filters)
    selection.where("d.project_id = %(project)s", project=table.project_id)
    page = selection.parameters | {"limit": limit, "offset": offset}
    connection = await session.connection()
    rows = (await connection.exec_driver_sql(selection.rows_statement(), page)).mappings().all()
    if len(rows) < limit and (rows or not offset):
        return offset + len(rows), [dict(row) for row in rows]
    counted = await connection.exec_driver_sql(selection.count_statement(), selection.parameters)
    return int(counted.scalar_one()), [dict(row) for row in rows]


def _selection(live: LiveTable, chosen: str, filters: Mapping[str, Any]) -> Selection:
    selection = Selection(chosen, live.source, live.order)
    selection.where("d.status = 'active' AND d.local_to IS NULL")
    for number, (name, value) in enumerate(filters.items()):
        name = name.removesuffix("__in")
        column = live.columns.get(name)
        if column is None or not column.filtered:
            allowed = ", ".join(name for name, column in live.columns.items() if column.filtered)
            raise InvalidFields({"filters": [f"{_quoted([name])}: the table {live.name} is filtered by {allowed}."]})
        values = [_checked(name, column, one) for one in (value if isinstance(value, list) else [value])]
        if len(values) > MAX_VALUES:
            raise InvalidFields({"filters": [f"{name} may have {MAX_VALUES} values at most."]})
        selection.where(f"{column.expression} = ANY(%(value{number})s)", **{f"value{number}": values})
    return selection


def _checked(name: str, column: Column, value: Any) -> Any:
    wrong = InvalidFields({"filters": [f"{name} is compared with a value of type {column.type}, or a list of such."]})
    if column.type == "uuid":
        try:
            return UUID(value) if isinstance(value, str) else _fail(wrong)
        except ValueError:
            raise wrong from None
    if column.type == "int":
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
        return value if fits else _fail(wrong)
    return value if isinstance(value, str) and "\x00" not in value else _fail(wrong)


def _fail(error: InvalidFields) -> Any:
    raise error


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name[:100]}"' for name in names[:5])
