"""The syntax tree. Nodes are equal where their text means the same; `at` is the offset in the query."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class Expr:
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Literal(Expr):
    value: Any


@dataclass(frozen=True)
class Parameter(Expr):
    name: str


@dataclass(frozen=True)
class Variable(Expr):
    name: str


@dataclass(frozen=True)
class Property(Expr):
    of: Expr
    key: str


@dataclass(frozen=True)
class HasLabels(Expr):
    of: Expr
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Subscript(Expr):
    of: Expr
    index: Expr


@dataclass(frozen=True)
class Slice(Expr):
    of: Expr
    low: Expr | None
    high: Expr | None


@dataclass(frozen=True)
class Unary(Expr):
    """`operator`: NOT, -, +, IS NULL, IS NOT NULL."""

    operator: str
    of: Expr


@dataclass(frozen=True)
class Binary(Expr):
    """`operator`: OR, XOR, AND, + - * / % ^, IN, =~, STARTS WITH, ENDS WITH, CONTAINS."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Comparison(Expr):
    """A chain such as a < b <= c."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class ListOf(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class MapOf(Expr):
    entries: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class Projection(Expr):
    """A map of some properties: n {.name, .*, key: value}."""

    of: Variable
    everything: bool
    entries: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class Call(Expr):
    """`name` in lower case. count(*) has no arguments."""

    name: str
    arguments: tuple[Expr, ...]
    distinct: bool = False


@dataclass(frozen=True)
class Case(Expr):
    subject: Expr | None
    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr | None


@dataclass(frozen=True)
class Comprehension(Expr):
    variable: str
    items: Expr
    where: Expr | None
    result: Expr | None


@dataclass(frozen=True)
class Quantifier(Expr):
    """`kind`: all, any, none, single."""

    kind: str
    variable: str
    items: Expr
    where: Expr


@dataclass(frozen=True)
class Reduce(Expr):
    total: str
    start: Expr
    variable: str
    items: Expr
    step: Expr


@dataclass(frozen=True)
class NodePattern:
    """A node with all `labels` and, if there are some, one of `either`."""

    variable: str | None
    labels: tuple[str, ...]
    properties: Expr | None
    either: tuple[str, ...] = ()
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class RelationPattern:
    """`direction`: out, in, both. `hops` is (least, most) of a pattern of variable length; most may be None."""

    variable: str | None
    types: tuple[str, ...]
    properties: Expr | None
    direction: str
    hops: tuple[int, int | None] | None
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class PathPattern:
    """`elements` alternates nodes and relations. `shortest`: "", "one" or "all"."""

    variable: str | None
    elements: tuple[Any, ...]
    shortest: str = ""
    at: int = field(default=0, compare=False, kw_only=True)

    @property
    def nodes(self) -> tuple[NodePattern, ...]:
        return self.elements[::2]

    @property
    def relations(self) -> tuple[RelationPattern, ...]:
        return self.elements[1::2]


@dataclass(frozen=True)
class PatternTest(Expr):
    """Whether there is such a path."""

    pattern: PathPattern


@dataclass(frozen=True)
class PatternComprehension(Expr):
    pattern: PathPattern
    where: Expr | None
    result: Expr


@dataclass(frozen=True)
class Subquery(Expr):
    """`kind`: exists, count or collect."""

    kind: str
    query: "Query"


@dataclass(frozen=True)
class Match:
    optional: bool
    patterns: tuple[PathPattern, ...]
    where: Expr | None
    at: int = 0


@dataclass(frozen=True)
class Unwind:
    items: Expr
    variable: str
    at: int = 0


@dataclass(frozen=True)
class CallSubquery:
    query: "Query"
    at: int = 0


@dataclass(frozen=True)
class Item:
    expression: Expr
    name: str
    aliased: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Order:
    expression: Expr
    descending: bool


@dataclass(frozen=True)
class Project:
    """WITH and RETURN."""

    final: bool
    distinct: bool
    everything: bool
    items: tuple[Item, ...]
    order: tuple[Order, ...]
    skip: Expr | None
    limit: Expr | None
    where: Expr | None
    at: int = 0


Clause = Match | Unwind | CallSubquery | Project


@dataclass(frozen=True)
class Query:
    """Parts joined by UNION; `distinct` says whether without ALL."""

    parts: tuple[tuple[Clause, ...], ...]
    distinct: bool = True


def children(node: Any) -> Iterator[Any]:
    """Yields the nodes right below a node of the tree."""
    for one in fields(node):
        yield from _nodes(getattr(node, one.name))


def _nodes(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for inner in value:
            yield from _nodes(inner)
    elif is_dataclass(value):
        yield value


def walk(node: Any) -> Iterator[Any]:
    """Yields the node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)
