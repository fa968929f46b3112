"""The permissions of users in projects."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    ADMIN = "CAN_PERFORM_ADMIN_ACTIONS"
    VIEW = "CAN_VIEW_DATA"
    RUN = "CAN_RUN_TASKS"
    TECHNICAL = "CAN_VIEW_TECHNICAL_INTERFACE"
    IMPERSONATE = "CAN_IMPERSONATE_OTHER_USERS"


def giving(wanted: Permission) -> set[str]:
    """Returns the permissions each of which implies the wanted one.

    Admins may do everything in their project except impersonate, which only a superuser grants.
    """
    return {wanted} if wanted is Permission.IMPERSONATE else {wanted, Permission.ADMIN}


def allows(granted: Iterable[str], wanted: Permission) -> bool:
    return not giving(wanted).isdisjoint(granted)
