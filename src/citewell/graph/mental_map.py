"""Adds the mental map to the graph: domains, concepts, the relations of concepts, and which objects are instances.

It is added when a query needs it, so the next query after an edit of the map sees the edit.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts.content import MentalMap
from citewell.artifacts.service import get_artifact
from citewell.graph.child import GraphData

SLUG = "mental_map"


async def mental_map_of(session: AsyncSession, project_id: UUID) -> MentalMap:
    content = (await get_artifact(session, project_id, SLUG)).content
    return content if isinstance(content, MentalMap) else MentalMap()


def joined(data: GraphData, content: MentalMap) -> GraphData:
    """Returns the graph with the map: `Domain` and `Concept` nodes, IN_DOMAIN, the relations of the map, and IS_A from
    an object to the concept that has the name of its class, or a synonym of it.
    """
    nodes, relations = list(data.nodes), list(data.relations)
    by_name: dict[str, int] = {}
    for domain in content.domains:
        above = len(nodes)
        nodes.append((["Domain"], {"name": domain.label, "description": domain.description}))
        for concept in domain.concepts:
            stated = {"name": concept.name, "description": concept.description, "synonyms": concept.synonyms}
            relations.append(("IN_DOMAIN", len(nodes), above, {}))
            for name in (concept.name, *concept.synonyms):
                by_name.setdefault(_plain(name), len(nodes))
            nodes.append((["Concept"], stated))
    for domain in content.domains:
        for concept in domain.concepts:
            for relation in concept.relations:
                start, end = by_name[_plain(concept.name)], by_name.get(_plain(relation.to))
                if end is not None:
                    relations.append((_type_of(relation.relation), start, end, {}))
    for place, (labels, _) in enumerate(data.nodes):
        if labels and (found := by_name.get(_plain(labels[0]))) is not None:
            relations.append(("IS_A", place, found, {}))
    return GraphData(nodes, relations)


def joined_shape(shape: Mapping[str, Any], content: MentalMap) -> dict[str, Any]:
    """Returns what `graph-schema/` shows of a graph with the map."""
    concepts = [concept for domain in content.domains for concept in domain.concepts]
    labels = dict(shape.get("labels", {}))
    if not content.domains:
        return {"labels": labels, "relations": list(shape.get("relations", []))}
    text = {"name": "text", "description": "text"}
    labels["Domain"] = {"count": len(content.domains), "properties": text}
    counts: Counter[tuple[str, str, str]] = Counter()
    if concepts:
        labels["Concept"] = {"count": len(concepts), "properties": {**text, "synonyms": "list"}}
        counts["Concept", "IN_DOMAIN", "Domain"] = len(concepts)
    names = {_plain(name) for concept in concepts for name in (concept.name, *concept.synonyms)}
    for concept in concepts:
        for relation in concept.relations:
            counts["Concept", _type_of(relation.relation), "Concept"] += 1
    for label, known in shape.get("labels", {}).items():
        if _plain(label) in names:
            counts[label, "IS_A", "Concept"] = known["count"]
    made = [{"from": start, "type": kind, "to": end, "count": n} for (start, kind, end), n in counts.items()]
    return {"labels": labels, "relations": [*shape.get("relations", []), *made]}


def _plain(name: str) -> str:
    """Normalises a name for comparison: the class `NetSales` matches the concept "net sales"."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _type_of(verb: str) -> str:
    """Returns the type of a relation: IS_PAID_BY for `is paid by`."""
    return re.sub(r"\W+", "_", verb).strip("_").upper() or "RELATES_TO"
