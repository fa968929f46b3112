"""SQL of the counters: adding to the stored counts of searches and tokens."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SearchKey = tuple[UUID, date]  # project, month
TokenKey = tuple[UUID, date, str]  # project, month, model

# In the order of the keys, so that no two processes wait for each other's rows. A project that is gone needs no count.
_ADD = text(
    "INSERT INTO retrieval_counts AS stored (project_id, month, count)"
    " SELECT p.id, added.month, added.count"
    " FROM unnest(CAST(:projects AS uuid[]), CAST(:months AS date[]), CAST(:counts AS bigint[]))"
    " AS added (project_id, month, count) JOIN projects p ON p.id = added.project_id ORDER BY p.id, added.month"
    " ON CONFLICT (project_id, month) DO UPDATE SET count = stored.count + excluded.count"
)
_ADD_TOKENS = text(
    "INSERT INTO token_counts AS stored (project_id, month, model, input, output)"
    " SELECT p.id, added.month, added.model, added.input, added.output"
    " FROM unnest(CAST(:projects AS uuid[]), CAST(:months AS date[]), CAST(:models AS text[]),"
    " CAST(:inputs AS bigint[]), CAST(:outputs AS bigint[])) AS added (project_id, month, model, input, output)"
    " JOIN projects p ON p.id = added.project_id ORDER BY p.id, added.month, added.model"
    " ON CONFLICT (project_id, month, model) DO UPDATE"
    " SET input = stored.input + excluded.input, output = stored.output + excluded.output"
)


async def add_searches(connection: AsyncConnection, counts: Mapping[SearchKey, int]) -> None:
    keys = list(counts)
    parameters = {
        "projects": [project for project, _ in keys],
        "months": [month for _, month in keys],
        "counts": [counts[key] for key in keys],
    }
    await connection.execute(_ADD, parameters)


async def add_tokens(connection: AsyncConnection, counts: Mapping[TokenKey, tuple[int, int]]) -> None:
    """Add tokens that were read and written: `counts` holds (input, output)."""
    rows = [(*key, *tokens) for key, tokens in counts.items()]
    names = ("projects", "months", "models", "inputs", "outputs")
    parameters = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    await connection.execute(_ADD_TOKENS, parameters)
