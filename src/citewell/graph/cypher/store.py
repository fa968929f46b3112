"""A graph in memory. Its indexes are built when a query first needs them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citewell.graph.cypher.values import Node, Relation, identity


class Graph:
    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.relations: list[Relation] = []
        self._labelled: dict[str, list[Node]] = {}
        self._indexes: dict[tuple[str, str], dict[Any, list[Node]]] = {}

    def add_node(self, labels: Iterable[str], properties: Mapping[str, Any]) -> Node:
        node = Node(len(self.nodes), tuple(labels), _without_nulls(properties))
        self.nodes.append(node)
        for label in node.labels:
            self._labelled.setdefault(label, []).append(node)
        return node

    def add_relation(self, kind: str, start: Node, end: Node, properties: Mapping[str, Any]) -> Relation:
        relation = Relation(len(self.relations), kind, start, end, _without_nulls(properties))
        self.relations.append(relation)
        start.outgoing.append(relation)
        end.incoming.append(relation)
        return relation

    def labelled(self, labels: Sequence[str], either: Sequence[str] = ()) -> list[Node]:
        """Returns the nodes with the rarest of `labels`.

        Without labels, those with one of `either`, or else all nodes.
        """
        if either and not labels:
            found = {node.id: node for label in either for node in self._labelled.get(label, [])}
            return list(found.values())
        if not labels:
            return self.nodes
        return min((self._labelled.get(label, []) for label in labels), key=len)

    def having(self, label: str, key: str, value: Any) -> list[Node]:
        """Returns the nodes with the label (if it is empty, with any) whose property equals the value."""
        index = self._indexes.get((label, key))
        if index is None:
            index = {}
            for node in self.labelled([label] if label else []):
                if key in node.properties:
                    index.setdefault(identity(node.properties[key]), []).append(node)
            self._indexes[label, key] = index
        return index.get(identity(value), [])


def _without_nulls(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not None}
