"""What a user may do in a project."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    ADMIN = "CAN_PERFORM_ADMIN_ACTIONS"
    VIEW = "CAN_VIEW_DATA"
    RUN = "CAN_RUN_TASKS"
    TECHNICAL = "CAN_VIEW_TECHNICAL_INTERFACE"
    IMPERSONATE = "CAN_IMPERSONATE_OTHER_USERS"


def allows(granted: Iterable[str], wanted: Permission) -> bool:
    """Admins may do everything in their project but impersonate, which only a superuser grants."""
    granted = set(granted)
    if wanted in granted:
        return True
    return wanted is not Permission.IMPERSONATE and Permission.ADMIN in granted
