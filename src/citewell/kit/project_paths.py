"""The project that a path of the server names."""

import re
from uuid import UUID

# `[^/]+` is where the id is, in any way of writing it that the routes take.
_PROJECT = re.compile(
    r"/api/v1/projects/([^/]+)/|/storage/[a-z]+/([^/]+)/|/widget/([^/]+)/|/v1/vector_stores/(?:vs_)?([^/]+)"
    r"|/([^/]+)/reference/"
)


def project_in(path: str) -> UUID | None:
    """The project that a path, already percent-decoded, names; None where it names none.

    Routes take an id with hyphens, without, in braces, and after `urn:uuid:`; all of them mean the same project.
    """
    found = _PROJECT.match(path)
    if found is None:
        return None
    try:
        return UUID(next(group for group in found.groups() if group))
    except ValueError:
        return None
