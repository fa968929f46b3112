"""Conditions on documents. Values of tags and metadata are compared without regard to case."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, and_, cast, column, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, aliased

from citewell.models import Document, DocumentTag, DocumentVersion


def is_project_document() -> ColumnElement[bool]:
    """Whether it is one of the project's own documents, neither local nor deleted."""
    return and_(Document.status == "active", Document.local_to.is_(None))


def visible_documents(
    project_id: UUID, within: Sequence[ColumnElement[bool]] = (), local_to: Sequence[UUID] = ()
) -> ColumnElement[bool]:
    """Returns the documents that are seen from somewhere: the project's own that meet all the conditions, and those
    that are local to one of `local_to`.
    """
    own = and_(Document.local_to.is_(None), *within)
    seen = or_(own, Document.local_to.in_(local_to)) if local_to else own
    return and_(Document.project_id == project_id, Document.status == "active", seen)


def is_present(project_id: UUID) -> ColumnElement[bool]:
    """Whether it is a document of the project, also a local one, that is not deleted."""
    return and_(Document.project_id == project_id, Document.status == "active")


def is_one_of(document_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return Document.id.in_(document_ids)


def is_newest(project_id: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether no version of the document has a higher number."""
    newer = aliased(DocumentVersion)
    same = (newer.project_id == project_id) & (newer.document_id == DocumentVersion.document_id)
    return ~select(newer.id).where(same, newer.number > DocumentVersion.number).exists()


def has_metadata(values: Sequence[str] | None, key: str | None = None) -> ColumnElement[bool]:
    """Whether the document's metadata has one of the values (any, if None), under the key if one is given."""
    pair = func.jsonb_array_elements(Document.metadata_pairs).table_valued(column("pair")).render_derived()
    query = select(literal(1)).select_from(pair)
    if values is not None:
        query = query.where(_one_of(pair.c.pair.op("->>")(1), values))
    if key is not None:
        query = query.where(func.lower(pair.c.pair.op("->>")(0)) == func.lower(key))
    return query.exists()


def has_tag(project_id: UUID, values: Sequence[str]) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .select_from(DocumentTag)
        .where(DocumentTag.project_id == project_id, DocumentTag.document_id == Document.id)
        .where(_one_of(DocumentTag.value, values))
        .exists()
    )


def _one_of(expression: SQLColumnExpression[str], values: Sequence[str]) -> ColumnElement[bool]:
    """PostgreSQL lowers both sides, so they agree on letters where Python would not."""
    wanted = func.unnest(cast(list(values), ARRAY(Text))).table_valued("value").render_derived()
    return func.lower(expression).in_(select(func.lower(wanted.c.value)))
