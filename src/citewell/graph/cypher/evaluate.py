"""Compiles expressions to functions of a row."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from citewell.graph.cypher import operators
from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.functions import FUNCTIONS, OPEN_FUNCTIONS
from citewell.graph.cypher.syntax import (
    Binary,
    Call,
    Case,
    Comparison,
    Comprehension,
    Expr,
    HasLabels,
    ListOf,
    Literal,
    MapOf,
    Parameter,
    PathPattern,
    PatternComprehension,
    PatternTest,
    Projection,
    Property,
    Quantifier,
    Query,
    Reduce,
    Slice,
    Subquery,
    Subscript,
    Unary,
    Variable,
)
from citewell.graph.cypher.values import Node, Relation, equal

Row = dict[str, Any]
Value = Callable[[Row], Any]
_TESTS = {
    "STARTS WITH": str.startswith,
    "ENDS WITH": str.endswith,
    "CONTAINS": str.__contains__,
    "=~": operators.matches,
}
_VALUES: dict[str, Callable[[Any, Any], Any]] = {
    "+": operators.add,
    "IN": operators.contains,
    "XOR": lambda left, right: operators.exclusive(operators.truth(left), operators.truth(right)),
    **{name: operators.arithmetic(name) for name in ("-", "*", "/", "%", "^")},
    **{name: operators.text_test(test) for name, test in _TESTS.items()},
}


class Evaluator(ABC):
    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters

    @abstractmethod
    def paths(self, pattern: PathPattern, where: Expr | None) -> Callable[[Row], Iterator[Row]]:
        """Returns a function from a row to rows extended by each match of the pattern."""

    @abstractmethod
    def subquery(self, query: Query) -> Callable[[Row], Iterator[Row]]:
        """Returns a function from a row to the rows of a subquery, which may use the names of the row."""

    def value(self, node: Expr) -> Value:
        """Compiles the expression to a function, whose errors name the expression's position."""
        of = self._value(node)
        if isinstance(node, (Literal, Variable, Parameter)):
            return of
        at = node.at

        def placed(row: Row) -> Any:
            try:
                return of(row)
            except CypherError as error:
                if error.at is None:
                    error.at = at
                raise

        return placed

    def condition(self, node: Expr) -> Callable[[Row], bool]:
        of = self.value(node)

        def holds(row: Row) -> bool:
            try:
                return operators.truth(of(row)) is True
            except CypherError as error:
                error.at = node.at if error.at is None else error.at
                raise

        return holds

    def _value(self, node: Expr) -> Value:
        match node:
            case Literal(value):
                return lambda row: value
            case Variable(name):
                return lambda row: row[name]
            case Parameter(name):
                return self._parameter(name, node.at)
            case Property(of, key):
                return self._property(of, key)
            case HasLabels(of, labels):
                return self._has_labels(of, frozenset(labels))
            case Unary(operator, of):
                return self._unary(operator, self.value(of))
            case Binary("AND" | "OR" as operator, left, right):
                return _logical(self.value(left), self.value(right), decides=operator == "OR")
            case Binary(operator, left, right):
                return _both(_VALUES[operator], self.value(left), self.value(right))
            case Comparison(first, rest):
                return self._comparison(first, rest)
            case ListOf(items):
                made = [self.value(item) for item in items]
                return lambda row: [one(row) for one in made]
            case MapOf(entries):
                named = [(key, self.value(one)) for key, one in entries]
                return lambda row: {key: one(row) for key, one in named}
            case Call():
                return self._call(node)
        return self._larger(node)

    def _larger(self, node: Expr) -> Value:
        match node:
            case Subscript(of, index):
                return _both(operators.subscript, self.value(of), self.value(index))
            case Slice(of, low, high):
                return self._slice(of, low, high)
            case Projection(of, everything, entries):
                return self._projection(of, everything, entries)
            case Case(subject, branches, default):
                return self._case(subject, branches, default)
            case Comprehension(variable, items, where, result):
                return self._comprehension(variable, items, where, result)
            case Quantifier(kind, variable, items, where):
                return self._quantifier(kind, variable, items, where)
            case Reduce():
                return self._reduce(node)
            case PatternTest(pattern):
                found = self.paths(pattern, None)
                return lambda row: next(found(row), None) is not None
            case PatternComprehension(pattern, where, result):
                found, each = self.paths(pattern, where), self.value(result)
                return lambda row: [each(one) for one in found(row)]
            case Subquery(kind, query):
                return self._subquery_value(kind, query)
        raise CypherError("This expression is not allowed here.", node.at)

    def _parameter(self, name: str, at: int) -> Value:
        if name not in self._parameters:
            raise CypherError(f"The query has no value for ${name[:100]}.", at)
        value = self._parameters[name]
        return lambda row: value

    def _property(self, of: Expr, key: str) -> Value:
        inner = self.value(of)

        def get(row: Row) -> Any:
            value = inner(row)
            return value.properties.get(key) if type(value) is Node else operators.property_of(value, key)

        return get

    def _has_labels(self, of: Expr, wanted: frozenset[str]) -> Value:
        inner = self.value(of)

        def has(row: Row) -> bool | None:
            value = inner(row)
            match value:
                case None:
                    return None
                case Node():
                    return wanted.issubset(value.labels)
                case Relation():
                    return wanted == {value.type}
            raise CypherError("Only nodes have labels.")

        return has

    def _unary(self, operator: str, of: Value) -> Value:
        match operator:
            case "IS NULL":
                return lambda row: of(row) is None
            case "IS NOT NULL":
                return lambda row: of(row) is not None
            case "NOT":
                return lambda row: operators.negation(operators.truth(of(row)))
            case "-":
                return lambda row: operators.negative(of(row))
        return lambda row: operators.positive(of(row))

    def _comparison(self, first: Expr, rest: tuple[tuple[str, Expr], ...]) -> Value:
        start = self.value(first)
        steps = [(operators.comparison(operator), self.value(one)) for operator, one in rest]
        if len(steps) == 1:
            return _both(steps[0][0], start, steps[0][1])

        def compare(row: Row) -> bool | None:
            left, result = start(row), True
            unknown = False
            for test, one in steps:
                right = one(row)
                found = test(left, right)
                result, unknown, left = result and found is not False, unknown or found is None, right
            return False if not result else None if unknown else True

        return compare

    def _call(self, node: Call) -> Value:
        arguments = [self.value(one) for one in node.arguments]
        if (known := OPEN_FUNCTIONS.get(node.name)) is not None:
            return lambda row: known[2](*[one(row) for one in arguments])
        if node.name not in FUNCTIONS:
            raise CypherError(f'There is no function "{node.name[:100]}".', node.at)
        of = FUNCTIONS[node.name][2]

        def call(row: Row) -> Any:
            values = [one(row) for one in arguments]
            if any(value is None for value in values):
                return None
            try:
                return of(*values)
            except (TypeError, ValueError, AttributeError, OverflowError):
                raise CypherError(f"{node.name}() does not take such values.", node.at) from None

        return call

    def _slice(self, of: Expr, low: Expr | None, high: Expr | None) -> Value:
        inner = self.value(of)
        start = self.value(low) if low is not None else None
        end = self.value(high) if high is not None else None

        def get(row: Row) -> Any:
            value = inner(row)
            first = start(row) if start is not None else 0
            last = end(row) if end is not None else len(value or ())
            return None if first is None or last is None else operators.part(value, first, last)

        return get

    def _projection(self, of: Variable, everything: bool, entries: tuple[tuple[str, Expr], ...]) -> Value:
        inner, named = self.value(of), [(key, self.value(one)) for key, one in entries]

        def make(row: Row) -> Any:
            value = inner(row)
            if value is None:
                return None
            if not isinstance(value, (dict, Node, Relation)):
                raise CypherError("Only nodes, relations and maps have properties to take.")
            whole = value if isinstance(value, dict) else value.properties
            return {**(whole if everything else {}), **{key: one(row) for key, one in named}}

        return make

    def _case(self, subject: Expr | None, branches: tuple[tuple[Expr, Expr], ...], default: Expr | None) -> Value:
        asked = self.value(subject) if subject is not None else None
        ways = [
            (self.value(condition) if asked else self.condition(condition), self.value(result))
            for condition, result in branches
        ]
        otherwise = self.value(default) if default is not None else None

        def choose(row: Row) -> Any:
            value = asked(row) if asked is not None else None
            for condition, result in ways:
                if equal(value, condition(row)) is True if asked is not None else condition(row):
                    return result(row)
            return otherwise(row) if otherwise is not None else None

        return choose

    def _comprehension(self, variable: str, items: Expr, where: Expr | None, result: Expr | None) -> Value:
        all_items = self.value(items)
        keeps = self.condition(where) if where is not None else None
        each = self.value(result) if result is not None else None

        def make(row: Row) -> Any:
            values = _list(all_items(row))
            if values is None:
                return None
            rows = ({**row, variable: value} for value in values)
            kept = (one for one in rows if keeps is None or keeps(one))
            return [one[variable] if each is None else each(one) for one in kept]

        return make

    def _quantifier(self, kind: str, variable: str, items: Expr, where: Expr) -> Value:
        all_items, test = self.value(items), self.value(where)

        def decide(row: Row) -> bool | None:
            values = _list(all_items(row))
            if values is None:
                return None
            found = [operators.truth(test({**row, variable: value})) for value in values]
            return _QUANTIFIED[kind](found)

        return decide

    def _reduce(self, node: Reduce) -> Value:
        start, all_items, step = self.value(node.start), self.value(node.items), self.value(node.step)

        def fold(row: Row) -> Any:
            values = _list(all_items(row))
            if values is None:
                return None
            total = start(row)
            for value in values:
                total = step({**row, node.total: total, node.variable: value})
            return total

        return fold

    def _subquery_value(self, kind: str, query: Query) -> Value:
        found = self.subquery(query)
        if kind == "exists":
            return lambda row: next(found(row), None) is not None
        if kind == "count":
            return lambda row: sum(1 for _ in found(row))
        return lambda row: [next(iter(one.values())) for one in found(row)]


def _logical(left: Value, right: Value, *, decides: bool) -> Value:
    """Compiles AND and OR. If one side has the value `decides`, that is the result, whatever the other side is."""

    def both(row: Row) -> bool | None:
        one = operators.truth(left(row))
        if one is decides:
            return decides
        other = operators.truth(right(row))
        if other is decides:
            return decides
        return None if one is None or other is None else not decides

    return both


def _both(of: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    return lambda row: of(left(row), right(row))


def _list(value: Any) -> list[Any] | None:
    if value is None or isinstance(value, list):
        return value
    raise CypherError("A list is expected.")


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _single(found: list[bool | None]) -> bool | None:
    count = found.count(True)
    return False if count > 1 else None if None in found else count == 1


_QUANTIFIED: dict[str, Callable[[list[bool | None]], bool | None]] = {
    "all": _all,
    "any": _any,
    "none": lambda found: operators.negation(_any(found)),
    "single": _single,
}
