"""Contradictions between what an expert says and the documents, found without a language model: other numbers."""

import re
from collections.abc import Sequence

from citewell.interviews.talk import Contradiction, Passage
from citewell.search.analyse import query_terms

_SENTENCE = re.compile(r"[^.!?\n|]+(?:[.,]\d[^.!?\n|]*)*[.!?]?")
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,\u00a0\u202f']\d+)*(?![^\W\d_])")  # none that is a part of a name, such as B7
_COVERED = 0.6  # share of the words of a statement that a sentence about the same thing has


def contradictions_in(answer: str, passages: Sequence[Passage], language: str) -> list[Contradiction]:
    """Sentences of the passages that speak of what a sentence of the answer speaks of, with other numbers."""
    found = []
    for said in _sentences(answer):
        numbers, terms = _numbers(said), _terms(said, language)
        if not numbers or len(terms) < 2:
            continue
        for passage in passages:
            quote = next((one for one in _sentences(passage.text) if _differs(one, numbers, terms, language)), None)
            if quote is not None and not numbers <= _numbers(passage.text):
                found.append(Contradiction(said, quote, passage))
                break
    return found


def _differs(sentence: str, numbers: set[str], terms: set[str], language: str) -> bool:
    others = _numbers(sentence)
    if not others or numbers & others:
        return False
    return len(terms & _terms(sentence, language)) / len(terms) >= _COVERED


def _sentences(text: str) -> list[str]:
    return [found for match in _SENTENCE.finditer(text) if (found := match[0].strip())]


def _numbers(text: str) -> set[str]:
    return {re.sub(r"[^\d.,]", "", number) for number in _NUMBER.findall(text)}


def _terms(text: str, language: str) -> set[str]:
    return {term for term in query_terms(text, [language]) if not term[0].isdigit()}
