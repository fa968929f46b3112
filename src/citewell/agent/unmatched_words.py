"""Measures how many words of a claim have no counterpart in its passages, by the embeddings of single words.

Without this, a paraphrase counts as unsupported. The contextual embeddings of "rose" and "increased" are close; those
of a word that means nothing in the passage are far from all others.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

import numpy as np

from citewell.agent.citations import Citation
from citewell.agent.claims import answer_language, decided_by_words
from citewell.agent.sources import Sources
from citewell.agent.support import measure, needs_meaning
from citewell.embedding.protocol import WordVectors
from citewell.kit.scripts import UNSPACED
from citewell.search.language import UNKNOWN, detect_language
from citewell.search.stopwords import STOP_WORDS

# Returns the vectors of the words of each text; None without a model for them.
ReadWords = Callable[[Sequence[str]], Awaitable[list[WordVectors] | None]]

MOST_CLAIMS = 12  # of one answer: a claim with its passages takes some 50 ms of a core
_MOST_PARTS = 24  # of the passages of one claim
_PART = 900  # characters that are read at once: the model reads 512 tokens
# A cosine from which words are counterparts, and how gradually. Those of unrelated words are about .8 in e5.
_NEAR = 0.87
_GRADUAL = 0.015
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_REFERENCE = re.compile(r"\[\d{1,3}\]")
_WORD = re.compile(r"\w")


async def find_unmatched(
    content: str, citations: Sequence[Citation], sources: Sources, read: ReadWords | None
) -> dict[int, float]:
    """Returns the share of unmatched words, from 0 to 1, by the start of the claim. Empty without a model.

    Only claims that `decided_by_words` returns are measured, at most MOST_CLAIMS. Left out are claims whose terms all
    stand in the passage, claims in another language than the passage (see `foreign_claims`), and claims in scripts
    without spaces, for which the weights do not fit.
    """
    if read is None:
        return {}
    language = answer_language(content)
    asked = [
        claim
        for claim in decided_by_words(content, citations, sources)
        if (found := measure(claim.text, claim.passage, language)) is not None
        and needs_meaning(found)
        and not UNSPACED.search(claim.text)
        and not _are_foreign(language, detect_language(claim.passage))
    ][:MOST_CLAIMS]
    shares = await unmatched_words([(claim.text, claim.passage) for claim in asked], language, read)
    return {claim.start: share for claim, share in zip(asked, shares or [], strict=False)}


def _are_foreign(one: str, other: str) -> bool:
    return UNKNOWN not in (one, other) and one != other


async def unmatched_words(pairs: Sequence[tuple[str, str]], language: str, read: ReadWords) -> list[float] | None:
    """Returns the share of unmatched words, from 0 to 1, for each (claim, passage); None without a model."""
    if not pairs:
        return []
    claims = [_REFERENCE.sub("", claim) for claim, _ in pairs]
    passages = [list(_parts(passage))[:_MOST_PARTS] for _, passage in pairs]
    texts = list(dict.fromkeys([*claims, *(part for parts in passages for part in parts)]))
    found = await read(texts)
    if found is None:
        return None
    words = dict(zip(texts, found, strict=True))
    stop_words = STOP_WORDS.get(language, frozenset())
    return [
        _share(words[claim], [words[part] for part in parts], stop_words)
        for claim, parts in zip(claims, passages, strict=True)
    ]


def _share(claim: WordVectors, passage: Sequence[WordVectors], stop_words: frozenset[str]) -> float:
    held = [part.vectors for part in passage if len(part.vectors)]
    counted = [
        word
        for word in claim.words
        if _WORD.search(word.text) and word.text.strip(".,;:!?\"'()*").lower() not in stop_words
    ]
    if not counted or not held:
        return 0.0 if held else 1.0
    nearest = (claim.vectors @ np.concatenate(held).T).max(axis=1)
    cosines = np.array([nearest[word.start : word.end].mean() for word in counted])
    return float(np.mean(1 / (1 + np.exp((cosines - _NEAR) / _GRADUAL))))


def _parts(passage: str) -> Iterator[str]:
    """Splits the passage into parts of whole sentences. A sentence longer than a part is split as well."""
    part = ""
    for sentence in _SENTENCE_END.split(passage):
        for start in range(0, len(sentence), _PART):
            piece = sentence[start : start + _PART]
            if part and len(part) + len(piece) >= _PART:
                yield part
                part = ""
            part = f"{part} {piece}" if part else piece
    if part.strip():
        yield part
