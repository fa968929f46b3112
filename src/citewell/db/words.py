"""Finds rows by the words of their texts, with the database function `searched_words` and the indexes on it."""

import re
from uuid import UUID

from citewell.db.engine import Database


async def words_query(database: Database, project_id: UUID, text: str) -> str | None:
    """Returns the text as a tsquery on `searched_words`, in which each word is a prefix.

    None if the text has no words.
    """
    statement = "SELECT tsvector_to_array(searched_words(%(project)s, %(text)s)) AS words"
    [row] = await database.direct.fetch(statement, {"project": project_id, "text": text}, prepare=True)
    # The words hold letters and digits only, so nothing in them needs quoting.
    return " & ".join(f"'{word}':*" for word in row.words) if row.words else None


def containing(text: str) -> str:
    """Returns the LIKE pattern that finds the literal text anywhere."""
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"
