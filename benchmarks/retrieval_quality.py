"""Retrieval quality: nDCG@10 by words, by meaning and of both, through the real tables.

Usage: python -m benchmarks.retrieval_quality [--precision int8|fp32] [FOLDER_OF_DATA_SETS] [NAME...]

Reads data sets in BEIR layout, each into a project of its own. Without an argument the folder is ../shared/eval beside
the repository. `citewell eval` measures a single data set in an existing store.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.migrate import migrate
from citewell.db.recovery import TextIndexes
from citewell.embedding import Embedder, EmbeddingConfig, load_embedder
from citewell.evaluation.beir import read
from citewell.evaluation.corpus import load, make_project
from citewell.evaluation.measure import MODES, measure
from citewell.search.retrieve import Retriever

DATA = Path(__file__).parents[2] / "shared" / "eval"


async def run(url: str, extensions: Extensions, embedder: Embedder | None, folders: list[Path]) -> None:
    database = Database(url)
    retriever = Retriever(database, embedder, TextIndexes(database, extensions))
    print(f"{'nDCG@10':<12}{'documents':>10}" + "".join(f"{mode:>12}{'ms p50':>9}" for mode in MODES))
    for folder in folders:
        data = read(folder)
        project_id = await make_project(database, extensions, data.name)
        await load(database, embedder, project_id, data.corpus)
        results = [await measure(retriever, project_id, data, mode) for mode in MODES]
        cells = "".join(f"{result.ndcg_10:>12.3f}{result.milliseconds:>9.1f}" for result in results)
        print(f"{data.name:<12}{len(data.corpus):>10}{cells}", flush=True)
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", default="int8", choices=("int8", "fp32"), help="of the local model")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args()
    root, names = chosen.folder, chosen.names
    folders = sorted(path.parent for path in root.glob("*/corpus.jsonl") if not names or path.parent.name in names)
    if not folders:
        print(f"Skipped: no data sets in {root}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-b-") as folder:
        embedder = load_embedder(EmbeddingConfig("auto", Path(folder), precision=chosen.precision))
        with EmbeddedPostgres(Path(folder)) as url:
            asyncio.run(run(url, migrate(url), embedder, folders))


if __name__ == "__main__":
    main()
