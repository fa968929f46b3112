"""A prepared model in memory: texts to tokens, tokens to vectors."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from citewell.embedding.prepare import Prepared
from citewell.embedding.protocol import Vectors
from citewell.embedding.weights import LocalModel

Tokens = Sequence[int]
_SPACES = re.compile(r"[\s\u200b]+")


class Tokenizer(Protocol):
    pad: int

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Returns the token ids of each text with start and end tokens, cut at the model's maximum length."""
        ...

    def pieces(self, tokens: Tokens) -> list[str] | None:
        """Returns the text of each token, with "▁" where a word begins; None for a vocabulary without such marks."""
        ...


class Encoder:
    """A loaded model. Each call uses one thread; several threads may call at once."""

    def __init__(self, model: LocalModel, files: Prepared, *, exact: bool | None = None) -> None:
        """`exact`: compute int8 products in the slower way whose sums cannot saturate; by default only on processors
        that need it."""
        self.tokenizer = _tokenizer(model, files)
        self._session = _session(str(files.graph), exact=may_saturate() if exact is None else exact)

    def run(self, batch: Sequence[Tokens]) -> Vectors:
        """Returns the vectors of tokenised texts, of length 1; shape (number of texts, dimensions)."""
        return self._run(batch, "embedding")

    def run_tokens(self, batch: Sequence[Tokens]) -> list[Vectors]:
        """For each tokenised text the vectors of its tokens, of length 1; shape (tokens, dimensions)."""
        found = self._run(batch, "tokens")
        found /= np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-6)
        return [rows[: len(tokens)] for rows, tokens in zip(found, batch, strict=True)]

    def _run(self, batch: Sequence[Tokens], output: str) -> Vectors:
        longest = max(map(len, batch))
        ids = np.full((len(batch), longest), self.tokenizer.pad, np.int64)
        mask = np.zeros((len(batch), longest), np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        vectors: Vectors = self._session.run([output], {"input_ids": ids, "attention_mask": mask})[0]
        return vectors


def _session(graph: str, *, exact: bool) -> Any:
    import onnxruntime as ort  # imported late: it takes a third of a second

    options = ort.SessionOptions()
    # One thread per call: a query costs half the CPU that it costs on several threads.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", str(int(exact)))
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def may_saturate(cpu: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether sums of int8 products could saturate: AVX2 and AVX-512 add two products in 16 bits, VNNI in 32.

    onnxruntime does not look: with `session.x64quantprecision` it takes the exact way on processors with VNNI as well,
    which there takes up to twice as long for the same vectors.
    """
    try:
        lines = cpu.read_text(errors="replace").splitlines()
    except OSError:
        return True
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return not {"avx512_vnni", "avx_vnni"} & set(flags)


def _tokenizer(model: LocalModel, files: Prepared) -> Tokenizer:
    if model.layout == "e5":
        return _SentencePieces(str(files.vocabulary), model.max_tokens)
    return _WordPieces(str(files.vocabulary), model.max_tokens)


class _SentencePieces:
    """XLM-R's Unigram vocabulary. Texts are normalised here (NFKC, white space as one space), not in the library."""

    def __init__(self, vocabulary: str, max_tokens: int) -> None:
        from sentencepiece import SentencePieceProcessor

        self._processor = SentencePieceProcessor(model_file=vocabulary)
        self._begin, self._end = self._processor.bos_id(), self._processor.eos_id()
        self.pad = self._processor.pad_id()
        self._room = max_tokens - 2

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        # No token is longer than 48 characters, so text beyond that many characters a token is never needed.
        cut = 48 * self._room
        plain = [_SPACES.sub(" ", unicodedata.normalize("NFKC", text[:cut])) for text in texts]
        found = self._processor.encode(plain, num_threads=1)
        return [[self._begin, *ids[: self._room], self._end] for ids in found]

    def pieces(self, tokens: Tokens) -> list[str] | None:
        found: list[str] = self._processor.id_to_piece(list(tokens))
        return found


class _WordPieces:
    pad = 0

    def __init__(self, vocabulary: str, max_tokens: int) -> None:
        from tokenizers import Tokenizer as Fast

        self._tokenizer = Fast.from_file(vocabulary)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        return [item.ids for item in self._tokenizer.encode_batch(list(texts))]

    def pieces(self, tokens: Tokens) -> list[str] | None:
        return None
