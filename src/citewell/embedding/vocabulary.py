"""The vocabulary of a Unigram model, and its conversion to the file that `sentencepiece` reads.

That library keeps 250,000 pieces in 55 MB; Hugging Face's tokenizers need 290 MB for them.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3  # kinds of pieces
_UNIGRAM = 1


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of a Unigram model with their scores, by id, and the special ids."""

    pieces: list[str]
    scores: list[float]
    begin: int
    end: int
    pad: int
    unknown: int

    def serialized(self) -> bytes:
        """Returns the vocabulary as sentencepiece's protocol buffer ModelProto, encoded by hand to avoid the package
        `protobuf`.
        """
        return b"".join(self._fields())

    def _fields(self) -> Iterator[bytes]:
        special = {self.unknown: _UNKNOWN} | dict.fromkeys((self.begin, self.end, self.pad), _CONTROL)
        for number, (piece, score) in enumerate(zip(self.pieces, self.scores, strict=True)):
            weight = _varint(2 << 3 | 5) + struct.pack("<f", score)
            yield _bytes(1, _bytes(1, piece.encode()) + weight + _integer(3, special.get(number, _NORMAL)))
        ids = enumerate((self.unknown, self.begin, self.end, self.pad), start=40)
        yield _bytes(2, _integer(3, _UNIGRAM) + b"".join(_integer(field, value) for field, value in ids))
        # Add a space before the text, join several spaces, and turn spaces into the mark that pieces begin with.
        yield _bytes(3, _bytes(1, b"identity") + _integer(3, 1) + _integer(4, 1) + _integer(5, 1))


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
