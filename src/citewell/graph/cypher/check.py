"""Checks a query before it runs: the scope and kind of names, and other errors."""

from collections.abc import Mapping, Sequence
from typing import Any

from citewell.graph.cypher.aggregates import NAMES as AGGREGATES
from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.functions import FUNCTIONS, OPEN_FUNCTIONS
from citewell.graph.cypher.rewrite import aggregates_in, has_aggregate, rewritten, with_aliases
from citewell.graph.cypher.syntax import (
    Binary,
    Call,
    CallSubquery,
    Case,
    Clause,
    Comprehension,
    Expr,
    HasLabels,
    Item,
    ListOf,
    Literal,
    MapOf,
    Match,
    NodePattern,
    PathPattern,
    PatternComprehension,
    PatternTest,
    Project,
    Property,
    Quantifier,
    Query,
    Reduce,
    RelationPattern,
    Subquery,
    Unary,
    Unwind,
    Variable,
    children,
    walk,
)

# Kinds of names: node, relation, relations, path, list, value (no part of the graph), any (unknown).
Scope = Mapping[str, str]
_LOGICAL = ("AND", "OR", "XOR")
_NOT_OF = {
    "labels": ("path", "relation"),
    "type": ("node", "path"),
    "length": ("node", "relation"),
    "size": ("path", "node", "relation"),
    "nodes": ("node", "relation"),
    "relationships": ("node", "relation"),
}


def check(query: Query, *, max_hops: int | None) -> list[str]:
    """Checks the query and returns its columns.

    `max_hops` limits patterns of variable length; None does not. Raises CypherError for the first error.
    """
    return _Checker(max_hops).query(query, {}, final=True)


class _Checker:
    def __init__(self, max_hops: int | None) -> None:
        self._max_hops = max_hops

    def query(self, query: Query, outer: Scope, *, final: bool) -> list[str]:
        columns = [self._part(part, outer, final=final) for part in query.parts]
        if any(one != columns[0] for one in columns):
            raise CypherError("The parts of a UNION must have the same columns, in the same order.")
        return columns[0]

    def _part(self, clauses: Sequence[Clause], outer: Scope, *, final: bool) -> list[str]:
        scope: dict[str, str] = dict(outer)
        for clause in clauses:
            match clause:
                case Match():
                    self._match(clause, scope)
                case Unwind():
                    self._expression(clause.items, scope)
                    _add(scope, clause.variable, clause.at)
                case CallSubquery():
                    for name in self.query(clause.query, scope, final=True):
                        _add(scope, name, clause.at)
                case Project():
                    scope = self._project(clause, scope)
        last = clauses[-1]
        if isinstance(last, Project) and last.final:
            return list(scope)
        if final:
            raise CypherError("A query must end with RETURN.")
        return []

    def _match(self, clause: Match, scope: dict[str, str]) -> None:
        seen: set[str] = set()
        for pattern in clause.patterns:
            self._pattern(pattern, scope, seen)
        if clause.where is not None:
            self._expression(clause.where, scope, predicate=True)

    def _pattern(self, pattern: PathPattern, scope: dict[str, str], seen: set[str]) -> None:
        """Adds the names of the pattern. `seen` are relations that the clause has matched already."""
        if pattern.variable is not None and pattern.variable in scope:
            raise CypherError(f'"{pattern.variable}" is already used: choose another name for the path.', pattern.at)
        for element in pattern.elements:
            name = element.variable
            if isinstance(element, NodePattern):
                _claim(scope, name, "node", element.at)
            else:
                self._hops(element)
                if name is not None and name in seen:
                    raise CypherError(f'"{name}" stands for one relation, so it cannot be matched twice.', element.at)
                _claim(scope, name, "relation" if element.hops is None else "relations", element.at)
                seen |= {name} if name else set()
            if name is not None and name == pattern.variable:
                raise CypherError(f'"{name}" is already used: choose another name for the path.', pattern.at)
        for element in pattern.elements:
            if element.properties is not None:
                self._expression(element.properties, scope)
        if pattern.variable is not None:
            scope[pattern.variable] = "path"

    def _hops(self, element: RelationPattern) -> None:
        if element.hops is None or self._max_hops is None:
            return
        _, most = element.hops
        if most is None or most > self._max_hops:
            raise CypherError(
                f"A pattern of variable length says how many hops it has at most, up to {self._max_hops}: "
                f"*1..{min(3, self._max_hops)}.",
                element.at,
            )

    def _project(self, clause: Project, scope: dict[str, str]) -> dict[str, str]:
        if clause.everything and clause.final and not scope:
            raise CypherError("There are no names that * could stand for.", clause.at)
        made: dict[str, str] = dict(scope) if clause.everything else {}
        for item in clause.items:
            self._expression(item.expression, scope, aggregates=True)
            if not item.aliased and not clause.final:
                raise CypherError(f"Give it a name: WITH {item.name[:40]} AS name.", item.at)
            if item.name in made:
                raise CypherError(f'The column "{item.name[:100]}" appears twice.', item.at)
            made[item.name] = _kind(item.expression, scope)
        _check_grouping(clause)
        grouped = any(has_aggregate(item.expression) for item in clause.items)
        inner: dict[str, str] = made if grouped or clause.distinct else {**scope, **made}
        for order in clause.order:
            named = with_aliases(order.expression, clause.items)
            if has_aggregate(named) and not grouped:
                raise CypherError("ORDER BY aggregates only where the projection does.", named.at)
            self._expression(named, {**inner, **scope} if has_aggregate(named) else inner, aggregates=True)
        self._count(clause.skip, "SKIP")
        self._count(clause.limit, "LIMIT")
        if clause.where is not None:
            self._expression(clause.where, inner, predicate=True)
        return made

    def _count(self, expression: Expr | None, word: str) -> None:
        if expression is None:
            return
        if any(isinstance(node, (Variable, PatternTest, Subquery)) for node in walk(expression)):
            raise CypherError(f"{word} takes a number that does not depend on a row.", expression.at)
        self._expression(expression, {})
        literal = expression.of if isinstance(expression, Unary) else expression
        if isinstance(literal, Literal) and (not isinstance(literal.value, int) or isinstance(literal.value, bool)):
            raise CypherError(f"{word} takes a whole number.", expression.at)
        if isinstance(literal, Literal) and (isinstance(expression, Unary) or literal.value < 0):
            raise CypherError(f"{word} takes a number from 0.", expression.at)

    def _expression(self, node: Any, scope: Scope, *, aggregates: bool = False, predicate: bool = False) -> None:
        """Checks an expression. `aggregates` and `predicate` say whether aggregates and patterns are allowed here."""
        match node:
            case Variable(name):
                if name not in scope:
                    raise CypherError(f'There is no variable "{name}" here.', node.at)
            case Property(of) | HasLabels(of):
                if isinstance(of, Variable) and scope.get(of.name) in ("path", "relations"):
                    raise CypherError(
                        f'"{of.name}" is a {scope[of.name]}, which has neither properties nor labels.', node.at
                    )
                self._expression(of, scope, aggregates=aggregates)
            case Call():
                self._call(node, scope, aggregates=aggregates)
            case Unary("NOT", of):
                _check_boolean(of, "NOT")
                self._expression(of, scope, aggregates=aggregates, predicate=True)
            case Binary(operator, left, right) if operator in _LOGICAL:
                for side in (left, right):
                    _check_boolean(side, operator)
                    self._expression(side, scope, aggregates=aggregates, predicate=True)
            case Binary("IN", left, right):
                if isinstance(right, MapOf) or (isinstance(right, Literal) and right.value is not None):
                    raise CypherError("IN takes a list on its right.", right.at)
                self._expression(left, scope, aggregates=aggregates)
                self._expression(right, scope, aggregates=aggregates)
            case Comprehension(variable, items, where, result):
                self._expression(items, scope, aggregates=aggregates)
                inner = {**scope, variable: "any"}
                self._optional(where, inner, predicate=True)
                self._optional(result, inner)
            case Quantifier(_, variable, items, where):
                self._expression(items, scope, aggregates=aggregates)
                self._expression(where, {**scope, variable: "any"}, predicate=True)
            case Reduce(total, start, variable, items, step):
                self._expression(start, scope)
                self._expression(items, scope)
                self._expression(step, {**scope, variable: "any", total: "any"})
            case PatternTest(pattern):
                self._pattern_test(pattern, scope, allowed=predicate or bool(pattern.shortest))
            case PatternComprehension(pattern, where, result):
                inner = dict(scope)
                self._pattern(pattern, inner, set())
                self._optional(where, inner, predicate=True)
                self._expression(result, inner)
            case Subquery(_, query):
                self.query(query, scope, final=False)
            case Case(subject, branches, default):
                self._optional(subject, scope, aggregates=aggregates)
                for condition, result in branches:
                    self._expression(condition, scope, aggregates=aggregates, predicate=True)
                    self._expression(result, scope, aggregates=aggregates)
                self._optional(default, scope, aggregates=aggregates)
            case _:
                for child in children(node):
                    self._expression(child, scope, aggregates=aggregates)

    def _optional(self, node: Expr | None, scope: Scope, *, aggregates: bool = False, predicate: bool = False) -> None:
        if node is not None:
            self._expression(node, scope, aggregates=aggregates, predicate=predicate)

    def _call(self, node: Call, scope: Scope, *, aggregates: bool) -> None:
        if node.name in AGGREGATES:
            if not aggregates:
                raise CypherError(f"{node.name}() aggregates rows: use it only in WITH and RETURN.", node.at)
            if any(isinstance(one, Call) and one.name == "rand" for one in walk(node)):
                raise CypherError("An aggregate cannot contain random numbers.", node.at)
            for argument in node.arguments:
                self._expression(argument, scope)
            return
        known = FUNCTIONS.get(node.name) or OPEN_FUNCTIONS.get(node.name)
        if known is None:
            raise CypherError(f'There is no function "{node.name[:100]}".', node.at)
        least, most, _ = known
        if not least <= len(node.arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise CypherError(f"{node.name}() takes {wanted} arguments.", node.at)
        for argument in node.arguments:
            if isinstance(argument, Variable) and scope.get(argument.name) in _NOT_OF.get(node.name, ()):
                raise CypherError(f"{node.name}() does not take a {scope[argument.name]}.", argument.at)
            self._expression(argument, scope, aggregates=aggregates, predicate=node.name == "exists")

    def _pattern_test(self, pattern: PathPattern, scope: Scope, *, allowed: bool) -> None:
        if not allowed:
            raise CypherError(
                "A pattern is only for WHERE; elsewhere write [(a)-->(b) | b] or EXISTS {...}.", pattern.at
            )
        for element in pattern.elements:
            if element.variable is not None and element.variable not in scope:
                raise CypherError(f'There is no variable "{element.variable}" here.', element.at)
        self._pattern(pattern, dict(scope), set())


def _add(scope: dict[str, str], name: str, at: int) -> None:
    if name in scope:
        raise CypherError(f'"{name}" is already used.', at)
    scope[name] = "any"


def _claim(scope: dict[str, str], name: str | None, kind: str, at: int) -> None:
    if name is None:
        return
    known = scope.setdefault(name, kind)
    if known not in (kind, "any") and not (kind == "relations" and known == "list"):
        raise CypherError(f'"{name}" is a {known} already, not a {kind}.', at)


def _kind(expression: Expr, scope: Scope) -> str:
    match expression:
        case Variable(name):
            return scope.get(name, "any")
        case Literal(value):
            return "any" if value is None else "value"
        case ListOf():
            return "list"
        case MapOf():
            return "value"
    return "any"


def _check_boolean(node: Expr, operator: str) -> None:
    wrong = isinstance(node, (ListOf, MapOf)) or (
        isinstance(node, Literal) and node.value is not None and not isinstance(node.value, bool)
    )
    if wrong:
        raise CypherError(f"{operator} takes true or false.", node.at)


def _check_grouping(clause: Project) -> None:
    """Checks that, beside an aggregate, an expression uses only what is a column of its own."""
    keys = [item for item in clause.items if not has_aggregate(item.expression)]
    for item in clause.items:
        calls = list(aggregates_in(item.expression))
        if not calls:
            continue
        for call in calls:
            if any(has_aggregate(argument) for argument in call.arguments):
                raise CypherError("An aggregate cannot contain another.", call.at)
        _check_rest(item, keys)


def _check_rest(item: Item, keys: Sequence[Item]) -> None:
    projected = [key.expression for key in keys]

    def change(node: Any) -> Any | None:
        if any(node == one for one in projected) or (isinstance(node, Call) and node.name in AGGREGATES):
            return Literal(None)
        return node if isinstance(node, (Comprehension, Quantifier, PatternComprehension, Subquery, Reduce)) else None

    rest = rewritten(item.expression, change)
    for node in walk(rest):
        if isinstance(node, (Comprehension, Quantifier, PatternComprehension, Subquery, Reduce)):
            return
        if isinstance(node, Variable):
            raise CypherError(f'Beside an aggregate, "{node.name}" must be a column of its own.', node.at)
