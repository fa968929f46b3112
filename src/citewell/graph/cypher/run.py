"""Runs a query clause by clause. Each clause maps an iterator of rows to another one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from citewell.graph.cypher.aggregates import NAMES as AGGREGATES
from citewell.graph.cypher.aggregates import aggregate
from citewell.graph.cypher.check import check
from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.evaluate import Row, Value
from citewell.graph.cypher.match import Matcher
from citewell.graph.cypher.parser import parse
from citewell.graph.cypher.plan import names_of
from citewell.graph.cypher.rewrite import has_aggregate, rewritten, with_aliases
from citewell.graph.cypher.store import Graph
from citewell.graph.cypher.syntax import Call, CallSubquery, Clause, Expr, Item, Match, Project, Query, Unwind, Variable
from citewell.graph.cypher.values import Sorted, identity

Flow = Callable[[Iterator[Row]], Iterator[Row]]


def run(
    graph: Graph, query: str, parameters: Mapping[str, Any] | None = None, *, max_hops: int | None = None
) -> tuple[list[str], Iterator[Row]]:
    """Returns (columns, rows). Rows are computed lazily. Raises CypherError, also while rows are read."""
    tree = parse(query)
    columns = check(tree, max_hops=max_hops)
    return columns, _Runner(graph, parameters or {}).rows(tree)


def clause_of(graph: Graph, clause: Clause) -> Flow:
    """Compiles one clause to a function of rows, for the conformance tests' code that builds graphs."""
    return _Runner(graph, {}).flow(clause)


def value_of(graph: Graph, expression: Expr) -> Value:
    """Compiles one expression to a function of a row."""
    return _Runner(graph, {}).value(expression)


@dataclass(frozen=True)
class _Slot:
    """An aggregate of a projection, with the name under which the row holds its value."""

    name: str
    call: Call
    argument: Value | None
    share: Value | None


class _Runner(Matcher):
    def rows(self, query: Query) -> Iterator[Row]:
        return self.subquery(query)({})

    def subquery(self, query: Query) -> Callable[[Row], Iterator[Row]]:
        parts = [[self.flow(clause) for clause in part] for part in query.parts]

        def find(row: Row) -> Iterator[Row]:
            found = _chained(parts, row)
            return _distinct(found) if query.distinct and len(parts) > 1 else found

        return find

    def flow(self, clause: Clause) -> Flow:
        match clause:
            case Match():
                return self._match(clause)
            case Unwind():
                return self._unwind(clause)
            case CallSubquery():
                return self._call_subquery(clause)
            case Project():
                return self._project(clause)

    def _match(self, clause: Match) -> Flow:
        find = self.matches(clause.patterns, clause.where)
        names = names_of(clause.patterns)

        def flow(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                found = False
                for made in find(row):
                    found = True
                    yield made
                if clause.optional and not found:
                    yield {**dict.fromkeys(names), **row}

        return flow

    def _unwind(self, clause: Unwind) -> Flow:
        items = self.value(clause.items)

        def flow(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                value = items(row)
                for one in value if isinstance(value, list) else [] if value is None else [value]:
                    yield {**row, clause.variable: one}

        return flow

    def _call_subquery(self, clause: CallSubquery) -> Flow:
        find = self.subquery(clause.query)

        def flow(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                for made in find(row):
                    yield {**row, **made}

        return flow

    def _project(self, clause: Project) -> Flow:
        grouped = any(has_aggregate(item.expression) for item in clause.items)
        project = self._grouped(clause) if grouped else self._plain(clause)
        order = self._order(clause, grouped)
        skip = self._count(clause.skip, "SKIP")
        limit = self._count(clause.limit, "LIMIT")
        keeps = self.condition(clause.where) if clause.where is not None else None

        def flow(rows: Iterator[Row]) -> Iterator[Row]:
            pairs = project(rows)  # the projected row, and the names that ORDER BY and WHERE see
            if clause.distinct:
                pairs = ((made, made) for made in _distinct(made for made, _ in pairs))
            if order is not None:
                pairs = iter(order(list(pairs)))
            start = skip()
            count = limit()
            pairs = islice(pairs, start, None if count is None else (start or 0) + count)
            return (made for made, seen in pairs if keeps is None or keeps(seen))

        return flow

    def _items(self, items: Sequence[Item]) -> list[tuple[str, Value]]:
        return [(item.name, self.value(item.expression)) for item in items]

    def _plain(self, clause: Project) -> Callable[[Iterator[Row]], Iterator[tuple[Row, Row]]]:
        items = self._items(clause.items)

        def project(rows: Iterator[Row]) -> Iterator[tuple[Row, Row]]:
            for row in rows:
                made = dict(row) if clause.everything else {}
                for name, value in items:
                    made[name] = value(row)
                yield made, {**row, **made}

        return project

    def _grouped(self, clause: Project) -> Callable[[Iterator[Row]], Iterator[tuple[Row, Row]]]:
        slots: list[_Slot] = []
        keys = self._items([item for item in clause.items if not has_aggregate(item.expression)])
        items = [(item.name, self.value(self._with_slots(item.expression, slots))) for item in clause.items]
        ordered = [self._with_slots(with_aliases(one.expression, clause.items), slots) for one in clause.order]

        def project(rows: Iterator[Row]) -> Iterator[tuple[Row, Row]]:
            groups: dict[Any, tuple[Row, list[list[Any]]]] = {}
            for row in rows:
                key = tuple(identity(value(row)) for _, value in keys)
                if clause.everything:
                    key += tuple(identity(one) for one in row.values())
                _, collected = groups.setdefault(key, (row, [[] for _ in slots]))
                for slot, values in zip(slots, collected, strict=True):
                    values.append(1 if slot.argument is None else slot.argument(row))
            if not groups and not keys and not clause.everything:
                groups[()] = ({}, [[] for _ in slots])
            for row, collected in groups.values():
                results = {
                    slot.name: _aggregated(slot, values, row) for slot, values in zip(slots, collected, strict=True)
                }
                made = dict(row) if clause.everything else {}
                made |= {name: value({**row, **results}) for name, value in items}
                yield made, {**row, **results, **made} if ordered else made

        return project

    def _with_slots(self, expression: Expr, slots: list[_Slot]) -> Expr:
        def change(node: Any) -> Any | None:
            if not (isinstance(node, Call) and node.name in AGGREGATES):
                return None
            known = next((slot for slot in slots if slot.call == node), None)
            if known is None:
                values = [self.value(one) for one in node.arguments]
                known = _Slot(f"\0{len(slots)}", node, values[0] if values else None, values[1] if values[1:] else None)
                slots.append(known)
            return Variable(known.name, at=node.at)

        made: Expr = rewritten(expression, change)
        return made

    def _order(self, clause: Project, grouped: bool) -> Callable[[list[tuple[Row, Row]]], list[tuple[Row, Row]]] | None:
        if not clause.order:
            return None
        slots = self._known_slots(clause) if grouped else []
        keys = [
            (self.value(self._with_slots(with_aliases(one.expression, clause.items), slots)), one.descending)
            for one in clause.order
        ]

        def order(pairs: list[tuple[Row, Row]]) -> list[tuple[Row, Row]]:
            for key, descending in reversed(keys):
                pairs.sort(key=lambda pair: Sorted(key(pair[1])), reverse=descending)
            return pairs

        return order

    def _known_slots(self, clause: Project) -> list[_Slot]:
        """Returns the slots in the order in which `_grouped` numbers them."""
        slots: list[_Slot] = []
        for item in clause.items:
            self._with_slots(item.expression, slots)
        return slots

    def _count(self, expression: Expr | None, word: str) -> Callable[[], int | None]:
        if expression is None:
            return lambda: None
        value, at = self.value(expression), expression.at

        def count() -> int:
            number = value({})
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise CypherError(f"{word} takes a whole number from 0.", at)
            return number

        return count


def _aggregated(slot: _Slot, values: Sequence[Any], row: Row) -> Any:
    try:
        share = slot.share(row) if slot.share is not None and row else None
        return aggregate(slot.call.name, values, slot.call.distinct, share)
    except CypherError as error:
        error.at = slot.call.at if error.at is None else error.at
        raise


def _chained(parts: Sequence[Sequence[Flow]], row: Row) -> Iterator[Row]:
    for flows in parts:
        rows: Iterator[Row] = iter([row])
        for flow in flows:
            rows = flow(rows)
        yield from rows


def _distinct(rows: Iterator[Row]) -> Iterator[Row]:
    seen: set[Any] = set()
    for row in rows:
        key = tuple(identity(value) for value in row.values())
        if key not in seen:
            seen.add(key)
            yield row
