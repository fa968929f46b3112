"""Contradictions between what an expert says and the documents, found without a language model: other numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from citewell.interviews.talk import Contradiction, Passage
from citewell.search.analyse import query_terms

_SENTENCE = re.compile(r"[^.!?\n|]+(?:[.,]\d[^.!?\n|]*)*[.!?]?")
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,\u00a0\u202f']\d+)*(?![^\W\d_])")  # none that is a part of a name, such as B7
_MOST_SENTENCES = 50  # of an answer; each is compared with every sentence of the passages
_COVERED = 0.6  # share of the words of a statement that a sentence about the same thing has


def contradictions_in(answer: str, passages: Sequence[Passage], language: str) -> list[Contradiction]:
    """Sentences of the passages that speak of what a sentence of the answer speaks of, with other numbers."""
    claims = [one for one in _stated(islice(_sentences(answer), _MOST_SENTENCES), language) if len(one.terms) >= 2]
    if not claims:
        return []
    told = [(passage, _numbers(passage.text), _stated(_sentences(passage.text), language)) for passage in passages]
    found = []
    for claim in claims:
        for passage, numbers, statements in told:
            quote = next((one.text for one in statements if _differs(one, claim)), None)
            if quote is not None and not claim.numbers <= numbers:
                found.append(Contradiction(claim.text, quote, passage))
                break
    return found


class _Stated(NamedTuple):
    """A sentence that names numbers."""

    text: str
    numbers: set[str]
    terms: set[str]


def _stated(sentences: Iterable[str], language: str) -> list[_Stated]:
    numbered = ((one, _numbers(one)) for one in sentences)
    return [_Stated(one, numbers, _terms(one, language)) for one, numbers in numbered if numbers]


def _differs(statement: _Stated, claim: _Stated) -> bool:
    if claim.numbers & statement.numbers:
        return False
    return len(claim.terms & statement.terms) / len(claim.terms) >= _COVERED


def _sentences(text: str) -> Iterator[str]:
    return (found for match in _SENTENCE.finditer(text) if (found := match[0].strip()))


def _numbers(text: str) -> set[str]:
    return {re.sub(r"[^\d.,]", "", number) for number in _NUMBER.findall(text)}


def _terms(text: str, language: str) -> set[str]:
    return {term for term in query_terms(text, [language]) if not term[0].isdigit()}
