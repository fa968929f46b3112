"""Translates filters of rows to SQL. Names and values become parameters, so that no SQL can be injected."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from citewell.errors import InvalidFields
from citewell.tables.columns import ColumnType, fits

MAX_VALUES = 10_000
_KEYS = {"id": "row_id", "document_id": "document_id", "chunk_id": "chunk_id"}  # columns with an index
RANGES = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_OPERATORS = ("eq", "ne", "in", "not_in", "isnull", "contains", *RANGES)
_ORDERED: tuple[ColumnType, ...] = ("int", "number", "date", "text")


class RowFilter:
    """Conditions on the columns of `table_rows`, with their parameters."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.parameters: dict[str, Any] = {}

    def where(self) -> str:
        """Returns the conditions joined by AND; "true" if there are none."""
        return " AND ".join(self.conditions) or "true"

    def add(self, template: str, **values: Any) -> None:
        """Adds a condition.

        `{name}` in `template` is replaced by the parameter of that name; texts are cast to text.
        """
        number = len(self.conditions)
        names = {name: f"f{number}_{name}" for name in values}
        places = {name: _place(unique, values[name]) for name, unique in names.items()}
        self.conditions.append(template.format(**places))
        self.parameters.update({names[name]: value for name, value in values.items()})


def _place(parameter: str, value: Any) -> str:
    return f"CAST(:{parameter} AS text)" if isinstance(value, str) else f":{parameter}"


def row_filter(filters: Mapping[str, Any], types: Mapping[str, ColumnType]) -> RowFilter:
    """Reads filters as clients send them.

    A filter is `column: value` (equal), `column: [values]` (one of them), `column: null` (empty), `column: {"gte": 1,
    "lt": 9}` or `column__gte: 1`. Operators: eq, ne, in, not_in, isnull, contains (text, without regard to case), gt,
    gte, lt, lte. Raises InvalidFields that names the filter and says what would be right.
    """
    found = RowFilter()
    for column, operator, value in conditions_of(filters, types):
        _add(found, column, types[column], operator, value)
    return found


def conditions_of(filters: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yields (column, operator, value) of each condition. Raises InvalidFields for a column that is not in `types`."""
    for name, value in filters.items():
        column, _, suffix = name.rpartition("__")
        if name in types:
            column, suffix = name, ""
        elif column not in types or suffix not in _OPERATORS:
            known = ", ".join(types)
            raise InvalidFields({f"filters.{name[:100]}": [f"There is no such column: the table has {known}."]})
        if suffix:
            yield column, suffix, value
        elif isinstance(value, dict) and value and all(key in _OPERATORS for key in value):
            yield from ((column, operator, one) for operator, one in value.items())
        else:
            yield column, "in" if isinstance(value, list) else "eq", value


def _add(found: RowFilter, column: str, kind: ColumnType, operator: str, value: Any) -> None:
    place = f"filters.{column}"
    if operator == "isnull":
        if not isinstance(value, bool):
            raise InvalidFields({place: ["isnull must be true or false."]})
        found.add(f"(data -> {{name}}) IS {'' if value else 'NOT '}NULL", name=column)
    elif value is None and operator in ("eq", "ne"):
        _add(found, column, kind, "isnull", operator == "eq")
    elif operator in ("eq", "ne", "in", "not_in"):
        values = value if operator in ("in", "not_in") else [value]
        _add_membership(found, column, kind, values, place, negated=operator in ("ne", "not_in"))
    elif operator == "contains":
        if not isinstance(value, str) or kind not in ("text", "uuid", "json", "date"):
            raise InvalidFields({place: ["contains needs a text, and a column of type text."]})
        found.add(
            "strpos(lower(data ->> {name}), lower({value})) > 0", name=column, value=value.replace("\x00", "\ufffd")
        )
    else:
        _add_range(found, column, kind, operator, value, place)


def _add_membership(found: RowFilter, column: str, kind: ColumnType, values: Any, place: str, *, negated: bool) -> None:
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise InvalidFields({place: [f"Must be a list of {MAX_VALUES} values at most."]})
    for value in values:
        if value is not None and not fits(value, kind):
            raise InvalidFields({place: [f"Must be a value of type {kind}, or a list of such values."]})
    present = [value for value in values if value is not None]
    if column in _KEYS and not negated and len(present) == len(values):
        found.add(f"{_KEYS[column]} = ANY(CAST({{values}} AS text[]))", values=[str(value) for value in present])
        return
    test = "(data -> {name}) = ANY(CAST({values} AS jsonb[]))"
    if len(present) < len(values):
        test = f"({test} OR (data -> {{name}}) IS NULL)"
    found.add(
        f"NOT coalesce({test}, false)" if negated else test,
        name=column,
        values=[msgspec.json.encode(value).decode() for value in present],
    )


def _add_range(found: RowFilter, column: str, kind: ColumnType, operator: str, value: Any, place: str) -> None:
    if kind not in _ORDERED or not fits(value, kind):
        raise InvalidFields({place: [f"{operator} compares numbers, dates and texts; {column} is of type {kind}."]})
    sign = RANGES[operator]
    if kind in ("int", "number"):
        test = f"CAST(data ->> {{name}} AS numeric) {sign} CAST({{value}} AS numeric)"
        found.add(f"(data -> {{name}}) IS NOT NULL AND {test}", name=column, value=str(value))
    else:
        found.add(f'(data ->> {{name}}) COLLATE "C" {sign} {{value}}', name=column, value=value)
