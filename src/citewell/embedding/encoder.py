"""A prepared model in memory: texts to tokens, tokens to vectors."""

import re
import unicodedata
from collections.abc import Sequence
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
        """The token ids of each text with start and end tokens, cut at the model's maximum length."""
        ...


class Encoder:
    """A loaded model. Each call uses one thread; several threads may call at once."""

    def __init__(self, model: LocalModel, files: Prepared) -> None:
        self.tokenizer = _tokenizer(model, files)
        self._session = _session(str(files.graph))

    def run(self, batch: Sequence[Tokens]) -> Vectors:
        """The vectors of tokenised texts, of length 1; shape (number of texts, dimensions)."""
        longest = max(map(len, batch))
        ids = np.full((len(batch), longest), self.tokenizer.pad, np.int64)
        mask = np.zeros((len(batch), longest), np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        vectors: Vectors = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors


def _session(graph: str) -> Any:
    import onnxruntime as ort  # imported late: it takes a third of a second

    options = ort.SessionOptions()
    # One thread per call: a query costs half the CPU that it costs on several threads.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # On CPUs without VNNI, the sums of int8 products could saturate.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


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


class _WordPieces:
    pad = 0

    def __init__(self, vocabulary: str, max_tokens: int) -> None:
        from tokenizers import Tokenizer as Fast

        self._tokenizer = Fast.from_file(vocabulary)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        return [item.ids for item in self._tokenizer.encode_batch(list(texts))]
