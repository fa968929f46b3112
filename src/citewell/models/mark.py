"""Named facts about the database server itself."""

from sqlalchemy.orm import Mapped, mapped_column

from citewell.models.base import Base, Stamped


class ServerMark(Base, Stamped):
    __tablename__ = "server_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
