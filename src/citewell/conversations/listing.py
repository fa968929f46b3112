"""Which conversations a list shows, and how they are found by what was said in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citewell.auth.access import Access
from citewell.db.direct import fetch
from citewell.db.engine import Database
from citewell.db.pages import MOST_COUNTED, Selection, read_page
from citewell.db.words import containing, words_query

MAX_TEXT = 200
_COLUMNS = (
    "c.id, c.name, c.type, c.created_by, c.agent_settings_id, a.name AS agent_name, c.created_at, c.updated_at,"
    " c.message_count, c.tool_call_count, c.tokens_input, c.tokens_output, c.tags, c.conversation_instructions,"
    " c.is_shared, c.archived_at"
)
_AGENT = "LEFT JOIN agent_settings a ON a.project_id = c.project_id AND a.id = c.agent_settings_id"
_SAID = (
    "c.id IN (SELECT m.conversation_id FROM messages m WHERE m.project_id = %(project)s AND m.type = 'message'"
    " AND searched_words(m.project_id, m.content) @@ %(words)s::tsquery AND m.content ILIKE %(like)s)"
)


@dataclass(frozen=True)
class Filters:
    """Combined by AND; of several `tags` one is enough. `text` is looked for in what was said."""

    tags: Sequence[str] = ()
    no_tags: bool = False
    text: str = ""
    include_archived: bool = False


async def list_conversations(
    database: Database, access: Access, filters: Filters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Newest first, with the name of each one's agent. Admins see all, others their own."""
    selection = Selection(_COLUMNS, "conversations c", "c.created_at DESC, c.id DESC", joins=_AGENT)
    _restrict(selection, access, include_archived=filters.include_archived)
    if filters.tags:
        selection.where("c.tags && %(tags)s::text[]", tags=list(filters.tags))
    if filters.no_tags:
        selection.where("c.tags = '{}'")
    if filters.text:
        words = await words_query(database, access.project_id, filters.text)
        if words is None:
            return 0, []
        selection.where(_SAID, words=words, like=containing(filters.text))
        selection.count_at_most = MOST_COUNTED
    return await read_page(database, selection, limit, offset)


async def all_tags(database: Database, access: Access) -> list[str]:
    """The distinct tags of the conversations that a list shows, sorted."""
    selection = Selection("", "", "")
    _restrict(selection, access, include_archived=False)
    statement = (
        f"SELECT DISTINCT tag FROM conversations c, unnest(c.tags) AS tag"  # noqa: S608
        f" WHERE {' AND '.join(selection.conditions)} ORDER BY tag"
    )
    async with database.alone.connect() as connection:
        return [row.tag for row in await fetch(connection, statement, selection.parameters)]


def _restrict(selection: Selection, access: Access, *, include_archived: bool) -> None:
    selection.where("c.project_id = %(project)s", project=access.project_id)
    if not access.is_admin:
        selection.where("c.created_by = %(user)s", user=access.acting.user_id)
    if not include_archived:
        selection.where("c.archived_at IS NULL")
