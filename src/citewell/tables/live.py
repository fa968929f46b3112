"""Live versions of tables: the chunks of the published documents, and the blocks of these chunks.

Every project has these two tables from the start. They are read-only views of the rows that the pipeline stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import Selection
from citewell.db.read_session import run_driver_sql
from citewell.errors import InvalidFields
from citewell.kit.ids import is_uuid
from citewell.kit.places import blocks_with_contents
from citewell.models import KnowledgeTable, TableVersion
from citewell.tables.columns import fits
from citewell.tables.row_filter import RANGES, conditions_of

LiveType = Literal["uuid", "text", "int", "json"]
MAX_VALUES = 1000  # of a filter
_LIVE = (
    "documents d JOIN chunks c ON c.project_id = d.project_id AND c.version_id = d.live_version_id"
    " AND c.document_id = d.id"
)


@dataclass(frozen=True)
class Column:
    """A column of a live table. `expression` is its value in SQL."""

    type: LiveType
    expression: str


@dataclass(frozen=True)
class LiveTable:
    name: str
    object_type: str
    source: str
    order: str
    columns: Mapping[str, Column]

    def described(self) -> list[dict[str, str]]:
        """Returns the columns in the form in which tables store theirs."""
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
            "content": Column("text", "c.content"),
            "min_page": Column("int", "c.min_page"),
            "max_page": Column("int", "c.max_page"),
            "blocks": Column("json", "c.blocks"),
            "heading_path": Column("json", "to_jsonb(c.heading_path)"),
        },
    ),
    LiveTable(
        "blocks",
        "block",
        f"{_LIVE} CROSS JOIN LATERAL jsonb_array_elements(c.blocks) WITH ORDINALITY AS b (block, number)",
        "d.id, c.ordinal, b.number",
        {
            "id": Column("uuid", "md5(c.id::text || ':' || b.number)::uuid"),
            "chunk_id": Column("uuid", "c.id"),
            "document_id": Column("uuid", "d.id"),
            "number": Column("int", "b.number::int"),
            "type": Column("text", "b.block->>'type'"),
            "page": Column("int", "(b.block->>'page')::int"),
            "bbox": Column("json", "b.block->'bbox'"),
            "content": Column(
                "text",
                "substr(c.content, (b.block->>'start')::int + 1, (b.block->>'end')::int - (b.block->>'start')::int)",
            ),
        },
    ),
)


LIVE_TABLES = {table.name: table for table in _LIVE_TABLES}


async def add_live_tables(session: AsyncSession, project_id: UUID) -> None:
    """Adds the live tables of a new project, each with its live version."""
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
    """Returns (number of rows that pass the filters, one page of them).

    The rows are ordered by document and position. Raises InvalidFields.
    """
    live = LIVE_TABLES[table.name]
    names = list(dict.fromkeys(columns)) if columns else list(live.columns)
    if unknown := [name for name in names if name not in live.columns]:
        known = ", ".join(live.columns)
        raise InvalidFields({"columns": [f"{_quoted(unknown)}: the table {live.name} has {known}."]})
    read = [*names, "content"] if "blocks" in names and "content" not in names else names
    chosen = ", ".join(f"{live.columns[name].expression} AS {name}" for name in read)
    selection = _selection(live, chosen, filters)
    selection.where("d.project_id = %(project)s", project=table.project_id)
    page = selection.parameters | {"limit": limit, "offset": offset}
    found = (await run_driver_sql(session, selection.rows_statement(), page)).mappings().all()
    rows = [_with_contents(dict(row), names) for row in found]
    if len(rows) < limit and (rows or not offset):
        return offset + len(rows), rows
    counted = await run_driver_sql(session, selection.count_statement(), selection.parameters)
    return int(counted.scalar_one()), rows


def _with_contents(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Returns the row with the text of each block added, which is stored in the chunk's content only."""
    if "blocks" in names and isinstance(row["blocks"], list):
        row["blocks"] = blocks_with_contents(row["blocks"], row["content"])
    return {name: row[name] for name in names}


def _selection(live: LiveTable, chosen: str, filters: Mapping[str, Any]) -> Selection:
    selection = Selection(chosen, live.source, live.order)
    selection.where("d.status = 'active' AND d.local_to IS NULL")
    for column, operator, value in conditions_of(filters, live.columns):
        _add(selection, live, column, operator, value)
    return selection


def _add(selection: Selection, live: LiveTable, name: str, operator: str, value: Any) -> None:
    """Adds a condition with an operator of `citewell.tables.row_filter`. Raises InvalidFields."""
    column, place = live.columns[name], f"filters.{name}"
    text, parameter = column.expression, f"value{len(selection.parameters)}"
    if operator == "isnull" or (value is None and operator in ("eq", "ne")):
        wanted = operator == "eq" if value is None else value
        if not isinstance(wanted, bool):
            raise InvalidFields({place: ["isnull must be true or false."]})
        selection.where(f"({text}) IS {'' if wanted else 'NOT '}NULL")
    elif column.type == "json":
        allowed = ", ".join(one for one, other in live.columns.items() if other.type != "json")
        raise InvalidFields({place: [f"The table {live.name} is filtered by {allowed}."]})
    elif operator in ("eq", "ne", "in", "not_in"):
        values = value if operator in ("in", "not_in") else [value]
        _add_membership(selection, column, place, parameter, values, negated=operator in ("ne", "not_in"))
    elif operator == "contains" and column.type == "text" and isinstance(value, str):
        wanted = value.replace("\x00", "\ufffd")
        selection.where(f"strpos(lower({text}), lower(%({parameter})s::text)) > 0", **{parameter: wanted})
    elif operator in RANGES and column.type in ("int", "text"):
        order = ' COLLATE "C"' if column.type == "text" else ""
        checked = _checked(place, column, value)
        selection.where(f"({text}){order} {RANGES[operator]} %({parameter})s", **{parameter: checked})
    else:
        raise InvalidFields({place: [f"{operator} does not compare values of type {column.type} with this one."]})


def _add_membership(
    selection: Selection, column: Column, place: str, parameter: str, values: Any, *, negated: bool
) -> None:
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise InvalidFields({place: [f"Must be a list of {MAX_VALUES} values at most."]})
    present = [_checked(place, column, one) for one in values if one is not None]
    test = f"({column.expression}) = ANY(%({parameter})s)"
    if len(present) < len(values):
        test = f"({test} OR ({column.expression}) IS NULL)"
    selection.where(f"NOT coalesce({test}, false)" if negated else test, **{parameter: present})


def _checked(place: str, column: Column, value: Any) -> Any:
    wrong = InvalidFields({place: [f"Must be a value of type {column.type}, or a list of such values."]})
    if column.type == "uuid" and isinstance(value, str) and is_uuid(value):
        return UUID(value)
    if column.type == "int" and fits(value, "int") and abs(value) < 2**31:
        return value
    if column.type == "text" and fits(value, "text"):
        return value
    raise wrong


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name[:100]}"' for name in names[:5])
