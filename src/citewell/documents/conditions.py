"""Conditions on documents by their tags and metadata. Values are compared without regard to case."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from citewell.models import Document, DocumentTag


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
