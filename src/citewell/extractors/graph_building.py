"""The graph of a project, made of the rows of its tables of objects and of its tags.

An object is a node labelled with its class, joined to its document by FROM_DOCUMENT. A field that holds an object is a
node of its own, joined by a relation named after the field; those of the same class and name, within a project, are one
node, so that two contracts with one supplier meet there.
"""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.extractors.class_source import read_class
from citewell.extractors.classes import ClassSpec, FieldSpec
from citewell.extractors.pushing import pushed_version
from citewell.extractors.repository.documents import find_active_names, find_tags
from citewell.extractors.repository.pushed import delete_graph, tables_of_type
from citewell.extractors.repository.table_rows import find_rows_after
from citewell.kit.ids import new_id
from citewell.models import KnowledgeGraph, KnowledgeTable
from citewell.tables.repository.tables import lock_tables

MAX_NODES = 300_000
_NAMES = ("id", "name", "title", "code")  # what tells one object of a class from another
_AT_ONCE = 2000


class GraphBuilder:
    """Nodes and relations as they are stored (see KnowledgeGraph)."""

    def __init__(self) -> None:
        self.nodes: list[tuple[list[str], dict[str, Any]]] = []
        self.relations: list[tuple[str, int, int, dict[str, Any]]] = []
        self._known: dict[tuple[str, str], int] = {}

    def node(self, label: str, properties: Mapping[str, Any], key: str = "") -> int:
        """Returns the place of the node; the one that has the label and the key already, if it has one."""
        known = self._known.get((label, key)) if key else None
        if known is not None:
            self.nodes[known][1].update({name: value for name, value in properties.items() if value is not None})
            return known
        self.nodes.append(([label], {name: value for name, value in properties.items() if value is not None}))
        if key:
            self._known[label, key] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def find(self, label: str, key: str) -> int | None:
        return self._known.get((label, key))

    def relate(self, kind: str, start: int, end: int, properties: Mapping[str, Any] | None = None) -> None:
        self.relations.append((kind, start, end, dict(properties or {})))

    def add_object(self, row: Mapping[str, Any], label: str, spec: ClassSpec | None) -> int:
        values = row.get("json_object")
        place = self._nested(values if isinstance(values, dict) else {}, label, spec, key=f"object {row['id']}")
        self.nodes[place][1]["object_id"] = str(row["id"])
        if (document := self.find("Document", str(row.get("document_id")))) is not None:
            pages = {"min_page": row.get("min_page"), "max_page": row.get("max_page")}
            self.relate("FROM_DOCUMENT", place, document, pages)
        return place

    def _nested(self, values: Mapping[str, Any], label: str, spec: ClassSpec | None, key: str) -> int:
        plain = {name: value for name, value in values.items() if not _holds_objects(value)}
        place = self.node(label, plain, key)
        fields = {one.name: one for one in spec.fields} if spec is not None else {}
        for name, value in values.items():
            if _holds_objects(value):
                inner = _class_of(fields.get(name))
                kind, under = relation_type(name), inner.name if inner is not None else label_of(name)
                for one in value if isinstance(value, list) else [value]:
                    self.relate(kind, place, self._nested(one, under, inner, _key(one)))
        return place

    def shape(self) -> dict[str, Any]:
        """Returns the labels, types and properties that queries may use, with their numbers."""
        labels: dict[str, dict[str, Any]] = {}
        for (label, *_), properties in self.nodes:
            known = labels.setdefault(label, {"count": 0, "properties": {}})
            known["count"] += 1
            for name, value in properties.items():
                known["properties"].setdefault(name, _type_of(value))
        counts: dict[tuple[str, str, str], int] = {}
        for kind, start, end, _ in self.relations:
            ends = (self.nodes[start][0][0], kind, self.nodes[end][0][0])
            counts[ends] = counts.get(ends, 0) + 1
        joined = [{"from": start, "type": kind, "to": end, "count": n} for (start, kind, end), n in counts.items()]
        return {"labels": labels, "relations": joined}


async def rebuild_graph(session: AsyncSession, project_id: UUID) -> int:
    """Replaces the graph by one of the tables as they are pushed. Returns the number of nodes."""
    await lock_tables(session, project_id)
    builder = GraphBuilder()
    for row in await find_active_names(session, project_id):
        builder.node("Document", {"id": str(row.id), "name": row.name}, str(row.id))
    for table in await tables_of_type(session, project_id, ["object"]):
        label, spec = _label_and_class(table)
        async for data in _rows(session, table):
            builder.add_object(data, label, spec)
            if len(builder.nodes) > MAX_NODES:
                break
    await _add_document_tags(session, project_id, builder)
    await delete_graph(session, project_id)
    made = {"nodes": builder.nodes, "relations": builder.relations, "shape": builder.shape()}
    session.add(KnowledgeGraph(project_id=project_id, id=new_id(), **made))
    return len(builder.nodes)


async def _rows(session: AsyncSession, table: KnowledgeTable) -> AsyncIterator[dict[str, Any]]:
    version = await pushed_version(session, table)
    after = -1
    while version is not None and not version.live:
        found = await find_rows_after(session, version, after, _AT_ONCE)
        for row in found:
            yield row.data
        if len(found) < _AT_ONCE:
            return
        after = found[-1].position


async def _add_document_tags(session: AsyncSession, project_id: UUID, builder: GraphBuilder) -> None:
    for tag in await find_tags(session, project_id):
        document = builder.find("Document", str(tag.document_id))
        if document is not None:
            place = builder.node("DocumentTag", {"name": tag.name, "value": tag.value}, f"{tag.name}={tag.value}")
            builder.relate("HAS_TAG", document, place)


def _label_and_class(table: KnowledgeTable) -> tuple[str, ClassSpec | None]:
    metadata = table.object_metadata
    try:
        spec = read_class(str(metadata.get("object_pydantic_class") or ""))
    except ValueError:
        return label_of(str(metadata.get("object_name") or table.name)), None
    return spec.name, spec


def label_of(name: str) -> str:
    """Returns a field or a table's name as a label: net_sales is NetSales."""
    words = re.findall(r"\w+", name.replace("_", " "))
    return "".join(word[:1].upper() + word[1:] for word in words) or "Object"


def relation_type(name: str) -> str:
    """Returns a field's name as the type of a relation: netSales is NET_SALES."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", spaced).upper() or "HAS"


def _class_of(field: FieldSpec | None) -> ClassSpec | None:
    of = field.of if field is not None else None
    return of if of is None or isinstance(of, ClassSpec) else _class_of(of) if of.of is not None else None


def _holds_objects(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, dict) for one in value)
    return isinstance(value, dict)


def _key(values: Mapping[str, Any]) -> str:
    """Returns what identifies nested objects: their name, or all their values."""
    for name in _NAMES:
        if isinstance(value := values.get(name), (str, int)) and value != "":
            return f"{name} {str(value).strip().casefold()}"
    return f"all {msgspec.json.encode(values, order='sorted').decode()}"


_TYPES = ((bool, "boolean"), (int, "integer"), (float, "float"), (str, "text"), (list, "list"))


def _type_of(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "map")
