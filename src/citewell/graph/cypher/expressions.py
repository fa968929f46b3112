"""Parsing expressions. Precedence from the loosest: OR, XOR, AND, NOT, comparisons, predicates, + -, * / %, ^, sign."""

from abc import abstractmethod

from citewell.graph.cypher.cursor import Cursor
from citewell.graph.cypher.errors import CypherError
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

_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_QUANTIFIERS = ("ALL", "ANY", "NONE", "SINGLE")
_MAX_INT, _LEAST_INT = 2**63 - 1, -(2**63)


class ExpressionParser(Cursor):
    @abstractmethod
    def path_pattern(self, *, needs_relation: bool = False) -> PathPattern:
        """A path with its name, if it has one."""

    @abstractmethod
    def subquery(self) -> Query:
        """Parses the braces of EXISTS, COUNT, COLLECT and CALL."""

    def expression(self) -> Expr:
        self.deeper()
        left = self._xor()
        while self.sees_words("OR"):
            at = self.advance().at
            left = Binary("OR", left, self._xor(), at=at)
        self.depth -= 1
        return left

    def _xor(self) -> Expr:
        left = self._and()
        while self.sees_words("XOR"):
            at = self.advance().at
            left = Binary("XOR", left, self._and(), at=at)
        return left

    def _and(self) -> Expr:
        left = self._not()
        while self.sees_words("AND"):
            at = self.advance().at
            left = Binary("AND", left, self._not(), at=at)
        return left

    def _not(self) -> Expr:
        if self.sees_words("NOT"):
            self.deeper()
            at = self.advance().at
            made = Unary("NOT", self._not(), at=at)
            self.depth -= 1
            return made
        return self._comparison()

    def _comparison(self) -> Expr:
        at, first = self.at, self._predicate()
        rest: list[tuple[str, Expr]] = []
        while self.token.kind == "symbol" and self.token.text in _COMPARISONS:
            operator = self.advance().text
            rest.append((operator, self._predicate()))
        return Comparison(first, tuple(rest), at=at) if rest else first

    def _predicate(self) -> Expr:
        left = self._sum()
        while True:
            at = self.at
            if self.take_words("IS", "NOT", "NULL"):
                left = Unary("IS NOT NULL", left, at=at)
            elif self.take_words("IS", "NULL"):
                left = Unary("IS NULL", left, at=at)
            elif self.take_words("STARTS", "WITH"):
                left = Binary("STARTS WITH", left, self._sum(), at=at)
            elif self.take_words("ENDS", "WITH"):
                left = Binary("ENDS WITH", left, self._sum(), at=at)
            elif self.take_words("CONTAINS"):
                left = Binary("CONTAINS", left, self._sum(), at=at)
            elif self.take_words("IN"):
                left = Binary("IN", left, self._sum(), at=at)
            elif self.take("=~"):
                left = Binary("=~", left, self._sum(), at=at)
            else:
                return left

    def _sum(self) -> Expr:
        left = self._product()
        while self.token.kind == "symbol" and self.token.text in "+-":
            token = self.advance()
            left = Binary(token.text, left, self._product(), at=token.at)
        return left

    def _product(self) -> Expr:
        left = self._power()
        while self.token.kind == "symbol" and self.token.text in "*/%":
            token = self.advance()
            left = Binary(token.text, left, self._power(), at=token.at)
        return left

    def _power(self) -> Expr:
        left = self._signed()
        while self.sees("^"):
            at = self.advance().at
            left = Binary("^", left, self._signed(), at=at)
        return left

    def _signed(self) -> Expr:
        if not (self.token.kind == "symbol" and self.token.text in "+-"):
            return self._postfix()
        self.deeper()
        token = self.advance()
        if token.text == "-" and self.token.kind == "int":
            # The least number of 64 bits has no positive counterpart.
            number = self.advance()
            made: Expr = self._after(self._integer(-number.value, token.at), token.at)
        else:
            made = Unary(token.text, self._signed(), at=token.at)
        self.depth -= 1
        return made

    def _postfix(self) -> Expr:
        at = self.at
        return self._after(self._atom(), at)

    def _after(self, made: Expr, at: int) -> Expr:
        while True:
            if self.sees(".") and self.peek().kind in ("word", "name"):
                self.advance()
                made = Property(made, self.name(), at=at)
            elif self.take("["):
                made = self._subscript(made, at)
            elif self.sees(":") and self.peek().kind in ("word", "name") and isinstance(made, (Variable, HasLabels)):
                made = HasLabels(made, self.labels(), at=at)
            elif self.sees("{") and isinstance(made, Variable):
                made = self._projection(made, at)
            else:
                return made

    def labels(self) -> tuple[str, ...]:
        found: list[str] = []
        while self.take(":"):
            found.append(self.name("a label"))
        return tuple(found)

    def _subscript(self, of: Expr, at: int) -> Expr:
        low = None if self.sees("..") else self.expression()
        if not self.take(".."):
            self.expect("]")
            assert low is not None
            return Subscript(of, low, at=at)
        high = None if self.sees("]") else self.expression()
        self.expect("]")
        return Slice(of, low, high, at=at)

    def _projection(self, of: Variable, at: int) -> Expr:
        self.expect("{")
        everything, entries = False, list[tuple[str, Expr]]()
        while not self.take("}"):
            if entries or everything:
                self.expect(",")
            if self.take(".", "*"):
                everything = True
            elif self.take("."):
                place, key = self.at, self.name("a property")
                entries.append((key, Property(of, key, at=place)))
            else:
                place, key = self.at, self.name("a property")
                entries.append((key, self.expression() if self.take(":") else Variable(key, at=place)))
        return Projection(of, everything, tuple(entries), at=at)

    def _atom(self) -> Expr:
        token = self.token
        if token.kind in ("string", "float"):
            self.advance()
            return Literal(token.value, at=token.at)
        if token.kind == "int":
            self.advance()
            return self._integer(token.value, token.at)
        if token.kind == "symbol":
            return self._symbol()
        if token.kind == "end":
            self.fail("An expression is expected")
        return self._word()

    def _integer(self, value: int, at: int) -> Literal:
        if not _LEAST_INT <= value <= _MAX_INT:
            raise CypherError("This number is too large for an integer of 64 bits.", at)
        return Literal(value, at=at)

    def _symbol(self) -> Expr:
        at = self.at
        if self.take("$"):
            if self.token.kind == "int":
                return Parameter(self.advance().text, at=at)
            return Parameter(self.name("a parameter's name"), at=at)
        if self.sees("{"):
            return self.map_literal()
        if self.sees("("):
            tested = self._pattern_test()
            if tested is not None:
                return tested
            self.advance()
            made = self.expression()
            self.expect(")")
            # A parenthesis around a variable keeps `(n):Label` an expression.
            return made
        if self.sees("["):
            return self._bracket()
        self.fail("An expression is expected")

    def _pattern_test(self) -> Expr | None:
        """Returns a pattern where an expression may stand; None if it is something else in parentheses."""
        start, depth, at = self.position, self.depth, self.at
        try:
            return PatternTest(self.path_pattern(needs_relation=True), at=at)
        except CypherError:
            self.position, self.depth = start, depth
            return None

    def map_literal(self) -> MapOf:
        at = self.at
        self.expect("{")
        entries: list[tuple[str, Expr]] = []
        while not self.take("}"):
            if entries:
                self.expect(",")
            key = self.name("a key")
            self.expect(":")
            entries.append((key, self.expression()))
        return MapOf(tuple(entries), at=at)

    def _bracket(self) -> Expr:
        """Returns a list, a list comprehension or a pattern comprehension."""
        at = self.at
        self.expect("[")
        if self.peek().word == "IN" and self.token.kind in ("word", "name"):
            variable, items, where = self._filtered()
            result = self.expression() if self.take("|") else None
            self.expect("]")
            return Comprehension(variable, items, where, result, at=at)
        if (comprehension := self._pattern_comprehension(at)) is not None:
            return comprehension
        found: list[Expr] = []
        while not self.take("]"):
            if found:
                self.expect(",")
            found.append(self.expression())
        return ListOf(tuple(found), at=at)

    def _pattern_comprehension(self, at: int) -> Expr | None:
        start, depth = self.position, self.depth
        try:
            pattern = self.path_pattern(needs_relation=True)
            where = self.expression() if self.take_words("WHERE") else None
            self.expect("|")
        except CypherError:
            self.position, self.depth = start, depth
            return None
        result = self.expression()
        self.expect("]")
        return PatternComprehension(pattern, where, result, at=at)

    def _filtered(self) -> tuple[str, Expr, Expr | None]:
        """`x IN list WHERE condition`."""
        variable = self.name("a variable")
        self.expect_word("IN")
        items = self.expression()
        return variable, items, self.expression() if self.take_words("WHERE") else None

    def _word(self) -> Expr:
        token, follows = self.token, self.peek()
        word = token.word
        if word in ("TRUE", "FALSE", "NULL"):
            self.advance()
            return Literal({"TRUE": True, "FALSE": False, "NULL": None}[word], at=token.at)
        if word == "CASE":
            return self._case()
        if word in ("EXISTS", "COUNT", "COLLECT") and follows.text == "{":
            self.position += 2
            query = self.subquery()
            self.expect("}")
            return Subquery(word.lower(), query, at=token.at)
        if follows.text == "(" or (follows.text == "." and self._is_dotted_call()):
            return self._call()
        return Variable(self.name(), at=token.at)

    def _is_dotted_call(self) -> bool:
        ahead = 1
        while self.peek(ahead).text == "." and self.peek(ahead + 1).kind in ("word", "name"):
            ahead += 2
        return self.peek(ahead).text == "("

    def _call(self) -> Expr:
        at, word = self.at, self.token.word
        if word in _QUANTIFIERS:
            self.position += 2
            variable, items, where = self._filtered()
            if where is None:
                self.fail("WHERE is expected")
            self.expect(")")
            return Quantifier(word.lower(), variable, items, where, at=at)
        if word == "REDUCE":
            return self._reduce(at)
        if word in ("SHORTESTPATH", "ALLSHORTESTPATHS"):
            return PatternTest(self.path_pattern(), at=at)
        name = self.name()
        while self.take("."):
            name = f"{name}.{self.name()}"
        self.expect("(")
        if name.lower() == "count" and self.take("*", ")"):
            return Call("count", (), at=at)
        distinct = self.take_words("DISTINCT")
        arguments: list[Expr] = []
        while not self.take(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.expression())
        return Call(name.lower(), tuple(arguments), distinct, at=at)

    def _reduce(self, at: int) -> Expr:
        self.position += 2
        total = self.name("a variable")
        self.expect("=")
        start = self.expression()
        self.expect(",")
        variable = self.name("a variable")
        self.expect_word("IN")
        items = self.expression()
        self.expect("|")
        step = self.expression()
        self.expect(")")
        return Reduce(total, start, variable, items, step, at=at)

    def _case(self) -> Expr:
        at = self.advance().at
        subject = None if self.sees_words("WHEN") else self.expression()
        branches: list[tuple[Expr, Expr]] = []
        while self.take_words("WHEN"):
            condition = self.expression()
            self.expect_word("THEN")
            branches.append((condition, self.expression()))
        if not branches:
            self.fail("WHEN is expected")
        default = self.expression() if self.take_words("ELSE") else None
        self.expect_word("END")
        return Case(subject, tuple(branches), default, at=at)
