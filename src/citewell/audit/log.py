"""Entries of the audit log. An entry is added in the transaction of the change that it describes, so neither commits
without the other."""

from typing import Any
from uuid import UUID

from citewell.audit.actions import Action
from citewell.auth.access import Access
from citewell.auth.caller import Caller
from citewell.models import AuditEntry


def entry_of(access: Access, action: Action, object_type: str = "", object_id: Any = "", **detail: Any) -> AuditEntry:
    """Returns an entry about something in a project.

    `detail` must hold no secrets and no text of documents or answers.
    """
    return entry(
        access.caller, action, object_type, object_id, acting=access.acting, project=access.project_id, **detail
    )


def entry(
    actor: Caller | None,
    action: Action,
    object_type: str = "",
    object_id: Any = "",
    *,
    acting: Caller | None = None,
    project: UUID | None = None,
    **detail: Any,
) -> AuditEntry:
    """Returns an entry about anything. `actor` is None for the command line and for those who are not signed in."""
    acting = acting or actor
    return AuditEntry(
        project_id=project,
        action=action,
        actor_id=actor.user_id if actor else None,
        actor_email=actor.email if actor else "",
        acting_id=acting.user_id if acting else None,
        acting_email=acting.email if acting else "",
        object_type=object_type,
        object_id=str(object_id),
        detail=detail,
    )
