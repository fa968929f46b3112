"""Turns a tool's restrictions into conditions on documents, which every statement of the tool contains."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from citewell.documents.repository.collections import in_collections
from citewell.documents.repository.conditions import is_one_of
from citewell.retrieval.document_filter import document_tags
from citewell.retrieval.repository.documents import has_any_tag
from citewell.retrieval.schemas import TagChoice
from citewell.tools.restriction_conditions import document_conditions
from citewell.tools.schemas import Restrictions


def conditions(project_id: UUID, stored: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Returns the conditions that a document must meet for the tool to see it; empty if it sees the whole
    project.
    """
    if not stored:
        return []
    narrowed = Restrictions.model_validate(stored)
    found: list[ColumnElement[bool]] = []
    _add(found, narrowed.document_mode, is_one_of(narrowed.document_parameters))
    tags = document_tags([_by_name(tag) for tag in narrowed.tag_parameters])
    _add(found, narrowed.tag_mode, has_any_tag(project_id, tags))
    # A document without a collection is in no named collection. In SQL the comparison would give NULL.
    _add(found, narrowed.collection_mode, in_collections(project_id, narrowed.collection_parameters).is_(True))
    return [*found, *document_conditions(project_id, narrowed)]


def _by_name(tag: TagChoice) -> TagChoice:
    """Returns the name and value that were stored with the id: its row may be gone."""
    return tag if tag.tag_name is None else tag.model_copy(update={"id": None})


def _add(found: list[ColumnElement[bool]], mode: str, condition: ColumnElement[bool]) -> None:
    if mode.startswith("select_"):
        found.append(condition)
    elif mode.startswith("exclude_"):
        found.append(~condition)
