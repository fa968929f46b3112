"""Retrieval quality: nDCG@10 by words, by meaning and of both, through the real tables.

Usage: python -m benchmarks.retrieval_quality [FOLDER_OF_DATA_SETS] [NAME...]

Reads data sets in BEIR layout (`corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`); every document becomes a document
with one chunk in a project of its own. Without an argument the folder is ../shared/eval beside the repository.
"""

import asyncio
import json
import math
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.partitions import create_project_partition
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from citewell.embedding.protocol import speaks
from citewell.ingestion.passages import indexed_text, split
from citewell.kit.ids import new_id
from citewell.models import Chunk, Document, DocumentVersion, Project, StagedPassage
from citewell.models.passage import publish_version
from citewell.search.analyse import analysed_text
from citewell.search.language import detect_language
from citewell.search.retrieve import Mode, Retriever

DATA = Path(__file__).parents[2] / "shared" / "eval"
MODES: tuple[Mode, ...] = ("text", "semantic", "hybrid")
_BATCH = 256


@dataclass(frozen=True)
class DataSet:
    name: str
    corpus: list[dict[str, Any]]
    queries: list[dict[str, Any]]
    relevant: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Result:
    ndcg: float
    milliseconds: float


def read(folder: Path) -> DataSet:
    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]

    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        relevant[query][document] = int(score)
    return DataSet(folder.name, lines("corpus.jsonl"), lines("queries.jsonl"), dict(relevant))


async def load(
    database: Database,
    extensions: Extensions,
    embedder: Embedder | None,
    data: DataSet,
    project_id: UUID | None = None,
) -> UUID:
    """The corpus in the project, or in a new one."""
    if project_id is None:
        project_id = new_id()
        async with database.begin() as session:
            session.add(Project(id=project_id, name=data.name))
            await session.flush()
            await create_project_partition(await session.connection(), project_id, extensions)
    for start in range(0, len(data.corpus), _BATCH):
        await _load_batch(database, embedder, project_id, data.corpus[start : start + _BATCH])
    return project_id


async def _load_batch(
    database: Database, embedder: Embedder | None, project_id: UUID, items: list[dict[str, Any]]
) -> None:
    rows = [_rows(project_id, item) for item in items]
    passages = [passage for _, _, _, found in rows for passage in found]
    await _embed(embedder, passages)
    async with database.begin() as session:
        await session.execute(insert(Document), [row[0] for row in rows])
        await session.execute(insert(DocumentVersion), [row[1] for row in rows])
        await session.execute(insert(Chunk), [row[2] for row in rows])
        await session.execute(insert(StagedPassage), passages)
        for document, version, _, _ in rows:
            await publish_version(session, project_id, document["id"], version["id"])


def document_id(project_id: UUID, name: str) -> UUID:
    return uuid5(project_id, name)


def _rows(project_id: UUID, item: dict[str, Any]) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
    """Document, version, chunk and passages, as the pipeline would store them."""
    title, content = item.get("title") or item["_id"], item["text"]
    document, version, chunk = document_id(project_id, item["_id"]), new_id(), new_id()
    language = detect_language(content)
    file = {"project_id": project_id, "file_key": "", "page_count": None}
    owner = {"project_id": project_id, "document_id": document, "version_id": version}
    passages = []
    for passage in split(content):
        text = indexed_text(title, [], content[passage.start : passage.end])
        words = analysed_text(text, language)
        place = {"ordinal": passage.ordinal, "start_offset": passage.start, "end_offset": passage.end}
        found = owner | place | {"chunk_id": chunk, "language": language, "content": words, "text": text}
        passages.append(found)
    return (
        file | {"id": document, "name": title, "content_type": "", "file_size": 0, "live_version_id": version},
        file | {"id": version, "document_id": document, "sha256": b"", "stage": "published", "language": language},
        owner | {"id": chunk, "ordinal": 0, "content": content, "start_offset": 0, "end_offset": len(content)},
        passages,
    )


async def _embed(embedder: Embedder | None, passages: list[dict[str, Any]]) -> None:
    texts = [passage.pop("text") for passage in passages]
    for passage in passages:
        passage.update(embedding=None, embedding_model=None)
    if embedder is None:
        return
    spoken = [place for place, passage in enumerate(passages) if speaks(embedder, passage["language"])]
    for place, vector in zip(spoken, await embedder.embed([texts[place] for place in spoken]), strict=True):
        passages[place].update(embedding=vector, embedding_model=embedder.fingerprint)


async def measure(retriever: Retriever, project_id: UUID, data: DataSet, mode: Mode) -> Result:
    names = {document_id(project_id, item["_id"]): item["_id"] for item in data.corpus}
    scores, times = [], []
    for query in data.queries:
        started = time.perf_counter()
        hits = await retriever.search(project_id, query["text"], limit=10, mode=mode)
        times.append(time.perf_counter() - started)
        relevant = data.relevant.get(query["_id"], {})
        scores.append(ndcg([relevant.get(names[hit.document_id], 0) for hit in hits], list(relevant.values())))
    return Result(mean(scores), median(times) * 1000)


def ndcg(gains: list[int], relevant: list[int], depth: int = 10) -> float:
    best = _discounted(sorted(relevant, reverse=True)[:depth])
    return _discounted(gains[:depth]) / best if best else 0.0


def _discounted(gains: list[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


async def run(url: str, extensions: Extensions, embedder: Embedder | None, folders: list[Path]) -> None:
    database = Database(url)
    retriever = Retriever(database, embedder, extensions)
    print(f"{'nDCG@10':<12}{'documents':>10}" + "".join(f"{mode:>12}{'ms p50':>9}" for mode in MODES))
    for folder in folders:
        data = read(folder)
        project_id = await load(database, extensions, embedder, data)
        results = [await measure(retriever, project_id, data, mode) for mode in MODES]
        cells = "".join(f"{result.ndcg:>12.3f}{result.milliseconds:>9.1f}" for result in results)
        print(f"{data.name:<12}{len(data.corpus):>10}{cells}", flush=True)
    await database.close()


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    names = sys.argv[2:]
    folders = sorted(path.parent for path in root.glob("*/corpus.jsonl") if not names or path.parent.name in names)
    if not folders:
        print(f"Skipped: no data sets in {root}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder:
        embedder = load_embedder(EmbeddingConfig("auto", Path(folder)))
        with EmbeddedPostgres(Path(folder)) as url:
            asyncio.run(run(url, migrate(url), embedder, folders))


if __name__ == "__main__":
    main()
