"""When does the extractive model answer, and when does it say that the documents do not?

Usage: python -m benchmarks.extractive_support [FOLDER_OF_A_DATA_SET]

Every question is asked twice over a BEIR data set: with the paragraph that answers it in the store, and with that one
left out of what the search brings. The table shows, for each support threshold, how many questions are answered from
the right paragraph, and how many are answered though nothing supports it. Without an argument the data set is
../shared/eval/xquad-en beside the repository.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from benchmarks.report import machine, table
from benchmarks.retrieval_quality import DATA
from citewell.agent.knowledge import Hit
from citewell.agent.models import quoting
from citewell.agent.sources import Sources
from citewell.agent.tools.retrieval import SearchDocuments
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.recovery import TextIndexes
from citewell.documents.knowledge import ProjectKnowledge
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from citewell.evaluation.beir import DataSet, Entry, read
from citewell.evaluation.corpus import document_id, load, make_project
from citewell.search.retrieve import Retriever

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


class _Store(ProjectKnowledge):
    """The search of one project; the hits of some documents can be left out."""

    hidden: frozenset[UUID] = frozenset()

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        hits = await super().search(query, limit + len(self.hidden), document_ids)
        return [hit for hit in hits if hit.document_id not in self.hidden][:limit]


async def run(url: str, extensions: Extensions, embedder: Embedder | None, data: DataSet) -> None:
    database = Database(url)
    retriever = Retriever(database, embedder, TextIndexes(database, extensions))
    project_id = await make_project(database, extensions, data.name)
    await load(database, embedder, project_id, data.corpus)
    store = _Store(database, retriever, project_id, base_url="")
    asked = [await _both(store, project_id, data, query) for query in data.queries]
    await database.close()
    rows = []
    for threshold in THRESHOLDS:
        quoting.MIN_COVERAGE = threshold
        answered = right = unsupported = 0
        for question, (text, sources), (other, _), documents in asked:
            quotes = quoting.choose(question, [text])
            answered += bool(quotes)
            cited = [sources.chunk(quote.label) for quote in quotes]
            right += any(chunk is not None and chunk.document_id in documents for chunk in cited)
            unsupported += bool(quoting.choose(question, [other]))
        shares = [f"{100 * count / len(asked):.1f} %" for count in (answered, right, unsupported)]
        rows.append([f"{threshold:.1f}", *shares])
    print(machine())
    print()
    print(table(["threshold", "answered", "from the right paragraph", "answered without it"], rows))


async def _both(
    store: _Store, project_id: UUID, data: DataSet, query: Entry
) -> tuple[str, tuple[str, Sources], tuple[str, Sources], set[UUID]]:
    """The question, what the tool says with its paragraphs and without them, and these paragraphs."""
    relevant = {document_id(project_id, name) for name in data.relevant.get(query.id, {})}
    found = []
    for hidden in (frozenset[UUID](), frozenset(relevant)):
        store.hidden = hidden
        sources = Sources()
        outcome = await SearchDocuments(store).run({"query": query.text}, sources)
        found.append((outcome.text, sources))
    return query.text, found[0], found[1], relevant


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "xquad-en"
    if not (folder / "corpus.jsonl").exists():
        print(f"Skipped: no data set in {folder}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-b-") as data_dir:
        embedder = load_embedder(EmbeddingConfig("auto", Path(data_dir)))
        with EmbeddedPostgres(Path(data_dir)) as url:
            asyncio.run(run(url, migrate(url), embedder, read(folder)))


if __name__ == "__main__":
    main()
