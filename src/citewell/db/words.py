"""Looking rows up by what is written in them, with the database function `searched_words` and the indexes on it."""

import re
from uuid import UUID

from citewell.db.engine import Database


async def words_query(database: Database, project_id: UUID, text: str) -> str | None:
    """The text as a tsquery on `searched_words`: each of its words begins one. None if it has no words."""
    statement = "SELECT tsvector_to_array(searched_words(%(project)s, %(text)s)) AS words"
    [row] = await database.direct.fetch(statement, {"project": project_id, "text": text}, prepare=True)
    # The words hold letters and digits only, so nothing in them needs quoting.
    return " & ".join(f"'{word}':*" for word in row.words) if row.words else None


def containing(text: str) -> str:
    """The pattern with which LIKE finds the text as it is, anywhere."""
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"
