"""The local models: near texts are near, in any language; a model is prepared once, and searches wait for none."""

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from citewell.embedding import EmbeddingConfig, load_embedder
from citewell.embedding.encoder import Encoder, may_saturate
from citewell.embedding.joined import JoinedEmbedder
from citewell.embedding.local import LocalEmbedder
from citewell.embedding.prepare import prepared
from citewell.embedding.protocol import speaks
from citewell.embedding.weights import find_e5, find_minilm, in_folder
from citewell.errors import SetupError, Unavailable

PAIRS = [
    ("How do I get from the airport to the city?", "Trains to the centre leave the airport every ten minutes."),
    ("Does the cat sleep?", "A kitten is napping on the couch."),
    ("Did revenue grow?", "Sales increased by a tenth."),
]


async def _loaded(name: str, models_dir: Path, **more: object) -> LocalEmbedder:
    model = find_e5() if name == "e5" else find_minilm()
    if model is None:
        pytest.skip(f"the package with the weights of {name} is not installed")
    found = LocalEmbedder(model, models_dir, threads=2, **more)  # type: ignore[arg-type]
    await found.prepare()
    return found


@pytest.fixture(scope="module")
async def e5(models_dir: Path) -> AsyncIterator[LocalEmbedder]:
    loaded = await _loaded("e5", models_dir)
    yield loaded
    await loaded.aclose()


@pytest.fixture(scope="module")
async def minilm(models_dir: Path) -> AsyncIterator[LocalEmbedder]:
    loaded = await _loaded("minilm", models_dir)
    yield loaded
    await loaded.aclose()


@pytest.fixture(scope="module", params=["e5", "minilm"])
def embedder(request: pytest.FixtureRequest) -> LocalEmbedder:
    found: LocalEmbedder = request.getfixturevalue(request.param)
    return found


async def test_what_answers_a_question_is_nearest(embedder: LocalEmbedder) -> None:
    questions = np.stack([await embedder.embed_query(question) for question, _ in PAIRS])
    cosines = questions @ (await embedder.embed([answer for _, answer in PAIRS])).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]


async def test_a_question_finds_texts_in_other_languages(e5: LocalEmbedder) -> None:
    texts = [
        "Der Vertrag endet am 31. Dezember.",
        "Der Zug fährt um neun Uhr.",
        "合同于十二月三十一日终止。",
        "火车九点开。",
    ]
    question = await e5.embed_query("When does the contract end?")
    order = (await e5.embed(texts) @ question).argsort()[::-1].tolist()
    assert set(order[:2]) == {0, 2}


async def test_words_of_the_same_meaning_are_near_each_other(e5: LocalEmbedder, minilm: LocalEmbedder) -> None:
    texts = [
        "Sales rose by a tenth in spring.",
        "Revenue increased by ten percent in the second quarter.",
        "",
        "公司很大。",
    ]
    read = await e5.read_words(texts)
    assert read is not None
    first, second, empty, chinese = read
    assert [word.text for word in first.words] == ["Sales", "rose", "by", "a", "tenth", "in", "spring."]
    assert [(word.start, word.end) for word in first.words][-1][1] == len(first.vectors)
    assert empty.words == []
    assert len(chinese.words) > 1, "a script without spaces has words nevertheless"
    np.testing.assert_allclose(np.linalg.norm(first.vectors, axis=1), 1, atol=1e-4)
    [rose] = [word for word in first.words if word.text == "rose"]
    cosines = (first.vectors[rose.start : rose.end] @ second.vectors.T).max(axis=0)
    others = [word for word in second.words if word.text not in ("by", "in", "the")]
    nearest = max(others, key=lambda word: float(cosines[word.start : word.end].max()))
    assert nearest.text == "increased"
    assert await e5.read_words([]) == []
    assert await minilm.read_words(texts) is None


async def test_vectors_have_length_one(embedder: LocalEmbedder) -> None:
    vectors = await embedder.embed(["One text.", "", "   ", "六時間", "x" * 10_000, "a\u200bb\x00c ▁"])
    assert vectors.shape == (6, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_vectors_come_in_the_order_of_their_texts(embedder: LocalEmbedder) -> None:
    texts = [f"Text number {number} is about {'trains ' * (number % 40)}." for number in range(50)] * 2
    together = await embedder.embed(texts)
    np.testing.assert_array_equal(together[:50], together[50:])
    for index in (0, 1, 39, 47):
        [alone] = await embedder.embed([texts[index]])
        assert alone @ together[index] > 0.985
        assert np.argmax(together[:50] @ alone) == index


async def test_the_vector_of_a_long_text_does_not_depend_on_the_texts_beside_it(embedder: LocalEmbedder) -> None:
    texts = [f"Train {number} leaves the station on platform {number % 9}. " * 12 for number in range(5)]
    together = await embedder.embed([*texts, "a short text", "and another short one"])
    for index, text in enumerate(texts):
        [alone] = await embedder.embed([text])
        np.testing.assert_array_equal(alone, together[index])


async def test_the_vector_of_a_query_does_not_depend_on_one_that_comes_at_once(embedder: LocalEmbedder) -> None:
    question, other = "When does the ship leave?", "the cost of a cabin for two with breakfast on the deck"
    alone = await embedder.embed_query(question)
    first, _ = await asyncio.gather(embedder.embed_query(question), embedder.embed_query(other))
    np.testing.assert_array_equal(first, alone)


async def test_padding_changes_no_vector(minilm: LocalEmbedder, models_dir: Path) -> None:
    """A batch with padding takes another way through the graph than a text alone. In fp32 both agree to rounding."""
    exact = await _loaded("minilm", models_dir, precision="fp32")
    model = find_minilm()
    assert model is not None
    encoder = Encoder(model, prepared(model, models_dir, "fp32"))
    tokens = encoder.tokenizer.encode([text for pair in PAIRS for text in pair])
    assert len({len(one) for one in tokens}) > 1
    alone = np.concatenate([encoder.run([one]) for one in tokens])
    np.testing.assert_allclose(encoder.run(tokens), alone, atol=1e-5)
    await exact.aclose()


async def test_what_is_beyond_the_window_is_not_seen(embedder: LocalEmbedder) -> None:
    start = "The train to the north leaves at nine. " * 80
    [vector] = await embedder.embed([start])
    [longer] = await embedder.embed([start + "Bananas are yellow. " * 50_000])
    assert vector @ longer > 0.999


async def test_nothing_gives_nothing(minilm: LocalEmbedder) -> None:
    assert (await minilm.embed([])).shape == (0, 384)


async def test_a_query_does_not_wait_for_documents(minilm: LocalEmbedder) -> None:
    documents = asyncio.create_task(minilm.embed([f"A long text about train {n}. " * 40 for n in range(128)]))
    await asyncio.sleep(0)  # the batch is now in its thread's queue
    await minilm.embed_query("a query")
    await minilm.embed(["a sentence that somebody waits for"], urgent=True)
    assert not documents.done()
    await documents


async def test_minilm_is_for_english(e5: LocalEmbedder, minilm: LocalEmbedder) -> None:
    assert [speaks(minilm, language) for language in ("en", "de", "unknown")] == [True, False, True]
    assert [speaks(e5, language) for language in ("en", "de", "unknown")] == [True, True, True]


async def test_a_model_is_prepared_once(minilm: LocalEmbedder, tmp_path: Path) -> None:
    found = find_minilm()
    assert found is not None
    name = prepared(found, tmp_path, "int8").graph.name
    earlier = tmp_path / re.sub(r"-v\d+-int8", "-v1-int8", name)
    other = tmp_path / "another-model-v1-int8.onnx"
    for file in (earlier, other):
        file.write_bytes(b"a graph")
    first = LocalEmbedder(found, tmp_path)
    assert not first.is_ready
    # Many ask while it is being prepared: all wait for the same.
    alike = await asyncio.gather(*(first.embed_query("a") for _ in range(5)))
    assert first.is_ready
    np.testing.assert_array_equal(alike[0], await minilm.embed_query("a"))
    built = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert set(built) == {name, other.name}, "the files of an earlier version go, those of other models stay"
    second = LocalEmbedder(found, tmp_path)
    await second.prepare()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == built
    assert first.fingerprint == second.fingerprint == minilm.fingerprint
    await first.aclose()
    await second.aclose()


async def test_weights_that_are_not_the_published_ones(tmp_path: Path) -> None:
    found = find_minilm()
    assert found is not None
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    (tmp_path / "tokenizer.json").write_text("{}")
    changed = dataclasses.replace(in_folder(tmp_path), sha256=found.sha256)
    embedder = LocalEmbedder(changed, tmp_path / "models")
    for _ in range(2):  # it is tried again, and fails again
        with pytest.raises(Unavailable, match="could not be prepared"):
            await embedder.prepare()
    assert not embedder.is_ready
    assert not list((tmp_path / "models").glob("*"))
    await embedder.aclose()


def test_what_cannot_be_loaded_says_what_would_be_right(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"model\.safetensors"):
        in_folder(tmp_path)
    assert load_embedder(EmbeddingConfig(kind="none", models_dir=tmp_path)) is None
    with pytest.raises(SetupError, match="CITEWELL_EMBEDDING_BASE_URL"):
        load_embedder(EmbeddingConfig(kind="openai", models_dir=tmp_path))
    with pytest.raises(SetupError, match="e5, minilm, both"):
        load_embedder(EmbeddingConfig(kind="auto", models_dir=tmp_path, model="text-embedding-3-small"))


async def test_int8_is_near_fp32_and_is_another_model(minilm: LocalEmbedder, models_dir: Path) -> None:
    exact = await _loaded("minilm", models_dir, precision="fp32")
    texts = [text for pair in PAIRS for text in pair]
    cosines = ((await exact.embed(texts)) * (await minilm.embed(texts))).sum(axis=1)
    assert cosines.min() > 0.97
    assert minilm.fingerprint != exact.fingerprint, "vectors of the two are never mixed"
    await exact.aclose()


async def test_int8_products_do_not_saturate(minilm: LocalEmbedder, models_dir: Path) -> None:
    """The way that this processor takes gives the same vectors as the exact one."""
    model = find_minilm()
    assert model is not None
    usual, exact = (Encoder(model, prepared(model, models_dir, "int8"), exact=exact) for exact in (None, True))
    tokens = usual.tokenizer.encode([PAIRS[0][1] * 5])
    assert np.abs(usual.run(tokens) - exact.run(tokens)).max() < 1e-6


@pytest.mark.parametrize(
    ("cpu", "may"),
    [
        ("flags\t: fpu avx2 avx512f avx512_vnni\n", False),
        ("processor: 0\nflags\t: avx2 avx_vnni\n", False),
        ("flags\t: fpu avx2 avx512f\n", True),
        ("", True),
    ],
)
def test_processors_whose_sums_may_saturate_are_known(cpu: str, may: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(cpu)
    assert may_saturate(tmp_path / "cpuinfo") == may
    assert may_saturate(tmp_path / "none")


async def test_both_models_as_one(e5: LocalEmbedder, minilm: LocalEmbedder) -> None:
    both = JoinedEmbedder(e5, minilm)
    question, [answer] = await both.embed_query(PAIRS[0][0]), await both.embed([PAIRS[0][1]])
    assert answer.shape == (768,)
    parts = [(await part.embed([PAIRS[0][1]]))[0] @ await part.embed_query(PAIRS[0][0]) for part in (e5, minilm)]
    assert answer @ question == pytest.approx(sum(parts) / 2, abs=1e-5)
    assert both.fingerprint not in (e5.fingerprint, minilm.fingerprint)
    assert speaks(both, "de")
