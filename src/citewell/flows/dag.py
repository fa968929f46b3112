"""The graph of a flow: its nodes, which kinds may follow which, and the order in which they run.

A node is a step that every document goes through, or an extractor. An edge leads from a node to one that reads its
results.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from citewell.errors import InvalidFields
from citewell.extractors.families import BY_NAME
from citewell.ingestion.pipeline import STEPS

MAX_NODES, MAX_EDGES = 200, 1000
STEP_NAMES = tuple(step.name for step in STEPS)
LAST_STEP = STEP_NAMES[-1]
_READERS = (LAST_STEP, "parsing", "chunks", "document-filter", "chunk-tag-filter", "tag", "document-tag", "object")
# The kinds of nodes that a node may come after. A step comes after the previous step.
BEHIND: dict[str, tuple[str, ...]] = {
    **{other: (one,) for one, other in pairwise(STEP_NAMES)},
    STEP_NAMES[0]: (),
    "parsing": (LAST_STEP, "document-filter"),
    "chunks": (LAST_STEP, "parsing", "document-filter", "document-tag"),
    "object": _READERS,
    "tag": _READERS,
    "document-tag": _READERS,
    "document-filter": (LAST_STEP, "document-filter", "document-tag", "parsing"),
    "chunk-tag-filter": ("tag",),
    "object-alerts": ("object", "imported-object"),
    "tag-alerts": ("tag",),
    "imported-object": (LAST_STEP,),
}
# Kinds of nodes that need one of these before them, else they have nothing to read.
NEEDS_ONE = ("chunk-tag-filter", "object-alerts", "tag-alerts")

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
NodeId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]


class Node(BaseModel, extra="ignore"):
    """A node. `kind` is a step, or a family of extractors: then `extractor_id` names the extractor."""

    id: NodeId
    name: Text = ""
    kind: Text = ""
    extractor_id: UUID | None = None

    @property
    def is_step(self) -> bool:
        return self.kind in STEP_NAMES


class Edge(BaseModel, extra="ignore"):
    source: NodeId
    target: NodeId


class Dag(BaseModel, extra="ignore"):
    nodes: Annotated[list[Node], Field(max_length=MAX_NODES)]
    edges: Annotated[list[Edge], Field(max_length=MAX_EDGES)] = []

    def sources(self, node: Node) -> list[Node]:
        """Returns the nodes whose results the node reads."""
        by_id = {one.id: one for one in self.nodes}
        return [by_id[edge.source] for edge in self.edges if edge.target == node.id]

    @property
    def has_steps(self) -> bool:
        return any(node.is_step for node in self.nodes)

    def in_order(self) -> list[Node]:
        """Returns the nodes in topological order. Raises ValueError, which names the nodes of a cycle."""
        waiting = {node.id: {edge.source for edge in self.edges if edge.target == node.id} for node in self.nodes}
        ordered: list[Node] = []
        while waiting:
            ready = [node for node in self.nodes if node.id in waiting and not waiting[node.id]]
            if not ready:
                raise ValueError(_circle(waiting))
            for node in ready:
                del waiting[node.id]
                ordered.append(node)
            for needed in waiting.values():
                needed.difference_update(node.id for node in ready)
        return ordered


def read_dag(value: Mapping[str, Any]) -> Dag:
    """Reads a graph as clients send it, and checks all that does not need its extractors. Raises InvalidFields."""
    try:
        dag = Dag.model_validate(value)
        _check(dag)
    except ValidationError as error:
        first = error.errors()[0]
        raise refused(f"{_place(first['loc'])}: {first['msg']}") from None
    except ValueError as error:
        raise refused(str(error)) from None
    return dag


def default_dag() -> Dag:
    """Returns the graph of a new flow: the steps of documents only."""
    nodes = [Node(id=step.name, name=step.title, kind=step.name) for step in STEPS]
    return Dag(nodes=nodes, edges=[Edge(source=one, target=other) for one, other in pairwise(STEP_NAMES)])


def refused(message: str) -> InvalidFields:
    return InvalidFields({"dag": [message]})


def place_of(dag: Dag, node: Node) -> str:
    return f"nodes[{dag.nodes.index(node)}]"


def _check(dag: Dag) -> None:
    seen: set[str] = set()
    for number, node in enumerate(dag.nodes):
        node.kind = node.kind or (node.id if node.id in STEP_NAMES else "")
        if node.kind not in BEHIND:
            raise ValueError(f"nodes[{number}].kind: {node.kind[:100]!r} is none of {', '.join(BEHIND)}")
        if node.id in seen:
            raise ValueError(f"nodes[{number}].id: {node.id!r} appears twice")
        if node.kind in BY_NAME and node.extractor_id is None:
            raise ValueError(f"nodes[{number}].extractor_id: a node of kind {node.kind} needs the id of its extractor")
        seen.add(node.id)
    _check_edges(dag, seen)
    dag.in_order()
    _check_steps(dag)
    for number, node in enumerate(dag.nodes):
        _check_sources(dag, number, node)


def _check_edges(dag: Dag, known: set[str]) -> None:
    seen: set[tuple[str, str]] = set()
    for number, edge in enumerate(dag.edges):
        for field in ("source", "target"):
            if (named := getattr(edge, field)) not in known:
                raise ValueError(f"edges[{number}].{field}: there is no node {named!r}")
        if (edge.source, edge.target) in seen:
            raise ValueError(f"edges[{number}]: this edge appears twice")
        seen.add((edge.source, edge.target))


def _check_steps(dag: Dag) -> None:
    """Raises InvalidFields unless the graph has all steps of documents, once each and in their order, or none."""
    named = [node.kind for node in dag.nodes if node.is_step]
    if named and sorted(named) != sorted(STEP_NAMES):
        raise ValueError(f"nodes: the steps {', '.join(STEP_NAMES)} must each be in the flow once, or none of them")


def _check_sources(dag: Dag, number: int, node: Node) -> None:
    sources, allowed = dag.sources(node), BEHIND[node.kind]
    for source in sources:
        if source.kind not in allowed:
            may = f"only after {' or '.join(allowed)}" if allowed else "it comes first"
            raise ValueError(f"nodes[{number}]: {node.kind} cannot come after {source.id!r} ({source.kind}): {may}")
    needs_one = node.kind in NEEDS_ONE or (node.is_step and node.kind != STEP_NAMES[0])
    if needs_one and not sources:
        raise ValueError(f"nodes[{number}]: {node.kind} has nothing to read: put it after {' or '.join(allowed)}")
    if dag.has_steps and not node.is_step and not sources and node.kind != "imported-object":
        raise ValueError(f"nodes[{number}]: no edge leads to {node.id!r}: add one from {LAST_STEP} or a node after it")
    if sum(source.kind == "chunks" for source in sources) > 1:
        raise ValueError(
            f"nodes[{number}]: {node.id!r} comes after two nodes of kind chunks: it reads the chunks of one"
        )


def _circle(waiting: Mapping[str, Iterable[str]]) -> str:
    """Names the nodes of one cycle among `waiting`, which maps each node to those that it waits for."""
    path = [next(iter(waiting))]
    while (following := min(waiting[path[-1]])) not in path:
        path.append(following)
    circle = [following, *reversed(path[path.index(following) :])]
    return f"edges: {' → '.join(one[:50] for one in circle)} is a circle; a flow leads from documents to results"


def _place(parts: Sequence[int | str]) -> str:
    """Formats a position in the graph, such as `nodes[3].kind`."""
    told = ""
    for part in parts:
        told += f"[{part}]" if isinstance(part, int) else f".{part}" if told else part
    return told or "dag"
