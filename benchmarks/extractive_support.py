"""When does the built-in model answer, and when does it say that the documents do not?

Usage: python -m benchmarks.extractive_support [FOLDER_OF_A_DATA_SET] [EVERY]

Every question is asked twice over a BEIR data set: with the paragraph that answers it in the store, and with that one
left out of what the reader may see. Counted are the questions that are answered, that are answered from the right
paragraph (among what is cited, and cited first), and that are answered though nothing supports it. With EVERY only each
so-many-th question is asked. Without arguments the data set is ../shared/eval/xquad-en beside the repository.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from benchmarks.report import machine, table
from benchmarks.retrieval_quality import DATA
from citewell.agent.citations import CitationResolver
from citewell.agent.knowledge import ChunkText, Front, Hit
from citewell.agent.reading.reader import Reader
from citewell.agent.sources import Sources
from citewell.agent.tools.retrieval import DEFAULT_LIMIT
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.recovery import TextIndexes
from citewell.documents.knowledge import ProjectKnowledge
from citewell.documents.readable import ReadableDocuments
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from citewell.evaluation.beir import DataSet, read
from citewell.evaluation.corpus import document_id, load, make_project
from citewell.search.retrieve import Retriever


class _Store(ProjectKnowledge):
    """What the reader sees of one project; some documents can be left out."""

    hidden: frozenset[UUID] = frozenset()

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        hits = await super().search(query, limit + len(self.hidden), document_ids)
        return [hit for hit in hits if hit.document_id not in self.hidden][:limit]

    async def fronts(self, limit: int) -> list[Front] | None:
        found = await super().fronts(limit)
        return [front for front in found if front.document_id not in self.hidden] if found is not None else None

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        return await super().whole(document_id, max_chars) if document_id not in self.hidden else []


async def run(url: str, extensions: Extensions, embedder: Embedder | None, data: DataSet, every: int) -> None:
    database = Database(url)
    retriever = Retriever(database, embedder, TextIndexes(database, extensions))
    async with database.write() as session:
        project_id = await make_project(session, extensions, data.name)
    await load(database, embedder, project_id, data.corpus)
    store = _Store(database, retriever, ReadableDocuments(project_id), base_url="")
    counts: Counter[str] = Counter()
    queries = data.queries[::every]
    for query in queries:
        relevant = frozenset(document_id(project_id, name) for name in data.relevant.get(query.id, {}))
        cited = await _cited(store, query.text, frozenset())
        counts["answered"] += bool(cited)
        counts["right paragraph cited"] += bool(relevant.intersection(cited))
        counts["right paragraph cited first"] += bool(cited) and cited[0] in relevant
        counts["answered without it"] += bool(await _cited(store, query.text, relevant))
    await database.close()
    print(machine())
    print()
    shares = [f"{100 * counts[name] / len(queries):.1f} %" for name in _MEASURES]
    print(table(["questions", *_MEASURES], [[len(queries), *shares]]))


_MEASURES = ("answered", "right paragraph cited", "right paragraph cited first", "answered without it")


async def _cited(store: _Store, question: str, hidden: frozenset[UUID]) -> list[UUID]:
    """The documents that the answer cites, in its order; none for a refusal."""
    store.hidden = hidden
    sources = Sources()
    reading, _ = await Reader(store, sources).read(question, [], DEFAULT_LIMIT)
    resolver = CitationResolver(sources)
    resolver.feed(reading.text)
    resolver.finish()
    return [one.document_id for one in resolver.citations if one.verified and one.document_id is not None]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "xquad-en"
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    if not (folder / "corpus.jsonl").exists():
        print(f"Skipped: no data set in {folder}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-b-") as data_dir:
        embedder = load_embedder(EmbeddingConfig("auto", Path(data_dir)))
        with EmbeddedPostgres(Path(data_dir)) as url:
            asyncio.run(run(url, migrate(url), embedder, read(folder), every))


if __name__ == "__main__":
    main()
