"""Reading collections of documents. A document without one is in the virtual "Default", whose slug is `default`."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from citewell.models import Collection, Document

DEFAULT_SLUG = "default"
DEFAULT_NAME = "Default"


def in_collections(project_id: UUID, slugs: Sequence[str]) -> ColumnElement[bool]:
    """Whether the document is in one of the collections."""
    known = select(Collection.id).where(Collection.project_id == project_id, Collection.slug.in_(slugs))
    condition: ColumnElement[bool] = Document.collection_id.in_(known)
    return or_(condition, Document.collection_id.is_(None)) if DEFAULT_SLUG in slugs else condition
