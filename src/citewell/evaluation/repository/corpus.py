"""Storing the documents of a corpus."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.models import Chunk, Document, DocumentVersion, StagedPassage

Rows = Sequence[dict[str, Any]]


async def insert_documents(
    session: AsyncSession, documents: Rows, versions: Rows, chunks: Rows, passages: Rows
) -> None:
    """Insert documents with their versions, chunks and staged passages, each row by the names of its columns."""
    await session.execute(insert(Document), documents)
    await session.execute(insert(DocumentVersion), versions)
    await session.execute(insert(Chunk), chunks)
    if passages:
        await session.execute(insert(StagedPassage), passages)
