"""Retrieval quality: nDCG@10 by words, by meaning and of both, through the real tables.

Usage: python -m benchmarks.retrieval_quality [--model e5|minilm|both] [--precision int8|fp32] [FOLDER] [NAME...]

Reads the data sets of the folder, in BEIR layout, each into a project of its own. A name like `xquad-en:xquad-de` takes
the documents of the first and the questions of the second, whose documents have the same ids in another language.
Without an argument the folder is ../shared/eval beside the repository. `citewell eval` measures a single data set in an
existing store.
"""

import argparse
import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.recovery import TextIndexes
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from citewell.evaluation.beir import DataSet, read
from citewell.evaluation.corpus import load, make_project
from citewell.evaluation.measure import MODES, measure
from citewell.search.retrieve import Retriever

DATA = Path(__file__).parents[2] / "shared" / "eval"


async def run(url: str, extensions: Extensions, embedder: Embedder | None, data_sets: list[DataSet]) -> None:
    database = Database(url)
    retriever = Retriever(database, embedder, TextIndexes(database, extensions))
    print(f"{'nDCG@10':<18}{'documents':>10}" + "".join(f"{mode:>12}{'ms p50':>9}" for mode in MODES))
    for data in data_sets:
        async with database.write() as session:
            project_id = await make_project(session, extensions, data.name)
        await load(database, embedder, project_id, data.corpus)
        results = [await measure(retriever, project_id, data, mode) for mode in MODES]
        cells = "".join(f"{result.ndcg_10:>12.3f}{result.milliseconds:>9.1f}" for result in results)
        print(f"{data.name:<18}{len(data.corpus):>10}{cells}", flush=True)
    await database.close()


def read_named(root: Path, name: str) -> DataSet:
    """A data set, or the documents of one with the questions of another."""
    documents, _, questions = name.partition(":")
    data = read(root / documents)
    if not questions:
        return data
    asked = read(root / questions)
    return replace(data, name=name, queries=asked.queries, relevant=asked.relevant)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("e5", "minilm", "both"), help="the local embedding model")
    parser.add_argument("--precision", default="int8", choices=("int8", "fp32"), help="of the local model")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args()
    root, names = chosen.folder, chosen.names
    present = sorted(path.parent.name for path in root.glob("*/corpus.jsonl"))
    data_sets = [read_named(root, name) for name in names or present if set(name.split(":")) <= set(present)]
    if not data_sets:
        print(f"Skipped: no data sets in {root}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder:
        embedder = load_embedder(EmbeddingConfig("auto", Path(folder), model=chosen.model, precision=chosen.precision))
        with EmbeddedPostgres(Path(folder)) as url:
            asyncio.run(run(url, migrate(url), embedder, data_sets))


if __name__ == "__main__":
    main()
