"""Lists of conversations, found by their tags and by what was said in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page
from citewell.db.words import containing, words_query

_COLUMNS = (
    "c.id, c.name, c.type, c.created_by, c.agent_settings_id, a.name AS agent_name, c.created_at, c.updated_at,"
    " c.message_count, c.tool_call_count, c.tokens_input, c.tokens_output, c.tags, c.conversation_instructions,"
    " c.is_shared, c.archived_at"
)
_AGENT = "LEFT JOIN agent_settings a ON a.project_id = c.project_id AND a.id = c.agent_settings_id"
_SAID = (
    "m.project_id = %(project)s AND m.type = 'message'"
    " AND searched_words(m.project_id, m.content) @@ %(words)s::tsquery AND m.content ILIKE %(like)s"
)
# If more messages than this have the text, conversations are read from the newest on until a page is full, instead of
# being looked up from the messages.
_MANY = 3000


@dataclass(frozen=True)
class Filters:
    """Combined by AND; of several `tags` one is enough. `text` is looked for in what was said."""

    tags: Sequence[str] = ()
    no_tags: bool = False
    text: str = ""
    include_archived: bool = False


async def list_conversations(
    database: Database, project_id: UUID, owner: UUID | None, filters: Filters, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of conversations of this owner (None: of all) that pass the filters, page of them),
    newest first, with the names of their agents.
    """
    selection = Selection(_COLUMNS, "conversations c", "c.created_at DESC, c.id DESC", joins=_AGENT)
    _restrict(selection, project_id, owner, include_archived=filters.include_archived)
    if filters.tags:
        selection.where("c.tags && %(tags)s::text[]", tags=list(filters.tags))
    if filters.no_tags:
        selection.where("c.tags = '{}'")
    if filters.text:
        words = await words_query(database, project_id, filters.text)
        return await _by_text(database, selection, words, filters.text, limit, offset) if words else (0, [])
    return await read_page(database, selection, limit, offset)


async def _by_text(
    database: Database, selection: Selection, words: str, text: str, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """The count is exact where at most _MANY messages have the text, else it is that of the first so many."""
    parameters = selection.parameters | {"words": words, "like": containing(text), "limit": limit, "offset": offset}
    count = f"""
        WITH hits AS MATERIALIZED (SELECT m.conversation_id FROM messages m WHERE {_SAID} LIMIT {_MANY})
        SELECT (SELECT count(*) FROM hits) AS hits, (
            SELECT count(*) FROM conversations c
            WHERE {" AND ".join(selection.conditions)} AND c.id IN (SELECT conversation_id FROM hits)
        ) AS conversations
    """  # noqa: S608
    [found] = await database.direct.fetch(count, parameters)
    if found.hits < _MANY:
        selection.where(f"c.id IN (SELECT m.conversation_id FROM messages m WHERE {_SAID})")  # noqa: S608
    else:
        # OFFSET 0 keeps the planner from turning it around, IS TRUE from using the index of words for each.
        said = _SAID.replace("%(words)s::tsquery", "%(words)s::tsquery IS TRUE")
        selection.where(f"EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND {said} OFFSET 0)")
    return found.conversations, await database.direct.fetch(selection.rows_statement(), parameters)


async def all_tags(database: Database, project_id: UUID, owner: UUID | None) -> list[str]:
    """Returns the distinct tags of this owner's conversations (None: of all) that are not archived, sorted."""
    selection = Selection("", "", "")
    _restrict(selection, project_id, owner, include_archived=False)
    statement = (
        # Many conversations have equal lists of tags: only distinct lists are expanded.
        "SELECT DISTINCT tag FROM (SELECT DISTINCT c.tags FROM conversations c"  # noqa: S608
        f" WHERE {' AND '.join(selection.conditions)}) AS found, unnest(found.tags) AS tag ORDER BY tag"
    )
    return [row.tag for row in await database.direct.fetch(statement, selection.parameters)]


def _restrict(selection: Selection, project_id: UUID, owner: UUID | None, *, include_archived: bool) -> None:
    selection.where("c.project_id = %(project)s", project=project_id)
    if owner is not None:
        selection.where("c.created_by = %(user)s", user=owner)
    if not include_archived:
        selection.where("c.archived_at IS NULL")
