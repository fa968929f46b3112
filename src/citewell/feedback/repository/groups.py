"""Feedback by conversation, and how much of it is to be reviewed."""

from collections import defaultdict
from typing import Any, NamedTuple
from uuid import UUID

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.feedback.repository.opinions import OpinionFilters
from citewell.feedback.repository.reading import COLUMNS, FEEDBACK, JOINS

_SHOWN_PER_GROUP = 200
# A group is listed at its newest feedback that matches the filter, so that row represents the group. Checking each row
# for a newer one reads a page from the top of an index; grouping would read all rows first.
_NEWEST = """
    NOT EXISTS (
        SELECT FROM feedbacks g
        WHERE g.project_id = f.project_id AND g.conversation_id = f.conversation_id
            AND (g.updated_at, g.id) > (f.updated_at, f.id){same}
    )
"""
_ALL_REVIEWED = """
    NOT EXISTS (
        SELECT FROM feedbacks o
        WHERE o.project_id = f.project_id AND o.conversation_id = f.conversation_id AND o.status = 'to_review'{own}
    )
"""
_NOT_ARCHIVED = """
    NOT EXISTS (
        SELECT FROM conversations x
        WHERE x.project_id = %(project)s AND x.id = f.conversation_id AND x.archived_at IS NOT NULL
    )
"""
_GROUP_COLUMNS = (
    "f.id, f.conversation_id, f.created_at, c.name AS conversation_title, c.created_at AS conversation_created_at,"
    " c.archived_at, a.name AS agent_name"
)
_GROUP_JOINS = """
    LEFT JOIN conversations c ON c.project_id = f.project_id AND c.id = f.conversation_id
    LEFT JOIN agent_settings a ON a.project_id = c.project_id AND a.id = c.agent_settings_id
"""


class Groups(NamedTuple):
    """A page of groups. `total` is their number on all pages, `feedback` what is shown of each by its key: the
    conversation, or the feedback itself where it has none."""

    total: int
    rows: list[Any]
    feedback: dict[UUID, list[Any]]


async def list_groups(
    database: Database,
    project_id: UUID,
    giver: UUID | None,
    filters: OpinionFilters,
    limit: int,
    offset: int,
    *,
    include_archived: bool,
) -> Groups:
    """Groups by their latest update within the filter, newest first."""
    groups = FEEDBACK.given_by(project_id, giver)
    groups.columns, groups.joins, groups.order = _GROUP_COLUMNS, _GROUP_JOINS, "f.updated_at DESC, f.id DESC"
    if not await FEEDBACK.narrow(database, groups, filters):
        return Groups(0, [], {})
    matching = list(groups.conditions)
    own = "" if giver is None else " AND {row}.given_by = %(user)s"
    same = own.format(row="g") + (" AND g.status = %(status)s" if filters.status else "")
    if filters.search:
        same += f" AND {_of_row(matching[-1], 'g')}"
    groups.where(_NEWEST.format(same=same))
    if filters.status == "reviewed":
        groups.where(_ALL_REVIEWED.format(own=own.format(row="o")))
    if not include_archived:
        groups.where(_NOT_ARCHIVED)
    count, rows = await read_page(database, groups, limit, offset)
    keys = [row.conversation_id or row.id for row in rows]
    return Groups(count, rows, await _list_by_group(database, groups.parameters, matching, keys))


def _of_row(condition: str, row: str) -> str:
    return condition.replace("f.id IN", f"{row}.id IN")


async def _list_by_group(
    database: Database, parameters: dict[str, Any], matching: list[str], keys: list[UUID]
) -> dict[UUID, list[Any]]:
    """Returns the feedback of each group within the filter, newest first, at most _SHOWN_PER_GROUP of each."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    if not keys:
        return found
    # By either key, each through its own index.
    statement = f"""
        SELECT page.key, shown.* FROM unnest(%(keys)s::uuid[]) AS page (key)
        CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM (
                SELECT * FROM feedbacks WHERE project_id = %(project)s AND conversation_id = page.key
                UNION ALL
                SELECT * FROM feedbacks WHERE project_id = %(project)s AND id = page.key AND conversation_id IS NULL
            ) f {JOINS}
            WHERE {" AND ".join(matching)}
            ORDER BY f.updated_at DESC, f.id DESC LIMIT {_SHOWN_PER_GROUP}
        ) AS shown
    """  # noqa: S608
    for row in await database.direct.fetch(statement, parameters | {"keys": keys}):
        found[row.key].append(row)
    return found


async def count_by_conversation(
    database: Database, project_id: UUID, giver: UUID | None, conversations: list[UUID]
) -> dict[UUID, tuple[int, int]]:
    """(to review, reviewed) of each conversation, whatever the filter."""
    everything = FEEDBACK.given_by(project_id, giver)
    everything.where("f.conversation_id = ANY(%(conversations)s::uuid[])", conversations=conversations)
    statement = f"""
        SELECT f.conversation_id, count(*) FILTER (WHERE f.status = 'to_review') AS to_review,
            count(*) FILTER (WHERE f.status = 'reviewed') AS reviewed
        FROM feedbacks f WHERE {" AND ".join(everything.conditions)} GROUP BY f.conversation_id
    """  # noqa: S608
    rows = await database.direct.fetch(statement, everything.parameters)
    return {row.conversation_id: (row.to_review, row.reviewed) for row in rows}


async def count_feedback(database: Database, project_id: UUID, giver: UUID | None) -> dict[str, int]:
    """Returns the numbers of feedback, and of conversations in the grouped list without a filter, of this giver (None:
    of all).
    """
    everything: Selection = FEEDBACK.given_by(project_id, giver)
    where = " AND ".join(everything.conditions)
    statement = f"""
        SELECT coalesce(sum(to_review), 0)::int AS to_review, coalesce(sum(reviewed), 0)::int AS reviewed,
            count(*) FILTER (WHERE listed AND to_review > 0) AS conversations_to_review,
            count(*) FILTER (WHERE listed AND to_review = 0) AS conversations_reviewed,
            coalesce(sum(to_review) FILTER (WHERE conversation_id IS NULL), 0)::int AS ungrouped_to_review,
            coalesce(sum(reviewed) FILTER (WHERE conversation_id IS NULL), 0)::int AS ungrouped_reviewed
        FROM (
            SELECT one.*, one.conversation_id IS NOT NULL AND x.id IS NULL AS listed
            FROM (
                SELECT f.conversation_id, count(*) FILTER (WHERE f.status = 'to_review') AS to_review,
                    count(*) FILTER (WHERE f.status = 'reviewed') AS reviewed
                FROM feedbacks f WHERE {where} GROUP BY f.conversation_id
            ) AS one
            LEFT JOIN conversations x
                ON x.project_id = %(project)s AND x.id = one.conversation_id AND x.archived_at IS NOT NULL
        ) AS conversation
    """  # noqa: S608
    [row] = await database.direct.fetch(statement, everything.parameters)
    counts: dict[str, int] = row._asdict()
    return counts
