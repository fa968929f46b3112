"""Feedback by conversation: the view of those who review.

A conversation is to be reviewed while any of its feedback is, and reviewed when all of it is. Conversations that are
archived are left out unless they are asked for.
"""

from collections import defaultdict
from typing import Any
from uuid import UUID

from citewell.auth.access import Access
from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.feedback.reading import COLUMNS, JOINS, FeedbackFilters, narrow, visible
from citewell.feedback.schemas import feedback_to_wire

_SHOWN_PER_GROUP = 200
# A group stands where its newest feedback within the filter does, so that row is the group. Looking for a newer one
# beside each row reads a page from the top of an index; grouping would read all rows first.
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


async def list_groups(
    database: Database, access: Access, filters: FeedbackFilters, limit: int, offset: int, *, include_archived: bool
) -> tuple[int, list[dict[str, Any]]]:
    """Groups by their latest update within the filter, newest first. Two statements more for a page of any size."""
    groups = visible(access)
    groups.columns, groups.joins, groups.order = _GROUP_COLUMNS, _GROUP_JOINS, "f.updated_at DESC, f.id DESC"
    if not await narrow(database, groups, filters):
        return 0, []
    matching = list(groups.conditions)
    own = "" if access.is_admin else " AND {row}.given_by = %(user)s"
    same = own.format(row="g") + (" AND g.status = %(status)s" if filters.status else "")
    if filters.search:
        same += f" AND {_of_row(matching[-1], 'g')}"
    groups.where(_NEWEST.format(same=same))
    if filters.status == "reviewed":
        groups.where(_ALL_REVIEWED.format(own=own.format(row="o")))
    if not include_archived:
        groups.where(_NOT_ARCHIVED)
    count, rows = await read_page(database, groups, limit, offset)
    shown = await _feedback_of(database, groups.parameters, matching, [row.conversation_id or row.id for row in rows])
    counts = await _counts_of(database, access, [row.conversation_id for row in rows if row.conversation_id])
    return count, [_to_wire(row, shown[row.conversation_id or row.id], counts) for row in rows]


def _of_row(condition: str, row: str) -> str:
    return condition.replace("f.id IN", f"{row}.id IN")


def _to_wire(row: Any, shown: list[Any], counts: dict[UUID, tuple[int, int]]) -> dict[str, Any]:
    feedbacks = [feedback_to_wire(item) for item in shown]
    alone = row.conversation_id is None
    to_review = sum(item["status"] == "to_review" for item in feedbacks)
    to_review, reviewed = (to_review, len(feedbacks) - to_review) if alone else counts[row.conversation_id]
    return {
        "conversation_id": row.conversation_id,
        "conversation_title": row.conversation_title or "",
        "conversation_created_at": row.conversation_created_at or row.created_at,
        "agent_name": row.agent_name,
        "conversation_is_archived": row.archived_at is not None,
        "to_review_count": to_review,
        "reviewed_count": reviewed,
        "feedbacks": feedbacks,
    }


async def _feedback_of(
    database: Database, parameters: dict[str, Any], matching: list[str], keys: list[UUID]
) -> dict[UUID, list[Any]]:
    """The feedback of each group within the filter, newest first, at most _SHOWN_PER_GROUP of each."""
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


async def _counts_of(database: Database, access: Access, conversations: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """To review and reviewed, whatever the filter."""
    everything = visible(access)
    everything.where("f.conversation_id = ANY(%(conversations)s::uuid[])", conversations=conversations)
    statement = f"""
        SELECT f.conversation_id, count(*) FILTER (WHERE f.status = 'to_review') AS to_review,
            count(*) FILTER (WHERE f.status = 'reviewed') AS reviewed
        FROM feedbacks f WHERE {" AND ".join(everything.conditions)} GROUP BY f.conversation_id
    """  # noqa: S608
    rows = await database.direct.fetch(statement, everything.parameters)
    return {row.conversation_id: (row.to_review, row.reviewed) for row in rows}


async def count_feedback(database: Database, access: Access) -> dict[str, int]:
    """The numbers of feedback, and of conversations in the grouped list without a filter, that the caller sees."""
    everything: Selection = visible(access)
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
