"""Finds the project in a path of the server."""

import re
from uuid import UUID

# `[^/]+` matches the id, in any spelling that the routes accept.
_PROJECT = re.compile(
    r"/api/v1/projects/([^/]+)/|/storage/[a-z]+/([^/]+)/|/widget/([^/]+)/|/v1/vector_stores/(?:vs_)?([^/]+)"
    r"|/([^/]+)/reference/"
)


def project_in(path: str) -> UUID | None:
    """Returns the project that a percent-decoded path names; None if it names none.

    Routes accept an id with or without hyphens, in braces, and after `urn:uuid:`; all spellings mean the same project.
    """
    found = _PROJECT.match(path)
    if found is None:
        return None
    try:
        return UUID(next(group for group in found.groups() if group))
    except ValueError:
        return None
