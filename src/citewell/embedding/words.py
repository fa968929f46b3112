"""From the parts of words that a model reads to words."""

from collections.abc import Sequence

from citewell.embedding.protocol import Word
from citewell.kit.scripts import UNSPACED

_BEGINS = "\u2581"  # stands before the first part of a word


def words_of(pieces: Sequence[str]) -> list[Word]:
    """Returns the words that parts make up; in scripts without spaces each part is one."""
    words: list[Word] = []
    for at, piece in enumerate(pieces):
        text = piece.removeprefix(_BEGINS)
        if words and not piece.startswith(_BEGINS) and not UNSPACED.search(piece):
            last = words[-1]
            words[-1] = Word(last.text + text, last.start, at + 1)
        else:
            words.append(Word(text, at, at + 1))
    return words
