"""Are claims in another language than their source told from other claims?

Usage: python -m benchmarks.foreign_claims [PARAGRAPHS]

XQuAD's paragraphs stand in several languages, sentence by sentence. A translated sentence is a claim. It is compared
with its English original, with the sentence of the same paragraph that stands two sentences further on, and with one of
another paragraph. Counted is what `citewell.agent.foreign_claims` calls backed. The data sets are in ../shared/eval
beside the repository; the embedding model is the default one.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from benchmarks.report import machine, table
from benchmarks.retrieval_quality import DATA
from citewell.agent.foreign_claims import NEAR
from citewell.db.engine import Database
from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.evaluation.beir import read
from citewell.search.retrieve import Retriever

SENTENCE = {"zh": re.compile(r"(?<=[。！？])")}
USUAL = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÁÉÍÓÚÑ\"„“«¿])")
LEAST = 4  # sentences of a paragraph


def sentences(text: str, language: str) -> list[str]:
    return [part for part in SENTENCE.get(language, USUAL).split(text) if part.strip()]


def paragraphs(language: str) -> list[tuple[list[str], list[str]]]:
    """(English, translated) sentences of the paragraphs that have as many in both languages."""
    english, other = (read(DATA / f"xquad-{one}").corpus for one in ("en", language))
    pairs = [
        (sentences(one.text, "en"), sentences(two.text, language)) for one, two in zip(english, other, strict=False)
    ]
    return [pair for pair in pairs if len(pair[0]) == len(pair[1]) >= LEAST]


async def backed(retriever: Retriever, pairs: list[tuple[list[str], list[str]]]) -> list[str]:
    """The shares of claims that are backed by the original, by a sentence near it, and by one of another paragraph."""
    counts = [0, 0, 0]
    for number, (english, translated) in enumerate(pairs):
        at = number % len(english)
        elsewhere = pairs[(number + 7) % len(pairs)][0]
        texts = [english[at], english[(at + 2) % len(english)], elsewhere[number % len(elsewhere)]]
        near = await retriever.nearness(translated[at], texts) or [0.0] * 3
        counts = [count + (one >= NEAR) for count, one in zip(counts, near, strict=True)]
    return [f"{count / max(len(pairs), 1):.0%}" for count in counts]


async def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder(EmbeddingConfig("local", Path(folder)))
        if embedder is None or not (DATA / "xquad-de").exists():
            print("Skipped: no embedding model, or no XQuAD.")
            return
        await embedder.prepare()
        retriever = Retriever(Database("postgresql://unused/unused"), embedder, cast(Any, None))
        rows = []
        for language in ("de", "es", "zh"):
            pairs = paragraphs(language)[:most]
            rows.append([language, str(len(pairs)), *await backed(retriever, pairs)])
        await embedder.aclose()
    print(machine())
    print()
    heads = ["claims in", "number", "the original backs", "two sentences further on", "another paragraph"]
    print(table(heads, rows))


if __name__ == "__main__":
    asyncio.run(main())
