"""Making the graphs that scenarios begin with. Their CREATE statements are run here, since the product only reads."""

from typing import Any

from citewell.graph.child import GraphData
from citewell.graph.cypher.parser import Parser
from citewell.graph.cypher.run import clause_of, value_of
from citewell.graph.cypher.store import Graph
from citewell.graph.cypher.syntax import Clause, PathPattern
from citewell.graph.wire import packed

Created = list[PathPattern]


class _SetupParser(Parser):
    def statement(self) -> list[Clause | Created]:
        found: list[Clause | Created] = []
        while self.token.kind != "end" and not self.take(";"):
            if self.take_words("CREATE"):
                patterns = [self.path_pattern()]
                while self.take(","):
                    patterns.append(self.path_pattern())
                found.append(patterns)
            else:
                clause = self.clause()
                assert clause is not None, self.query
                found.append(clause)
        return found


def apply(graph: Graph, text: str) -> None:
    """Run statements of MATCH, UNWIND, WITH and CREATE. Raises CypherError for others."""
    parser = _SetupParser(text)
    while parser.token.kind != "end":
        rows: list[dict[str, Any]] = [{}]
        for one in parser.statement():
            if isinstance(one, list):
                rows = [_created(graph, one, dict(row)) for row in rows]
            else:
                rows = list(clause_of(graph, one)(iter(rows)))


def _created(graph: Graph, patterns: Created, row: dict[str, Any]) -> dict[str, Any]:
    for pattern in patterns:
        nodes = []
        for one in pattern.nodes:
            node = row.get(one.variable or "") or graph.add_node(one.labels, _values(graph, one.properties, row))
            if one.variable:
                row[one.variable] = node
            nodes.append(node)
        for between, left, right in zip(pattern.relations, nodes, nodes[1:], strict=False):
            start, end = (right, left) if between.direction == "in" else (left, right)
            relation = graph.add_relation(between.types[0], start, end, _values(graph, between.properties, row))
            if between.variable:
                row[between.variable] = relation
    return row


def _values(graph: Graph, properties: Any, row: dict[str, Any]) -> dict[str, Any]:
    return {} if properties is None else dict(value_of(graph, properties)(row))


def data_of(graph: Graph) -> GraphData:
    """The graph as the product hands it to the process that answers."""
    return GraphData(
        [(list(node.labels), _packed(node.properties)) for node in graph.nodes],
        [(one.type, one.start.id, one.end.id, _packed(one.properties)) for one in graph.relations],
    )


def _packed(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: packed(value) for name, value in properties.items()}
