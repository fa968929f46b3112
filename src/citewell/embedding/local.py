"""A local model on onnxruntime: no torch, no download, and ready some seconds after the start."""

import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import structlog

from citewell.embedding.encoder import Encoder, Tokens
from citewell.embedding.prepare import Precision, prepared
from citewell.embedding.protocol import Vectors, WordVectors
from citewell.embedding.weights import LocalModel
from citewell.embedding.words import words_of
from citewell.errors import Unavailable

log = structlog.get_logger(__name__)

DIMENSIONS = 384
# A text of so many tokens is a batch of its own: without padding attention needs no mask, and a layer's data stays in a
# core's cache. Tokens per CPU second of texts of 160: 7,200 alone, 5,500 three at a time; of 40: 4,800 alone, 6,000
# twelve at a time (Xeon with AMX).
_ALONE_TOKENS = 64
_BATCH_TOKENS = 512  # padded tokens in a batch of shorter texts
_BATCH_TEXTS = 32
_QUERIES = 32  # queries embedded together, if as many come at once
_INDEXING_NICENESS = 10
_PREPARE_SECONDS = 300.0


_Query = tuple[str, asyncio.Future[Vectors]]


class LocalEmbedder:
    """Embeds with a local model. Texts of documents run on low-priority threads, one for each core, so that indexing
    uses the whole machine and questions do not wait for it.

    int8 is more than twice as fast as fp32 and takes a third of the memory. The cosine of a vector to its fp32 vector
    stays above .99. The vector of a short text depends slightly on the other texts of its batch; long ones are embedded
    alone.
    """

    def __init__(
        self, model: LocalModel, cache: Path, threads: int | None = None, precision: Precision = "int8"
    ) -> None:
        self.fingerprint = model.fingerprint + (":int8" if precision == "int8" else "")
        self.languages = model.languages
        self._model = model
        self._cache = cache
        self._precision: Precision = precision
        self._encoder: Encoder | None = None
        self._preparing: asyncio.Task[Encoder] | None = None
        cores = os.cpu_count() or 1
        self._documents = ThreadPoolExecutor(threads or cores, "embed", initializer=_yield_to_others)
        self._urgent = ThreadPoolExecutor(threads or cores, "embed-urgent")
        self._waiting: list[_Query] = []
        self._answering: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        return self._encoder is not None

    async def prepare(self) -> None:
        """Build the model's files in a child process if they are missing, and load them. Raises Unavailable."""
        await self._ready_encoder()

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        """Embed long texts alone and short ones in batches of similar length; equal texts are embedded once."""
        encoder = await self._ready_encoder()
        pool = self._urgent if urgent else self._documents
        loop = asyncio.get_running_loop()
        distinct = list(dict.fromkeys(texts))
        prefixed = [self._model.passage_prefix + text for text in distinct]
        tokens = await loop.run_in_executor(pool, encoder.tokenizer.encode, prefixed)
        batches = _batches(tokens)
        found = await asyncio.gather(
            *(loop.run_in_executor(pool, encoder.run, [tokens[index] for index in batch]) for batch in batches)
        )
        vectors: Vectors = np.empty((len(distinct), DIMENSIONS), np.float32)
        for batch, rows in zip(batches, found, strict=True):
            vectors[batch] = rows
        places = {text: place for place, text in enumerate(distinct)}
        return vectors[[places[text] for text in texts]]

    async def embed_query(self, text: str) -> Vectors:
        await self._ready_encoder()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Vectors] = loop.create_future()
        if self._answering is None:
            # The first one begins alone, so its vector does not depend on what is asked in the same moment.
            self._answering = loop.create_task(self._answer_queries([(text, answer)]), name="embed-queries")
        else:
            self._waiting.append((text, answer))
        return await answer

    async def read_words(self, texts: Sequence[str]) -> list[WordVectors] | None:
        encoder = await self._ready_encoder()
        loop = asyncio.get_running_loop()
        distinct = list(dict.fromkeys(texts))
        prefix = self._model.query_prefix
        prefixed = [prefix.rstrip(), *(prefix + text for text in distinct)]
        alone, *tokens = await loop.run_in_executor(self._urgent, encoder.tokenizer.encode, prefixed)
        if encoder.tokenizer.pieces(alone) is None:
            return None
        batches = _batches(tokens)
        found = await asyncio.gather(
            *(loop.run_in_executor(self._urgent, encoder.run_tokens, [tokens[at] for at in batch]) for batch in batches)
        )
        inside = slice(len(alone) - 1, -1)  # without the prefix and the marks of beginning and end
        read = {}
        for batch, rows in zip(batches, found, strict=True):
            for at, vectors in zip(batch, rows, strict=True):
                pieces = encoder.tokenizer.pieces(tokens[at]) or []
                read[distinct[at]] = WordVectors(words_of(pieces[inside]), vectors[inside])
        return [read[text] for text in texts]

    async def aclose(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait([self._preparing])
        self._documents.shutdown(wait=False, cancel_futures=True)
        self._urgent.shutdown(wait=False, cancel_futures=True)

    async def _answer_queries(self, batch: list[_Query]) -> None:
        """Embed the batch; then together the queries that came in the meantime: most of the cost is reading weights."""
        try:
            while batch:
                await self._answer([(text, answer) for text, answer in batch if not answer.done()])
                batch, self._waiting = self._waiting[:_QUERIES], self._waiting[_QUERIES:]
        finally:
            self._answering = None

    async def _answer(self, wanted: Sequence[_Query]) -> None:
        """Embed queries together; an error goes to those who ask."""
        texts = [self._model.query_prefix + text for text, _ in wanted]
        try:
            vectors = await asyncio.get_running_loop().run_in_executor(self._urgent, self._encode, texts)
        except Exception as error:
            for _, answer in wanted:
                if not answer.done():
                    answer.set_exception(error)
            return
        for place, (_, answer) in enumerate(wanted):
            if not answer.done():
                answer.set_result(vectors[place])

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        assert self._encoder is not None
        return self._encoder.run(self._encoder.tokenizer.encode(texts))

    async def _ready_encoder(self) -> Encoder:
        """Returns the encoder.

        The first caller prepares it, others wait for the same preparation; after a failure the next caller tries again.
        """
        if self._encoder is not None:
            return self._encoder
        if self._preparing is None or (self._preparing.done() and self._encoder is None):
            self._preparing = asyncio.create_task(self._prepare(), name="prepare-embedding")
        # A caller that stops waiting must not cancel it for the others.
        return await asyncio.shield(self._preparing)

    async def _prepare(self) -> Encoder:
        files = prepared(self._model, self._cache, self._precision)
        tell = log.debug if files.exists else log.info  # only a slow preparation is worth a line in the log
        if not files.exists:
            log.info("embedding_model_preparing", model=self._model.name)
            await _run_child(self._model, self._cache, self._precision)
        loop = asyncio.get_running_loop()
        encoder = await loop.run_in_executor(self._urgent, lambda: Encoder(self._model, files))
        self._encoder = encoder
        tell("embedding_model_ready", model=self._model.name)
        return encoder


async def _run_child(model: LocalModel, cache: Path, precision: Precision) -> None:
    folder = str(model.file.parent) if model.layout == "safetensors" else ""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "citewell.embedding.prepare", model.name, folder, str(cache), precision),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_PREPARE_SECONDS):
            _, said = await child.communicate()
    except BaseException:
        if child.returncode is None:
            child.kill()
            await child.wait()
        raise
    if child.returncode != 0:
        reason = said.decode(errors="replace").strip().rsplit("\n", 1)[-1] or f"ended with {child.returncode}"
        raise Unavailable(f"The embedding model {model.name} could not be prepared: {reason}")


def _batches(tokens: Sequence[Tokens]) -> list[list[int]]:
    """Batches of texts sorted by length, limited in texts and in padded tokens; long texts are alone. The longest come
    first, so that no thread starts the largest batch when the others are done."""
    order = sorted(range(len(tokens)), key=lambda index: -len(tokens[index]))
    batches: list[list[int]] = []
    for index in order:
        batch = batches[-1] if batches else []
        longest = len(tokens[batch[0]]) if batch else _ALONE_TOKENS
        if longest < _ALONE_TOKENS and len(batch) < _BATCH_TEXTS and longest * (len(batch) + 1) <= _BATCH_TOKENS:
            batch.append(index)
        else:
            batches.append([index])
    return batches


def _yield_to_others() -> None:
    """Lower the priority of the current thread. Only Linux has priorities for threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _INDEXING_NICENESS)
