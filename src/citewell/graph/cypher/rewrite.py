"""Putting other expressions in the place of parts of an expression."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from citewell.graph.cypher import aggregates
from citewell.graph.cypher.syntax import Call, Expr, Item, Subquery, Variable, children


def rewritten(node: Any, change: Callable[[Any], Any | None]) -> Any:
    """A copy of the tree in which `change` decides, from the top, what stands for a node; None leaves it."""
    changed = change(node)
    if changed is not None:
        return changed
    found = {one.name: _value(getattr(node, one.name), change) for one in fields(node)}
    return replace(node, **found)


def _value(value: Any, change: Callable[[Any], Any | None]) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(one, change) for one in value)
    return rewritten(value, change) if isinstance(value, Expr) else value


def with_aliases(expression: Expr, items: Sequence[Item]) -> Expr:
    """The expression with names of items for what they project, as ORDER BY may repeat it."""
    known = [(item.expression, item.name) for item in items]

    def change(node: Any) -> Any | None:
        for projected, name in known:
            if node == projected and not isinstance(node, Variable):
                return Variable(name, at=node.at)
        return None

    made: Expr = rewritten(expression, change)
    return made


def aggregates_in(node: Any) -> Iterator[Call]:
    """The calls of aggregates, the outermost ones; those inside of a subquery are its own."""
    if isinstance(node, Call) and node.name in aggregates.NAMES:
        yield node
    elif not isinstance(node, Subquery):
        for child in children(node):
            yield from aggregates_in(child)


def has_aggregate(node: Any) -> bool:
    return next(aggregates_in(node), None) is not None
