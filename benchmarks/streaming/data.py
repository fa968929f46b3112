"""The project that questions are asked about: 10,000 chunks of English."""

import re
from collections.abc import Sequence
from pathlib import Path
from pydoc_data import topics
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import text

from citewell.auth.tokens import create_token
from citewell.db.partitions import ensure_vector_index
from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.embedding.local import Precision
from citewell.evaluation.beir import Entry
from citewell.evaluation.corpus import load
from citewell.process import open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import Settings
from citewell.users.service import ensure_user

CHUNKS = 10_000
# English that every Python has: real words with their real frequencies.
WORDS = re.findall(r"[a-z]{2,}", " ".join(topics.topics.values()).lower())


def words(chance: Random, count: int) -> str:
    start = chance.randrange(len(WORDS) - count)
    return " ".join(WORDS[start : start + count])


async def fill(url: str, data_dir: Path, precision: Precision) -> tuple[str, str]:
    """A project with 10,000 chunks, and the token of its admin. The vectors are random: only their number counts."""
    chance = Random(1)
    corpus = [Entry(str(number), f"{words(chance, 60)}.", f"Document {number}") for number in range(CHUNKS)]
    settings = Settings(database_url=url, data_dir=data_dir, embedding="none")
    real = load_embedder(EmbeddingConfig("auto", data_dir / "models", precision=precision))
    async with open_process(settings) as process:
        async with process.database.write() as session:
            owner = await ensure_user(session, "bench@example.org", superuser=True)
            token = await create_token(session, owner.id)
            project = await create_project(session, process.extensions, owner.id, ProjectCreate(name="Bench"))
        embedder = _RandomVectors(real.fingerprint, real.languages) if real is not None else None
        await load(process.database, embedder, project.id, corpus)
        # As the product does once a project has grown this far.
        async with process.database.autocommit() as connection:
            await ensure_vector_index(connection, project.id)
            await connection.execute(text("ANALYZE"))
    return str(project.id), token


class _RandomVectors:
    """Stands for the local model while the data is made: 10,000 real vectors would take two minutes."""

    def __init__(self, fingerprint: str, languages: Any) -> None:
        self.fingerprint = fingerprint
        self.languages = languages
        self.dimensions = 384
        self._chance = np.random.default_rng(1)

    async def embed(self, texts: Sequence[str]) -> Any:
        vectors = self._chance.standard_normal((len(texts), 384)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    async def aclose(self) -> None: ...
