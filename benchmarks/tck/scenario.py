"""Running one scenario."""

from pathlib import Path

from benchmarks.tck.expected import Reader, comparable
from benchmarks.tck.features import Scenario
from benchmarks.tck.setup import apply
from citewell.graph.child import QueryRequest, QueryResult
from citewell.graph.cypher.store import Graph


def prepared(scenario: Scenario, root: Path) -> tuple[Graph, QueryRequest]:
    """The graph that the scenario begins with, and what it asks."""
    graph, asked = Graph(), QueryRequest("")
    for step in scenario.steps:
        if step.text.startswith("the binary-tree"):
            name = step.text.split()[1]
            apply(graph, (root / "graphs" / name / f"{name}.cypher").read_text("utf-8"))
        elif step.text.startswith("having executed"):
            apply(graph, step.doc)
        elif step.text.startswith("parameters are"):
            asked.parameters = {name: Reader(value).value() for name, value in step.table}
        elif step.text.startswith("executing query"):
            asked.query = step.doc
    return graph, asked


def fault(scenario: Scenario, answered: QueryResult) -> str:
    """How the answer differs from what the scenario expects; empty where it does not."""
    for step in scenario.steps:
        if "should be raised" in step.text:
            return "" if answered.error else f"not refused: {step.text}"
        if step.text.startswith("the result should be empty"):
            return answered.error or ("rows where there should be none" if answered.rows else "")
        if step.text.startswith("the result should be"):
            return answered.error or _difference(step.text, step.table, answered)
    return answered.error


def _difference(text: str, table: list[list[str]], answered: QueryResult) -> str:
    head, *lines = table
    unordered = "ignoring element order" in text
    if sorted(answered.columns) != sorted(head):
        return f"columns {answered.columns}, not {head}"
    want = [[comparable(Reader(cell).value(), unordered=unordered) for cell in line] for line in lines]
    got = [[comparable(row[name], unordered=unordered) for name in head] for row in answered.rows]
    if "in order" not in text:
        want, got = sorted(want, key=repr), sorted(got, key=repr)
    return "" if want == got else f"{got[:3]}, not {want[:3]}"
