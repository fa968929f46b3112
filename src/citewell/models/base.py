"""The declarative base that every table shares."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, MetaData, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from citewell.kit.ids import new_id

UNFINISHED = ("pending", "running")  # states of a run, a step or an import that has work left


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
        list[UUID]: ARRAY(Uuid),
    }


class Stamped:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), onupdate=func.clock_timestamp(), sort_order=91
    )


class Tenant(Stamped):
    """A row of one project: the project comes first in its key."""

    project_id: Mapped[UUID] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, sort_order=-2
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)
