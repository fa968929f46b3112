"""Plans the order in which a MATCH finds the parts of its patterns.

Each element of a pattern has a slot: its name, or a generated one. Conditions are split at AND, and each is checked as
soon as all its names are bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from citewell.graph.cypher.store import Graph
from citewell.graph.cypher.syntax import (
    Binary,
    Comparison,
    Expr,
    MapOf,
    NodePattern,
    PathPattern,
    Property,
    RelationPattern,
    Variable,
    walk,
)


@dataclass
class Find:
    """Finds a node: the bound one, or those with a property or label, or all."""

    node: NodePattern
    slot: str
    by: tuple[str, Expr] | None
    checks: list[Expr] = field(default_factory=list)


@dataclass
class Expand:
    """Follows a relation from one node to the next. `backwards` means from right to left in the pattern."""

    relation: RelationPattern
    slot: str
    source: str
    node: NodePattern
    target: str
    backwards: bool
    checks: list[Expr] = field(default_factory=list)


@dataclass
class Connect:
    """Finds a shortest path, or with `every` all of them, between two bound nodes."""

    relation: RelationPattern
    slot: str
    source: str
    target: str
    every: bool
    checks: list[Expr] = field(default_factory=list)


@dataclass
class Join:
    """Builds the path from its slots."""

    name: str
    slots: tuple[str, ...]
    checks: list[Expr] = field(default_factory=list)


Step = Find | Expand | Connect | Join


def names_of(patterns: Sequence[PathPattern]) -> list[str]:
    """Returns the names that the patterns bind, each once."""
    found = [element.variable for pattern in patterns for element in pattern.elements]
    return list(dict.fromkeys(name for name in (*found, *(one.variable for one in patterns)) if name is not None))


def plan(graph: Graph, patterns: Sequence[PathPattern], where: Expr | None, bound: Sequence[str]) -> list[Step]:
    """Returns the steps in their order. `bound` are the names that are bound before."""
    slotted = [_slots(number, pattern) for number, pattern in enumerate(patterns)]
    conditions = [*_conjuncts(where), *(one for pair in slotted for one in _property_tests(*pair))]
    own = {slot for _, slots in slotted for slot in slots} | set(names_of(patterns))
    waiting = [(condition, _names(condition) & own) for condition in conditions]
    known, steps = set(bound), list[Step]()
    left = list(slotted)
    while left:
        pattern, slots = min(left, key=lambda pair: _cost(graph, pair[0], pair[1], known, waiting))
        left.remove((pattern, slots))
        for step in _steps(graph, pattern, slots, known, waiting):
            known |= _given(step)
            ready = [condition for condition, names in waiting if names <= known]
            waiting = [pair for pair in waiting if not pair[1] <= known]
            step.checks = ready
            steps.append(step)
    return steps


def _slots(number: int, pattern: PathPattern) -> tuple[PathPattern, tuple[str, ...]]:
    return pattern, tuple(one.variable or f"\0{number}.{place}" for place, one in enumerate(pattern.elements))


def _conjuncts(where: Expr | None) -> Iterator[Expr]:
    match where:
        case None:
            return
        case Binary("AND", left, right):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield where


def _property_tests(pattern: PathPattern, slots: Sequence[str]) -> Iterator[Expr]:
    """Yields the properties {key: value} of nodes and single relations as conditions.

    Those of patterns of variable length are checked at each hop.
    """
    for element, slot in zip(pattern.elements, slots, strict=True):
        if isinstance(element.properties, MapOf) and not (isinstance(element, RelationPattern) and element.hops):
            for key, value in element.properties.entries:
                of = Property(Variable(slot, at=value.at), key, at=value.at)
                yield Comparison(of, (("=", value),), at=value.at)


def _names(node: Expr) -> set[str]:
    named = (NodePattern, RelationPattern, PathPattern)
    found = {
        one.name if isinstance(one, Variable) else one.variable
        for one in walk(node)
        if isinstance(one, (Variable, *named))
    }
    return {name for name in found if name is not None}


def _cost(
    graph: Graph,
    pattern: PathPattern,
    slots: Sequence[str],
    known: set[str],
    waiting: Sequence[tuple[Expr, set[str]]],
) -> int:
    return min(_start_cost(graph, node, slot, known, waiting) for node, slot in _nodes(pattern, slots))


def _nodes(pattern: PathPattern, slots: Sequence[str]) -> list[tuple[NodePattern, str]]:
    return list(zip(pattern.nodes, slots[::2], strict=True))


def _start_cost(
    graph: Graph, node: NodePattern, slot: str, known: set[str], waiting: Sequence[tuple[Expr, set[str]]]
) -> int:
    if slot in known:
        return 0
    if _lookup(slot, known, waiting) is not None:
        return 1
    return 2 + len(graph.labelled(node.labels, node.either))


def _lookup(slot: str, known: set[str], waiting: Sequence[tuple[Expr, set[str]]]) -> tuple[str, Expr] | None:
    """Returns (property, expression) if a condition requires a property of the slot to equal a known value."""
    for condition, names in waiting:
        match condition:
            case Comparison(Property(Variable(name), key), (("=", value),)) if name == slot:
                pass
            case Comparison(value, (("=", Property(Variable(name), key)),)) if name == slot:
                pass
            case _:
                continue
        if names - known <= {slot} and slot not in _names(value):
            return key, value
    return None


def _steps(
    graph: Graph,
    pattern: PathPattern,
    slots: tuple[str, ...],
    known: set[str],
    waiting: Sequence[tuple[Expr, set[str]]],
) -> Iterator[Step]:
    nodes = _nodes(pattern, slots)
    costs = [_start_cost(graph, node, slot, known, waiting) for node, slot in nodes]
    start = costs.index(min(costs))
    yield Find(*nodes[start], _lookup(nodes[start][1], known, waiting))
    if pattern.shortest:
        other = nodes[1 - start]
        yield Find(*other, _lookup(other[1], known | {nodes[start][1]}, waiting))
        yield Connect(pattern.relations[0], slots[1], slots[0], slots[2], pattern.shortest == "all")
    else:
        for place in range(start, len(nodes) - 1):
            relation = pattern.relations[place]
            yield Expand(relation, slots[2 * place + 1], nodes[place][1], *nodes[place + 1], backwards=False)
        for place in range(start, 0, -1):
            relation = _reversed(pattern.relations[place - 1])
            yield Expand(relation, slots[2 * place - 1], nodes[place][1], *nodes[place - 1], backwards=True)
    if pattern.variable is not None:
        yield Join(pattern.variable, slots)


def _reversed(relation: RelationPattern) -> RelationPattern:
    return replace(relation, direction={"out": "in", "in": "out", "both": "both"}[relation.direction])


def _given(step: Step) -> set[str]:
    match step:
        case Find():
            return {step.slot}
        case Expand():
            return {step.slot, step.target}
        case Connect():
            return {step.slot}
        case Join():
            return {step.name}
