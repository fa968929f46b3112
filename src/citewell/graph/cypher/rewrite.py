"""Replaces parts of expressions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from citewell.graph.cypher import aggregates
from citewell.graph.cypher.syntax import Call, Expr, Item, Subquery, Variable, children


def rewritten(node: Any, change: Callable[[Any], Any | None]) -> Any:
    """Returns a copy of the tree.

    `change` returns the replacement of a node, or None to keep it and go into its parts.
    """
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
    """Returns the expression with each part that an item projects replaced by the item's name, as ORDER BY needs it."""
    known = [(item.expression, item.name) for item in items]

    def change(node: Any) -> Any | None:
        for projected, name in known:
            if node == projected and not isinstance(node, Variable):
                return Variable(name, at=node.at)
        return None

    made: Expr = rewritten(expression, change)
    return made


def aggregates_in(node: Any) -> Iterator[Call]:
    """Yields the outermost calls of aggregates. Those inside a subquery belong to it and are left out."""
    if isinstance(node, Call) and node.name in aggregates.NAMES:
        yield node
    elif not isinstance(node, Subquery):
        for child in children(node):
            yield from aggregates_in(child)


def has_aggregate(node: Any) -> bool:
    return next(aggregates_in(node), None) is not None
