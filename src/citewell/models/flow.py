"""How a project's documents get from their files to what is searched."""

from sqlalchemy.orm import Mapped

from citewell.models.base import Base, Tenant


class ExtractionFlow(Base, Tenant):
    """What was changed of a project's flow. No row: it is as it was made. `publish_mode`: auto_publish,
    manual_publish."""

    __tablename__ = "extraction_flows"

    name: Mapped[str]
    publish_mode: Mapped[str]
