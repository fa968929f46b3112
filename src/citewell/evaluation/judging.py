"""Judging an answer against its ground truth: what was retrieved, what was said, how much of it is proven.

No model judges. So the same answers always get the same scores, and the reasons can be seen.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from citewell.agent.citations import LINK
from citewell.agent.loop import Answer
from citewell.evaluation.figures import figures_of, missing
from citewell.evaluation.refusals import refuses
from citewell.search.analyse import query_terms
from citewell.search.language import detect_language

RIGHT_WORDS = 0.6  # share of a reference answer's terms that a right answer has, where it states no figures
MAX_RETRIEVED = 50
_QUOTES = str.maketrans("‘’“”„–—\u00a0", '\'\'"""-- ')


class Expected(msgspec.Struct, frozen=True):
    """A ground truth. What it does not name is read from its answer: the figures, else the words."""

    answer: str
    sources: list[dict[str, Any]] = []
    figures: list[str] = []
    phrases: list[str] = []
    refusal: bool = False


class Said(msgspec.Struct, frozen=True):
    """How much of the expected content the answer has: `score` from 0 to 1, `missing` lists the rest."""

    is_right: bool
    score: float
    missing: list[str]
    refused: bool


class Retrieved(msgspec.Struct, frozen=True):
    """Whether all expected sources were found, and the rank of the first, at the finest level that is named.

    `found` is None if no source is expected. The ranks of document, page and passage count from 1.
    """

    found: bool | None = None
    rank: int | None = None
    document_rank: int | None = None
    page_rank: int | None = None
    passage_rank: int | None = None


def judge_answer(question: str, answer: str, expected: Expected) -> Said:
    """`answer` is the Markdown of the answer."""
    plain = LINK.sub(" ", answer)  # the numbers of citations are no figures
    refused = refuses(answer)
    if expected.refusal:
        return Said(refused, float(refused), [] if refused else ["a refusal"], refused)
    if refused:
        return Said(False, 0.0, [*expected.figures, *expected.phrases] or ["an answer"], True)
    if expected.figures or expected.phrases:
        lost = missing(expected.figures, plain) + _missing_phrases(expected.phrases, plain)
        return Said(not lost, 1 - len(lost) / (len(expected.figures) + len(expected.phrases)), lost, False)
    if figures := figures_of(expected.answer, question):
        lost = missing(figures, plain)
        return Said(not lost, 1 - len(lost) / len(figures), lost, False)
    return _by_words(question, plain, expected.answer)


def _by_words(question: str, plain: str, reference: str) -> Said:
    """Returns the share of the reference's terms that the answer has; those of the question prove nothing."""
    languages = list(dict.fromkeys((detect_language(reference), detect_language(plain))))
    asked = set(query_terms(question, languages))
    every = set(query_terms(reference, languages))
    wanted = every - asked or every
    if not wanted:
        same = _normal(reference) in _normal(plain)
        return Said(same, float(same), [] if same else [reference], False)
    lost = wanted - set(query_terms(plain, languages))
    score = 1 - len(lost) / len(wanted)
    return Said(score >= RIGHT_WORDS, score, sorted(lost), False)


def _missing_phrases(phrases: Sequence[str], plain: str) -> list[str]:
    said = _normal(plain)
    return [phrase for phrase in phrases if _normal(phrase) not in said]


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold().split())


def retrieved_of(answer: Answer) -> list[dict[str, Any]]:
    """Returns the results of the answer's tools in the order in which they came, each chunk once."""
    found: dict[Any, dict[str, Any]] = {}
    for use in answer.tool_uses:
        for result in use.results if isinstance(use.results, list) else ():
            if isinstance(result, dict) and result.get("document_id"):
                found.setdefault(result.get("uuid") or result["document_id"], result)
    return list(found.values())[:MAX_RETRIEVED]


def judge_retrieval(results: Sequence[Mapping[str, Any]], sources: Sequence[Mapping[str, Any]]) -> Retrieved:
    if not sources:
        return Retrieved()
    documents, pages, passages, finest = [], [], [], []
    for source in sources:
        in_document = [rank for rank, result in enumerate(results, 1) if _is_document(result, source)]
        on_page = [rank for rank in in_document if _has_page(results[rank - 1], source.get("page"))]
        with_text = [rank for rank in in_document if _has_text(results[rank - 1], source.get("text"))]
        documents.append(_first(in_document))
        if source.get("page"):
            pages.append(_first(on_page))
        if source.get("text"):
            passages.append(_first(with_text))
        finest.append(_first(with_text if source.get("text") else on_page if source.get("page") else in_document))
    return Retrieved(None not in finest, _best(finest), _best(documents), _best(pages), _best(passages))


def _first(ranks: Sequence[int]) -> int | None:
    return ranks[0] if ranks else None


def _best(ranks: Sequence[int | None]) -> int | None:
    return min((rank for rank in ranks if rank is not None), default=None)


def _is_document(result: Mapping[str, Any], source: Mapping[str, Any]) -> bool:
    if source.get("document_id"):
        return str(result["document_id"]) == str(source["document_id"])
    wanted, name = _normal(source.get("document_name") or ""), _normal(str(result.get("name") or ""))
    return wanted in (name, name.rpartition(".")[0]) if wanted else True


def _has_page(result: Mapping[str, Any], page: int | None) -> bool:
    first, last = result.get("min_page"), result.get("max_page")
    return page is not None and first is not None and first <= page <= (last or first)


def _has_text(result: Mapping[str, Any], text: str | None) -> bool:
    return bool(text) and _normal(text or "") in _normal(f"{result.get('content', '')} {result.get('passage', '')}")


def verified_share(answer: Answer) -> float | None:
    """Returns the verified share of the answer's citations and unverified claims; None if it has neither."""
    count = len(answer.citations) + len(answer.claims)
    return sum(citation.verified for citation in answer.citations) / count if count else None
