"""Changes of the mental map, domain by domain and concept by concept."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from citewell.artifacts.changes import checked, in_order, index_of
from citewell.artifacts.content import Concept, Domain, MentalMap, Name, Relation, Short


class AddDomain(BaseModel, extra="forbid"):
    op: Literal["add_domain"]
    domain: Domain


class UpdateDomain(BaseModel, extra="forbid"):
    """Fields that are left out keep their values."""

    op: Literal["update_domain"]
    domain: Name
    label: Name | None = None
    description: Short | None = None


class RemoveDomain(BaseModel, extra="forbid"):
    op: Literal["remove_domain"]
    domain: Name


class AddConcept(BaseModel, extra="forbid"):
    op: Literal["add_concept"]
    domain: Name
    concept: Concept


class UpdateConcept(BaseModel, extra="forbid"):
    """Fields that are left out keep their values. A new name is also written into the relations that lead here."""

    op: Literal["update_concept"]
    domain: Name
    concept: Name
    name: Name | None = None
    description: Short | None = None
    synonyms: Annotated[list[Name] | None, Field(max_length=50)] = None
    relations: Annotated[list[Relation] | None, Field(max_length=100)] = None


class RemoveConcept(BaseModel, extra="forbid"):
    """Relations that led to it go with it."""

    op: Literal["remove_concept"]
    domain: Name
    concept: Name


MentalMapChange = Annotated[
    AddDomain | UpdateDomain | RemoveDomain | AddConcept | UpdateConcept | RemoveConcept, Field(discriminator="op")
]


def changed_map(content: MentalMap, changes: Sequence[Any]) -> MentalMap:
    return checked(MentalMap, in_order(content.model_copy(deep=True), changes, _on_map))


def _on_map(content: MentalMap, change: Any) -> MentalMap:
    if isinstance(change, AddDomain):
        content.domains.append(change.domain)
        return content
    index = index_of([domain.label for domain in content.domains], change.domain, "domain")
    domain = content.domains[index]
    if isinstance(change, RemoveDomain):
        gone = content.domains.pop(index)
        for concept in gone.concepts:
            _forget_concept(content, concept.name)
    elif isinstance(change, UpdateDomain):
        domain.label = domain.label if change.label is None else change.label
        domain.description = domain.description if change.description is None else change.description
    elif isinstance(change, AddConcept):
        domain.concepts.append(change.concept)
    else:
        _on_concept(content, domain, change)
    return content


def _on_concept(content: MentalMap, domain: Domain, change: UpdateConcept | RemoveConcept) -> None:
    index = index_of([concept.name for concept in domain.concepts], change.concept, "concept")
    if isinstance(change, RemoveConcept):
        _forget_concept(content, domain.concepts.pop(index).name)
        return
    concept = domain.concepts[index]
    if change.name is not None:
        for relation in _relations_to(content, concept.name):
            relation.to = change.name
    for field in ("name", "description", "synonyms", "relations"):
        if (value := getattr(change, field)) is not None:
            setattr(concept, field, value)


def _relations_to(content: MentalMap, name: str) -> list[Relation]:
    every = (relation for domain in content.domains for one in domain.concepts for relation in one.relations)
    return [relation for relation in every if relation.to.casefold() == name.casefold()]


def _forget_concept(content: MentalMap, name: str) -> None:
    for domain in content.domains:
        for concept in domain.concepts:
            concept.relations = [one for one in concept.relations if one.to.casefold() != name.casefold()]


def map_differences(before: MentalMap, after: MentalMap) -> dict[str, list[str]]:
    """Returns what was added, changed and removed, by name.

    "Sales" is a domain, "Sales > Order" a concept, and "Order is paid by Customer" a relation. A concept with another
    description or other synonyms is changed.
    """
    old, new = _elements(before), _elements(after)
    return {
        "added": [name for name in new if name not in old],
        "changed": [name for name in new if name in old and new[name] != old[name]],
        "removed": [name for name in old if name not in new],
    }


def _elements(content: MentalMap) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for domain in content.domains:
        found[domain.label] = domain.description
        for concept in domain.concepts:
            found[f"{domain.label} > {concept.name}"] = (concept.description, concept.synonyms)
            found |= {f"{concept.name} {one.relation} {one.to}": None for one in concept.relations}
    return found
