"""The tables that every project has from the start: the chunks of its documents, and the blocks that they are made of.

They are read as they are stored, those of the published versions. Nobody writes them but the pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.errors import InvalidFields, NotFound

ColumnType = Literal["uuid", "text", "int", "json"]
MAX_VALUES = 1000  # of a filter
_LIVE = (
    "documents d JOIN chunks c ON c.project_id = d.project_id AND c.version_id = d.live_version_id"
    " AND c.document_id = d.id"
)


@dataclass(frozen=True)
class Column:
    """`expression` is its value in SQL."""

    type: ColumnType
    expression: str
    filtered: bool = True


@dataclass(frozen=True)
class TableSpec:
    name: str
    object_type: str
    source: str
    order: str
    columns: Mapping[str, Column]

    def id_in(self, project_id: UUID) -> UUID:
        return uuid5(project_id, f"table:{self.name}")

    def to_wire(self, project_id: UUID, made: datetime) -> dict[str, Any]:
        return {
            "id": self.id_in(project_id),
            "name": self.name,
            "columns": [{"name": name, "type": column.type} for name, column in self.columns.items()],
            "object_type": self.object_type,
            "object_metadata": {},
            "table_version_dependencies": {},
            "created_at": made,
            "updated_at": made,
        }


TABLES = (
    TableSpec(
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
    TableSpec(
        "blocks",
        "block",
        f"{_LIVE} CROSS JOIN LATERAL jsonb_array_elements(c.blocks) WITH ORDINALITY AS b (block, number)",
        "d.id, c.ordinal, b.number",
        {
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


def find(project_id: UUID, table_id: UUID) -> TableSpec:
    """Raises NotFound."""
    for table in TABLES:
        if table.id_in(project_id) == table_id:
            return table
    raise NotFound("There is no such table in this project.")


async def read(
    database: Database,
    project_id: UUID,
    table: TableSpec,
    *,
    columns: list[str] | None,
    filters: Mapping[str, Any],
    limit: int,
    offset: int,
) -> tuple[int, list[dict[str, Any]]]:
    """The number of all rows that pass, and some of them by document and place. Raises InvalidFields."""
    names = list(dict.fromkeys(columns)) if columns else list(table.columns)
    if unknown := [name for name in names if name not in table.columns]:
        known = ", ".join(table.columns)
        raise InvalidFields({"columns": [f"{_quoted(unknown)}: the table {table.name} has {known}."]})
    chosen = ", ".join(f"{table.columns[name].expression} AS {name}" for name in names)
    selection = Selection(chosen, table.source, table.order)
    selection.where("d.project_id = %(project)s AND d.status = 'active' AND d.local_to IS NULL", project=project_id)
    for number, (name, value) in enumerate(filters.items()):
        column = table.columns.get(name)
        if column is None or not column.filtered:
            allowed = ", ".join(name for name, column in table.columns.items() if column.filtered)
            raise InvalidFields({"filters": [f"{_quoted([name])}: the table {table.name} is filtered by {allowed}."]})
        values = [_checked(name, column, one) for one in (value if isinstance(value, list) else [value])]
        if len(values) > MAX_VALUES:
            raise InvalidFields({"filters": [f"{name} may have {MAX_VALUES} values at most."]})
        selection.where(f"{column.expression} = ANY(%(value{number})s)", **{f"value{number}": values})
    count, rows = await read_page(database, selection, limit, offset)
    return count, [row._asdict() for row in rows]


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
