"""Connected clients on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from citewell.models import OAuthClient, OAuthGrant


class ConnectedClient(BaseModel):
    """A program that may act for a person. `projects` is null where it reaches all that the person may see."""

    id: UUID
    client_id: str
    name: str
    scopes: list[str]
    projects: list[UUID] | None
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, grant: OAuthGrant, client: OAuthClient) -> "ConnectedClient":
        return cls(
            id=grant.id,
            client_id=client.id,
            name=client.name,
            scopes=grant.scopes,
            projects=grant.projects,
            created_at=grant.created_at,
            last_used_at=grant.last_used_at,
        )
