"""Buckets of requests that all servers share. Unlogged: after a crash of the database they are full again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base


class RateLimit(Base):
    """`full_at` is when the bucket is full again; the key is a token's or user's id, or a hash."""

    __tablename__ = "rate_limits"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    key: Mapped[UUID] = mapped_column(primary_key=True)
    full_at: Mapped[datetime] = mapped_column(index=True)
