"""Retrieval over reports in one store: the right report, and the page with the figures, for known questions.

Usage: python -m benchmarks.report_retrieval [--model e5|minilm|both] [--questions FILE] [--documents FOLDER]

Parses the PDFs of the folder, stores them as the pipeline does, and asks each question of all of them together. Prints
for how many questions a passage of the right report is among the first 1, 3 and 5 results, and for how many a page that
holds the figures of the reference answer is among the first 5 and 10: in the whole store, and within the right report.
Without data it says so and skips itself.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.recovery import TextIndexes
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from citewell.evaluation.corpus import make_project
from citewell.ingestion.blocks import ParsedDocument
from citewell.ingestion.chunking import ChunkSettings, chunk
from citewell.ingestion.context import DocumentContext
from citewell.ingestion.parsing import parse
from citewell.ingestion.steps.chunk import stored_blocks
from citewell.kit.ids import new_id
from citewell.models import Chunk, Document, DocumentVersion, StagedPassage
from citewell.models.passage import publish_version
from citewell.search.analyse import analysed_text
from citewell.search.filters import SearchFilter
from citewell.search.focus import Weights
from citewell.search.hits import SearchHit
from citewell.search.retrieve import Retriever

SHARED = Path(__file__).parents[2] / "shared"
DOCUMENTS = SHARED / "samples" / "sec-10q"
QUESTIONS = SHARED / "eval" / "filings" / "questions.jsonl"
DEPTH = 10


@dataclass(frozen=True)
class Asked:
    """A question, the names of the right documents, and per document the pages that hold the answer's figures."""

    text: str
    documents: frozenset[str]
    pages: frozenset[tuple[str, int]]


async def store(
    database: Database, embedder: Embedder | None, project_id: UUID, name: str, parsed: ParsedDocument
) -> UUID:
    """The document as the pipeline would publish it; its id."""
    document, version = new_id(), new_id()
    owner: dict[str, Any] = {"project_id": project_id, "document_id": document, "version_id": version}
    chunks = [
        SimpleNamespace(
            id=new_id(),
            ordinal=found.ordinal,
            content=found.content,
            start_offset=found.start,
            end_offset=found.end,
            min_page=found.min_page,
            max_page=found.max_page,
            heading_path=list(found.heading_path),
            blocks=stored_blocks(parsed, found),
        )
        for found in chunk(parsed, ChunkSettings())
    ]
    context = DocumentContext(name, parsed.title, chunks)
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    for found in chunks:
        for passage in context.passages(found):
            text = context.indexed_text(found, passage)
            texts.append(text)
            place = {"ordinal": passage.ordinal, "start_offset": passage.start, "end_offset": passage.end}
            rows.append(owner | place | {"chunk_id": found.id, "language": "en", "content": analysed_text(text, "en")})
    vectors = await embedder.embed(texts) if embedder is not None else [None] * len(rows)
    for row, vector in zip(rows, vectors, strict=True):
        row |= {"embedding": vector, "embedding_model": embedder.fingerprint if embedder is not None else None}
    file = {"project_id": project_id, "file_key": "", "page_count": parsed.page_count}
    async with database.write() as session:
        live = {"id": document, "name": name, "content_type": "", "file_size": 0, "live_version_id": version}
        await session.execute(insert(Document), [file | live])
        state = {"id": version, "document_id": document, "sha256": b"", "stage": "published", "title": parsed.title}
        await session.execute(insert(DocumentVersion), [file | state])
        await session.execute(insert(Chunk), [owner | vars(found) for found in chunks])
        await session.execute(insert(StagedPassage), rows)
        await publish_version(session, project_id, document, version)
    return document


def read_questions(path: Path, parsed: dict[str, ParsedDocument]) -> list[Asked]:
    """The questions about documents that are there."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        names = [name for name in item["documents"] if name in parsed]
        if names:
            pages = frozenset((name, page) for name in names for page in _pages(parsed[name], item.get("figures", [])))
            found.append(Asked(item["question"], frozenset(names), pages))
    return found


def _pages(document: ParsedDocument, figures: Sequence[str]) -> list[int]:
    """The pages with at least half of the figures; those of one or two digits, which stand anywhere, count only where
    there are no others. Figures have no thousands separators."""
    figures = [figure for figure in figures if sum(map(str.isdigit, figure)) > 2] or figures
    text: dict[int, str] = {}
    for block in document.blocks:
        if block.page is not None:
            text[block.page] = text.get(block.page, "") + " " + block.text.replace(",", "")
    counts = {page: sum(figure in words.split() for figure in figures) for page, words in _words(text).items()}
    return [page for page, count in counts.items() if 2 * count >= len(figures) > 0]


def _words(text: dict[int, str]) -> dict[int, str]:
    return {page: " ".join(word.strip("$()%.;:") for word in words.split()) for page, words in text.items()}


def page_of(hit: SearchHit, blocks: Sequence[dict[str, Any]]) -> int | None:
    """The page that the hit's passage begins on."""
    before = [block["page"] for block in blocks if block["start"] <= hit.passage_start]
    return before[-1] if before else hit.min_page


async def measure(
    retriever: Retriever, project_id: UUID, asked: Sequence[Asked], ids: dict[UUID, str], pages: "Pages"
) -> dict[str, str]:
    """Shares of the questions, by measure."""
    counts = dict.fromkeys(("report @1", "report @3", "report @5", "page @5", "page @10", "inside @5", "inside @10"), 0)
    times = []
    with_pages = sum(bool(question.pages) for question in asked)
    for question in asked:
        started = time.perf_counter()
        hits = await retriever.search(project_id, question.text, limit=DEPTH)
        times.append(time.perf_counter() - started)
        names = [ids[hit.document_id] for hit in hits]
        for depth in (1, 3, 5):
            counts[f"report @{depth}"] += bool(question.documents & set(names[:depth]))
        right = [key for key, name in ids.items() if name in question.documents]
        inside = await retriever.search(project_id, question.text, limit=DEPTH, narrowed=SearchFilter.of(right))
        for depth in (5, 10):
            counts[f"page @{depth}"] += any(pages.place(hit) in question.pages for hit in hits[:depth])
            counts[f"inside @{depth}"] += any(pages.place(hit) in question.pages for hit in inside[:depth])
    shares = {
        name: f"{count / (len(asked) if name.startswith('report') else max(with_pages, 1)):.3f}"
        for name, count in counts.items()
    }
    return shares | {"ms p50": f"{sorted(times)[len(times) // 2] * 1000:.1f}"}


class Pages:
    """Which document and page a hit shows."""

    def __init__(self, database: Database, project_id: UUID, ids: dict[UUID, str]) -> None:
        self._database, self._project_id, self._ids = database, project_id, ids
        self._blocks: dict[UUID, list[dict[str, Any]]] = {}

    async def read(self) -> "Pages":
        from sqlalchemy import select

        async with self._database.read() as session:
            rows = await session.execute(select(Chunk.id, Chunk.blocks).where(Chunk.project_id == self._project_id))
            self._blocks = {row[0]: row[1] for row in rows}
        return self

    def place(self, hit: SearchHit) -> tuple[str, int | None]:
        return self._ids[hit.document_id], page_of(hit, self._blocks[hit.chunk_id])


async def run(url: str, extensions: Extensions, embedder: Embedder | None, folder: Path, questions: Path) -> None:
    files = sorted(folder.glob("*.pdf"))
    parsed = {path.name: await parse(path, "pdf") for path in files}
    asked = read_questions(questions, parsed)
    count = sum(document.page_count or 0 for document in parsed.values())
    print(f"{len(asked)} questions over {len(files)} reports, {count} pages; {embedder and embedder.fingerprint}")
    database = Database(url)
    async with database.write() as session:
        project_id = await make_project(session, extensions, "reports")
    ids = {await store(database, embedder, project_id, name, document): name for name, document in parsed.items()}
    pages = await Pages(database, project_id, ids).read()
    header = False
    for label, weights in (
        ("without titles", Weights(title=0.0, within=0.0)),
        ("titles", Weights(within=0.0)),
        ("titles, and searched by themselves", Weights()),
    ):
        retriever = Retriever(database, embedder, TextIndexes(database, extensions), weights)
        found = await measure(retriever, project_id, asked, ids, pages)
        if not header:
            print(f"{'':<36}" + "".join(f"{name:>12}" for name in found))
            header = True
        print(f"{label:<36}" + "".join(f"{value:>12}" for value in found.values()), flush=True)
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("e5", "minilm", "both"), help="the local embedding model")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    chosen = parser.parse_args()
    if not chosen.questions.is_file() or not any(chosen.documents.glob("*.pdf")):
        print(f"Skipped: no questions in {chosen.questions}, or no PDF in {chosen.documents}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder:
        embedder = load_embedder(EmbeddingConfig("auto", Path(folder) / "models", model=chosen.model))
        with EmbeddedPostgres(Path(folder)) as url:
            asyncio.run(run(url, migrate(url), embedder, chosen.documents, chosen.questions))


if __name__ == "__main__":
    main()
