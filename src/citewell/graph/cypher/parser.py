"""Parses queries: patterns, clauses, UNION. Errors name clauses that write, call procedures or read files."""

from dataclasses import replace

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.expressions import ExpressionParser
from citewell.graph.cypher.syntax import (
    CallSubquery,
    Clause,
    Expr,
    Item,
    Match,
    NodePattern,
    Order,
    PathPattern,
    Project,
    Query,
    RelationPattern,
    Unwind,
    Variable,
)

_REFUSED = {
    **dict.fromkeys(
        ("CREATE", "MERGE", "SET", "DELETE", "DETACH", "REMOVE", "FOREACH", "INSERT", "DROP", "ALTER"),
        "{} writes, and the graph is only read: it is made of the project's objects.",
    ),
    "LOAD": "LOAD reads files, and queries read the graph alone.",
    "CALL": "CALL of procedures is not possible; CALL {{ MATCH ... RETURN ... }} is.",
    "USE": "USE is not possible: there is one graph for each project.",
    "SHOW": "SHOW is not possible: labels(), type() and keys() tell what the graph holds.",
}
_MAX_CLAUSES = 200
_MAX_HOPS = 2**31


def parse(query: str) -> Query:
    """Parses a query. Raises CypherError with the position."""
    parser = Parser(query)
    made = parser.query_text()
    parser.take(";")
    if parser.token.kind != "end":
        parser.refuse()
        parser.fail("The end of the query is expected")
    return made


class Parser(ExpressionParser):
    def query_text(self) -> Query:
        parts, alls = [self._part()], list[bool]()
        while self.sees_words("UNION"):
            at = self.advance().at
            alls.append(self.take_words("ALL"))
            if alls[0] != alls[-1]:
                raise CypherError("A query may have UNION or UNION ALL, not both.", at)
            parts.append(self._part())
        return Query(tuple(parts), distinct=not any(alls))

    def subquery(self) -> Query:
        self.deeper()
        if self.sees("(") or (self.token.kind in ("word", "name") and self.peek().text == "="):
            at = self.at
            made = Query(((self._match_of(at, optional=False),),))
        else:
            made = self.query_text()
        self.depth -= 1
        return made

    def _part(self) -> tuple[Clause, ...]:
        clauses: list[Clause] = []
        while (clause := self.clause()) is not None:
            clauses.append(clause)
            if len(clauses) > _MAX_CLAUSES:
                raise CypherError(f"A query may have at most {_MAX_CLAUSES} clauses.", self.at)
            if isinstance(clause, Project) and clause.final:
                break
        if not clauses:
            self.refuse()
            self.fail("A query begins with MATCH, UNWIND, WITH or RETURN")
        return tuple(clauses)

    def refuse(self) -> None:
        """Raises CypherError if a clause begins here that does not only read."""
        if (reason := _REFUSED.get(self.token.word)) is not None:
            raise CypherError(reason.format(self.token.word), self.at)

    def clause(self) -> Clause | None:
        at = self.at
        if self.take_words("OPTIONAL", "MATCH"):
            return self._match_of(at, optional=True)
        if self.take_words("MATCH"):
            return self._match_of(at, optional=False)
        if self.take_words("UNWIND"):
            items = self.expression()
            self.expect_word("AS")
            return Unwind(items, self.name("a variable"), at)
        if self.sees_words("CALL") and self.peek().text in ("{", "("):
            self.position += 1
            return self._call_of(at)
        if self.take_words("WITH"):
            return self._project(at, final=False)
        if self.take_words("RETURN"):
            return self._project(at, final=True)
        self.refuse()
        return None

    def _call_of(self, at: int) -> CallSubquery:
        """`CALL { ... }` and `CALL (a, b) { ... }`, whose names are what a WITH at its beginning would import."""
        imported: list[Item] = []
        everything = False
        if self.take("("):
            everything = self.take("*")
            while not everything and not self.sees(")"):
                if imported:
                    self.expect(",")
                place = self.at
                name = self.name("a variable")
                imported.append(Item(Variable(name, at=place), name, True, place))
            self.expect(")")
        self.expect("{")
        query = self.query_text()
        self.expect("}")
        if imported or everything:
            first = Project(False, False, everything, tuple(imported), (), None, None, None, at)
            query = replace(query, parts=tuple((first, *part) for part in query.parts))
        return CallSubquery(query, at)

    def _match_of(self, at: int, *, optional: bool) -> Match:
        patterns = [self.path_pattern()]
        while self.take(","):
            patterns.append(self.path_pattern())
        where = self.expression() if self.take_words("WHERE") else None
        return Match(optional, tuple(patterns), where, at)

    def _project(self, at: int, *, final: bool) -> Project:
        distinct = self.take_words("DISTINCT")
        everything = self.take("*")
        items: list[Item] = []
        while not everything or self.take(","):
            items.append(self._item())
            if not everything and not self.take(","):
                break
        order: list[Order] = []
        if self.take_words("ORDER", "BY"):
            order.append(self._order())
            while self.take(","):
                order.append(self._order())
        skip = self.expression() if self.take_words("SKIP") or self.take_words("OFFSET") else None
        limit = self.expression() if self.take_words("LIMIT") else None
        where = self.expression() if not final and self.take_words("WHERE") else None
        return Project(final, distinct, everything, tuple(items), tuple(order), skip, limit, where, at)

    def _item(self) -> Item:
        at = self.at
        made = self.expression()
        text = self.query[at : self.tokens[self.position - 1].end]
        if self.take_words("AS"):
            return Item(made, self.name("a name"), True, at)
        return Item(made, made.name if isinstance(made, Variable) else text, isinstance(made, Variable), at)

    def _order(self) -> Order:
        made = self.expression()
        for word in ("DESCENDING", "DESC"):
            if self.take_words(word):
                return Order(made, True)
        if not self.take_words("ASCENDING"):
            self.take_words("ASC")
        return Order(made, False)

    def path_pattern(self, *, needs_relation: bool = False) -> PathPattern:
        at, variable, shortest = self.at, None, ""
        if self.token.kind in ("word", "name") and self.peek().text == "=":
            variable = self.name()
            self.advance()
        if self.token.word in ("SHORTESTPATH", "ALLSHORTESTPATHS") and self.peek().text == "(":
            shortest = "one" if self.advance().word == "SHORTESTPATH" else "all"
            self.advance()
            made = self._elements(needs_relation=True)
            self.expect(")")
            if len(made) != 3:
                raise CypherError("A shortest path has one relation between two nodes.", at)
            return PathPattern(variable, made, shortest, at=at)
        return PathPattern(variable, self._elements(needs_relation=needs_relation), at=at)

    def _elements(self, *, needs_relation: bool) -> tuple[NodePattern | RelationPattern, ...]:
        found: list[NodePattern | RelationPattern] = [self._node()]
        while self.sees("-", "-") or self.sees("-", "[") or self.sees("<", "-"):
            found += [self._relation(), self._node()]
        if needs_relation and len(found) == 1:
            self.fail("A relation is expected")
        return tuple(found)

    def _node(self) -> NodePattern:
        at = self.at
        self.expect("(")
        variable = self.name() if self.token.kind in ("word", "name") else None
        labels = self.labels() if self.sees(":") else ()
        either: tuple[str, ...] = ()
        if len(labels) == 1 and self.sees("|"):
            labels, either = (), (*labels, *self._alternatives())
        properties = self._properties()
        self.expect(")")
        return NodePattern(variable, labels, properties, either, at=at)

    def _alternatives(self) -> list[str]:
        found = []
        while self.take("|"):
            self.take(":")
            found.append(self.name("a label"))
        return found

    def _properties(self) -> Expr | None:
        if self.sees("$"):
            raise CypherError("A parameter cannot stand for all properties: name each, as in {name: $name}.", self.at)
        return self.map_literal() if self.sees("{") else None

    def _relation(self) -> RelationPattern:
        at = self.at
        left = self.take("<")
        self.expect("-")
        variable: str | None = None
        types: tuple[str, ...] = ()
        hops, properties = None, None
        if self.take("["):
            variable = self.name() if self.token.kind in ("word", "name") else None
            types = self._types()
            hops = self._hops() if self.sees("*") else None
            properties = self._properties()
            self.expect("]")
        self.expect("-")
        right = self.take(">")
        direction = "both" if left == right else "in" if left else "out"
        return RelationPattern(variable, types, properties, direction, hops, at=at)

    def _types(self) -> tuple[str, ...]:
        if not self.take(":"):
            return ()
        found = [self.name("a type")]
        while self.take("|"):
            self.take(":")
            found.append(self.name("a type"))
        return tuple(found)

    def _hops(self) -> tuple[int, int | None]:
        self.expect("*")
        least = self._hop_count()
        if not self.take(".."):
            return (1, None) if least is None else (least, least)
        most = self._hop_count()
        return (1 if least is None else least, most)

    def _hop_count(self) -> int | None:
        if self.token.kind != "int":
            return None
        count = int(self.advance().value)
        if count > _MAX_HOPS:
            raise CypherError(f"A pattern may have at most {_MAX_HOPS:,} hops.", self.at)
        return count
