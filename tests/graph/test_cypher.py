"""What queries find, and how they are refused: by the place of what is wrong."""

from typing import Any

import pytest

from citewell.graph.child import QueryRequest, answer
from citewell.graph.cypher.store import Graph
from citewell.graph.templates import filled


@pytest.fixture(scope="module")
def graph() -> Graph:
    made = Graph()
    acme = made.add_node(["Company"], {"name": "Acme", "founded": 1990, "id": "c1"})
    beta = made.add_node(["Company"], {"name": "Beta", "founded": 2005, "id": "c2"})
    gamma = made.add_node(["Company"], {"name": "Gamma", "id": "c3"})
    made.add_relation("OWNS", acme, beta, {"share": 0.6})
    made.add_relation("OWNS", beta, gamma, {"share": 1.0})
    return made


def ask(graph: Graph, query: str, **parameters: Any) -> list[dict[str, Any]]:
    answered = answer(graph, QueryRequest(query, parameters))
    assert not answered.error, answered.error
    return answered.rows


def refused(graph: Graph, query: str) -> str:
    return answer(graph, QueryRequest(query)).error


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("MATCH (c:Company {id: $id}) RETURN c.name", [{"c.name": "Acme"}]),
        (
            "MATCH (:Company {name: 'Acme'})-[:OWNS*1..3]->(c) RETURN c.name AS n ORDER BY n",
            [{"n": "Beta"}, {"n": "Gamma"}],
        ),
        ("MATCH (c:Company) RETURN count(*) AS n, sum(c.founded) AS years", [{"n": 3, "years": 3995}]),
        ("MATCH (c:Company) WHERE NOT (c)-->() RETURN c.name AS n", [{"n": "Gamma"}]),
        ("MATCH (c {id: 'c1'}) RETURN c {.name, years: 2026 - c.founded} AS c", [{"c": {"name": "Acme", "years": 36}}]),
        ("MATCH p = shortestPath((a {id: 'c1'})-[*..5]->(b {id: 'c3'})) RETURN length(p) AS n", [{"n": 2}]),
        (
            "MATCH (c:Company) WHERE c.name =~ 'A.*' OR c.founded > 2000 RETURN collect(c.name) AS n",
            [{"n": ["Acme", "Beta"]}],
        ),
        ("RETURN 'abc' STARTS WITH (null OR true) AS x", [{"x": None}]),
        ("MATCH (c:Company|Person {id: 'c2'})-->(d:Person|:Company) RETURN d.name AS n", [{"n": "Gamma"}]),
        ("MATCH (c:Person|Tool) RETURN c", []),
        (
            "MATCH (c:Company) CALL (c) { MATCH (c)-->(d) RETURN count(d) AS n } RETURN c.id AS i, n ORDER BY i",
            [{"i": "c1", "n": 1}, {"i": "c2", "n": 1}, {"i": "c3", "n": 0}],
        ),
        (
            "MATCH (c {id: 'c1'}) CALL (*) { RETURN c.name AS n UNION RETURN c.id AS n } RETURN n",
            [{"n": "Acme"}, {"n": "c1"}],
        ),
        ("MATCH (c) RETURN c.id AS i, COUNT { (c)-->() } AS n ORDER BY i SKIP 2", [{"i": "c3", "n": 0}]),
    ],
)
def test_a_query_finds_its_rows(graph: Graph, query: str, rows: list[dict[str, Any]]) -> None:
    assert ask(graph, query, id="c1") == rows


def test_what_is_of_the_graph_shows_its_labels(graph: Graph) -> None:
    [row] = ask(graph, "MATCH p = (a)-[r]->(b {id: 'c3'}) RETURN a, r, p")
    assert row["a"] == {"_id": 1, "_labels": ["Company"], "name": "Beta", "founded": 2005, "id": "c2"}
    assert (row["r"]["_type"], row["r"]["_end"]) == ("OWNS", 2)
    assert len(row["p"]["nodes"]) == 2


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("CREATE (n)", "Line 1, column 1: CREATE writes"),
        ("MATCH (n)\nDETACH DELETE n", "Line 2, column 1: DETACH writes"),
        ("MATCH (n) SET n.a = 1", "Line 1, column 11: SET writes"),
        ("CALL dbms.components()", "column 1: CALL of procedures"),
        ("MATCH (n) CALL db.labels() YIELD label RETURN label", "column 11: CALL of procedures"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS l RETURN l", "column 1: LOAD reads files"),
        ("MATCH (a)-[*]->(b) RETURN b", "column 10: A pattern of variable length says how many hops"),
        ("MATCH (a)-[*2..99999]->(b) RETURN b", "column 10: A pattern of variable length"),
        ("MATCH (n) CALL (m) { RETURN 1 AS x } RETURN x", 'column 17: There is no variable "m" here'),
        ("MATCH (n) CALL (n) { CREATE (m) } RETURN n", "column 22: CREATE writes"),
        ("MATCH (n) RETURN m", 'column 18: There is no variable "m" here'),
        ("MATCH (n RETURN n", 'column 10: ")" is expected'),
        ("MATCH (n) WHERE n.x = 'open RETURN n", "column 23: The text that begins here does not end"),
        ("MATCH (n) RETURN apoc.cypher.run('x')", 'There is no function "apoc.cypher.run"'),
        ("RETURN 1 / 0", "column 10: Division by zero"),
        ("WITH 1 AS a RETURN a {.x}", "column 20: Only nodes, relations and maps"),
        ("RETURN $missing", "column 8: The query has no value for $missing"),
        ("RETURN range(1, 100000000)", "range() returns at most 1,000,000 items"),
        ("UNWIND range(1, 20000) AS x RETURN x", "more than 10,000 rows: add LIMIT"),
        (f"RETURN {'(' * 200}1{')' * 200}", "nested"),
        (f"RETURN {'NOT ' * 5000}true", "nested"),
    ],
)
def test_refusals_name_the_place(graph: Graph, query: str, told: str) -> None:
    assert told in refused(graph, query)


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("MATCH (n {name: $name}) RETURN n", "MATCH (n {name: $name}) RETURN n"),
        ("MATCH (n) WHERE n.name = {name} RETURN n", "MATCH (n) WHERE n.name = $name RETURN n"),
        ("MATCH (n {{name: '{name}'}}) RETURN n", "MATCH (n {name: ('' + toString($name) + '')}) RETURN n"),
        ("MATCH (n:{label}) RETURN n {.name}", "MATCH (n:`A``B`) RETURN n {.name}"),
        ("RETURN {other: 1}", "RETURN {other: 1}"),
    ],
)
def test_values_of_templates_never_become_syntax(template: str, query: str) -> None:
    assert filled(template, {"name": "x'}) DETACH DELETE n //", "label": "A`B"}) == query
