"""Finds patterns in the graph by backtracking over the steps of a plan."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.evaluate import Evaluator, Row
from citewell.graph.cypher.plan import Connect, Expand, Find, Join, Step, names_of, plan
from citewell.graph.cypher.store import Graph
from citewell.graph.cypher.syntax import Expr, MapOf, NodePattern, PathPattern, RelationPattern
from citewell.graph.cypher.values import Node, Path, Relation, equal

# Runs a step: for each match it sets its slots in the row, yields, and resets them. The set holds the relations that
# are in use.
Way = Callable[[Row, set[int]], Iterator[None]]
Check = Callable[[Row], bool]


class Matcher(Evaluator):
    def __init__(self, graph: Graph, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self._graph = graph

    def paths(self, pattern: PathPattern, where: Expr | None) -> Callable[[Row], Iterator[Row]]:
        return self.matches((pattern,), where)

    def matches(self, patterns: Sequence[PathPattern], where: Expr | None) -> Callable[[Row], Iterator[Row]]:
        """Returns a function from a row to rows extended by each match of all patterns. No relation matches twice."""
        names = names_of(patterns)
        plans: dict[tuple[str, ...], list[Way]] = {}

        def find(row: Row) -> Iterator[Row]:
            bound = tuple(name for name in names if name in row)
            if bound not in plans:
                plans[bound] = [self._way(step) for step in plan(self._graph, patterns, where, bound)]
            env = dict(row)
            for _ in _run(plans[bound], 0, env, set()):
                yield {name: value for name, value in env.items() if name[:1] != "\0"}

        return find

    def _way(self, step: Step) -> Way:
        checks = [self.condition(one) for one in step.checks]
        match step:
            case Find():
                return self._find(step, checks)
            case Expand() if step.relation.hops is not None:
                return self._walk(step, checks)
            case Expand():
                return _expand(step, checks)
            case Connect():
                return _connect(step, checks)
            case Join():
                return _join(step, checks)

    def _find(self, step: Find, checks: Sequence[Check]) -> Way:
        graph, slot, labels, fits = self._graph, step.slot, step.node.labels, _fits(step.node)
        by = (step.by[0], self.value(step.by[1])) if step.by is not None else None
        label = labels[0] if labels else ""

        def find(env: Row, used: set[int]) -> Iterator[None]:
            if slot in env:
                node = _as_node(env[slot])
                if node is not None and fits(node) and all(check(env) for check in checks):
                    yield
                return
            if by is not None:
                value = by[1](env)
                nodes = graph.having(label, by[0], value) if value is not None else []
            else:
                nodes = graph.labelled(labels, step.node.either)
            for node in nodes:
                if fits(node):
                    env[slot] = node
                    if all(check(env) for check in checks):
                        yield
            env.pop(slot, None)

        return find

    def _walk(self, step: Expand, checks: Sequence[Check]) -> Way:
        """Compiles a pattern of variable length."""
        assert step.relation.hops is not None
        least, most = step.relation.hops
        entries = step.relation.properties.entries if isinstance(step.relation.properties, MapOf) else ()
        tests = [(key, self.value(value)) for key, value in entries]
        arrive = _arrival(step, checks)

        def walk(env: Row, used: set[int]) -> Iterator[None]:
            start = _as_node(env[step.source])
            if start is None:
                return
            wanted = [(key, value(env)) for key, value in tests]
            given = env.get(step.slot)
            taken: list[Relation] = []

            def from_here(node: Node) -> Iterator[None]:
                if len(taken) >= least and (given is None or len(given) == len(taken)):
                    yield from arrive(env, node, taken[::-1] if step.backwards else list(taken))
                if most is not None and len(taken) >= most:
                    return
                for relation, other in _neighbours(node, step.relation):
                    if relation.id in used or not _has(relation, wanted) or not _follows(relation, given, taken, step):
                        continue
                    used.add(relation.id)
                    taken.append(relation)
                    yield from from_here(other)
                    taken.pop()
                    used.discard(relation.id)

            yield from from_here(start)

        return walk


def _run(ways: Sequence[Way], place: int, env: Row, used: set[int]) -> Iterator[None]:
    if place == len(ways):
        yield
        return
    for _ in ways[place](env, used):
        yield from _run(ways, place + 1, env, used)


def _as_node(value: Any) -> Node | None:
    if value is None or isinstance(value, Node):
        return value
    raise CypherError("A node is expected here.")


def _neighbours(node: Node, pattern: RelationPattern) -> Iterator[tuple[Relation, Node]]:
    types = pattern.types
    if pattern.direction != "in":
        for relation in node.outgoing:
            if not types or relation.type in types:
                yield relation, relation.end
    if pattern.direction != "out":
        for relation in node.incoming:
            loops = pattern.direction == "both" and relation.start is node
            if not loops and (not types or relation.type in types):
                yield relation, relation.start


def _has(relation: Relation, wanted: Sequence[tuple[str, Any]]) -> bool:
    return all(equal(relation.properties.get(key), value) is True for key, value in wanted)


def _follows(relation: Relation, given: Any, taken: Sequence[Relation], step: Expand) -> bool:
    """Whether the relation is the next one in a list that is bound already."""
    if given is None:
        return True
    place = len(given) - 1 - len(taken) if step.backwards else len(taken)
    return 0 <= place < len(given) and given[place] is relation


def _fits(pattern: NodePattern) -> Callable[[Node], bool]:
    """Returns a function that tells whether a node has the labels of the pattern."""
    wanted, either = frozenset(pattern.labels), frozenset(pattern.either)
    if either:
        return lambda node: wanted.issubset(node.labels) and not either.isdisjoint(node.labels)
    return lambda node: wanted.issubset(node.labels)


def _arrival(step: Expand, checks: Sequence[Check]) -> Callable[[Row, Node, Any], Iterator[None]]:
    """Returns a function that binds a relation and the node at its end, if both fit the pattern."""
    slot, target, fits = step.slot, step.target, _fits(step.node)

    def arrive(env: Row, node: Node, through: Any) -> Iterator[None]:
        was_there, had_slot = target in env, slot in env
        if (was_there and env[target] is not node) or not fits(node):
            return
        env[target] = node
        if not had_slot:
            env[slot] = through
        if all(check(env) for check in checks):
            yield
        if not was_there:
            del env[target]
        if not had_slot:
            del env[slot]

    return arrive


def _expand(step: Expand, checks: Sequence[Check]) -> Way:
    arrive = _arrival(step, checks)

    def expand(env: Row, used: set[int]) -> Iterator[None]:
        node = _as_node(env[step.source])
        if node is None or (step.slot in env and env[step.slot] is None):
            return
        bound = env.get(step.slot)
        for relation, other in _neighbours(node, step.relation):
            if relation.id in used or (bound is not None and relation is not bound):
                continue
            used.add(relation.id)
            yield from arrive(env, other, relation)
            used.discard(relation.id)

    return expand


def _connect(step: Connect, checks: Sequence[Check]) -> Way:
    least, most = step.relation.hops or (1, 1)

    def connect(env: Row, used: set[int]) -> Iterator[None]:
        start, end = _as_node(env[step.source]), _as_node(env[step.target])
        if start is None or end is None or least > 1:
            return
        for way in _shortest(start, end, step.relation, least, most):
            env[step.slot] = way[0] if step.relation.hops is None else way
            if all(check(env) for check in checks):
                yield
                if not step.every:
                    break
        env.pop(step.slot, None)

    return connect


def _shortest(
    start: Node, end: Node, pattern: RelationPattern, least: int, most: int | None
) -> Iterator[list[Relation]]:
    """Yields all paths of the least length, by breadth-first search."""
    if start is end:
        if least == 0:
            yield []
        return
    came: dict[int, list[tuple[Relation, Node]]] = {start.id: []}
    level, depth = [start], 0
    while level and end.id not in came and (most is None or depth < most):
        found: dict[int, list[tuple[Relation, Node]]] = {}
        nodes: dict[int, Node] = {}
        for node in level:
            for relation, other in _neighbours(node, pattern):
                if other.id not in came:
                    found.setdefault(other.id, []).append((relation, node))
                    nodes[other.id] = other
        came |= found
        level, depth = list(nodes.values()), depth + 1
    if end.id in came:
        yield from _ways_back(end, came)


def _ways_back(node: Node, came: Mapping[int, list[tuple[Relation, Node]]]) -> Iterator[list[Relation]]:
    if not came[node.id]:
        yield []
    for relation, before in came[node.id]:
        for way in _ways_back(before, came):
            yield [*way, relation]


def _join(step: Join, checks: Sequence[Check]) -> Way:
    def join(env: Row, used: set[int]) -> Iterator[None]:
        node: Node = env[step.slots[0]]
        nodes, relations = [node], list[Relation]()
        for slot in step.slots[1::2]:
            through = env[slot]
            for relation in through if isinstance(through, list) else [through]:
                node = relation.end if relation.start is node else relation.start
                nodes.append(node)
                relations.append(relation)
        env[step.name] = Path(tuple(nodes), tuple(relations))
        if all(check(env) for check in checks):
            yield
        env.pop(step.name, None)

    return join
