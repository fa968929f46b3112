"""Claims of an answer that no citation backs, found by a rule and not by the model's word. See docs/citations.md."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec

from citewell.agent.citations import LINK, Citation
from citewell.agent.claim_numbers import NUMBER, has_numbers, worked_out_in
from citewell.agent.reading.vocabulary import REFUSALS, load
from citewell.agent.sentences import Sentence, blocks
from citewell.agent.sources import Sources
from citewell.agent.support import support
from citewell.search.analyse import query_terms
from citewell.search.language import detect_language
from citewell.search.stopwords import STOP_WORDS

MAX_CLAIMS = 500  # of one answer
CONTEXT = 300  # characters of the chunk on each side of the quoted words that count as the passage
BACKED = 0.5  # how sure it must be that the passage says what the claim says

Reason = Literal["no_citation", "citation_unverified", "number_not_in_passage", "terms_not_in_passage", "not_supported"]

_WORD = re.compile(r"[A-Za-z]+")
_SENTENCE_END = re.compile(r"(?<=[.。])\s*")
_BLANKED = re.compile(r"(?<![ ])[ ]{9,}+(?=[.,;:!。，])")  # where a link was, before a mark
_LANGUAGE_SAMPLE = 400  # characters
# Said to the reader, or about the search: nothing that a document could prove.
_COURTESY = re.compile(
    r"(?:hello|hi|hey|thanks?|thank you|you['’]re welcome|sure|certainly|of course|let me know|i hope|i['’]m sorry"
    r"|sorry|i (?:could|can|did|do) ?n[o'’]t|i cannot|i found (?:no|nothing)|i answer by quoting"
    r"|the documents do(?:n['’]t| not)|\(no language model is configured"
    r"|hallo|guten tag|danke|gerne?|leider|ich (?:konnte|kann|habe) (?:nichts|nicht|kein|dazu)"
    r"|你好|您好|谢谢|不客气|抱歉|我(?:没有|无法|未))",
    re.IGNORECASE,
)


class UnverifiedClaim(msgspec.Struct, frozen=True):
    """A sentence, list item or table row that no citation backs. `start` and `end` are characters of the answer."""

    claim: str
    start: int
    end: int
    reason: Reason

    def to_wire(self) -> dict[str, Any]:
        """Returns all fields of a citation, because clients read both from one list.

        The number is 0: the claim has no link.
        """
        nothing = dict.fromkeys(Citation.__struct_fields__) | {
            "heading_path": (),
            "number": 0,
            "document_name": "",
            "verbatim": "",
            "verified": False,
        }
        del nothing["exact"]
        return {**nothing, **msgspec.to_builtins(self), "status": "unverified"}


class CitedClaim(msgspec.Struct, frozen=True):
    """A sentence, list item or table row with its verified citations and the passages that they name."""

    text: str
    start: int
    end: int
    passages: list[str]
    citations: list[Citation] = []


class DecidedByWords(NamedTuple):
    """A claim whose passages have its numbers, so that it is backed if they say what it says."""

    start: int
    text: str
    passage: str


def unverified_claims(
    content: str, citations: Sequence[Citation], sources: Sources, unmatched: Mapping[int, float] | None = None
) -> list[UnverifiedClaim]:
    """The claims of an answer, its citations as links, that are not backed; at most MAX_CLAIMS. `unmatched`: the share
    of words without a counterpart, of the claims that start there (`unmatched_words`)."""
    cited = {citation.number: citation for citation in citations if citation.number}
    plain, language = _plain(content), answer_language(content)
    shares = unmatched or {}
    found = (
        _judge(sentence, numbers, cited, sources, language, shares.get(sentence.start))
        for sentence, numbers in _claims(content, plain)
    )
    return [claim for claim in found if claim is not None][:MAX_CLAIMS]


def decided_by_words(content: str, citations: Sequence[Citation], sources: Sources) -> list[DecidedByWords]:
    """The claims of an answer that are backed if their passages say what they say, at most MAX_CLAIMS."""
    cited = {citation.number: citation for citation in citations if citation.number}
    language = answer_language(content)
    found = []
    for sentence, numbers in _claims(content, _plain(content)):
        passage = " ".join(_passages(numbers, cited, sources))
        if not passage or worked_out_in(sentence.text) or not says_something(sentence.text, language):
            continue
        if has_numbers(sentence.text, passage, language):
            found.append(DecidedByWords(sentence.start, sentence.text, passage))
    return found[:MAX_CLAIMS]


def cited_claims(content: str, citations: Sequence[Citation], sources: Sources) -> list[CitedClaim]:
    """The claims of an answer that have citations, at most MAX_CLAIMS, with their passages."""
    cited = {citation.number: citation for citation in citations if citation.number}
    found = []
    for sentence, numbers in _claims(content, _plain(content)):
        backing = [cited[number] for number in dict.fromkeys(numbers) if number in cited]
        passages = [passage for citation in backing if (passage := _passage(citation, sources))]
        if backing:
            verified = [citation for citation in backing if citation.verified]
            found.append(CitedClaim(_shown(sentence.text), sentence.start, sentence.end, passages, verified))
    return found[:MAX_CLAIMS]


def answer_language(content: str) -> str:
    return detect_language(_plain(content)[:_LANGUAGE_SAMPLE])


def _plain(content: str) -> str:
    """The content with spaces in place of its links, so that all else stays where it is."""
    return LINK.sub(lambda link: " " * len(link[0]), content)


def _shown(text: str) -> str:
    return " ".join(_BLANKED.sub("", text).split())


def _claims(content: str, plain: str) -> Iterator[tuple[Sentence, list[int]]]:
    """Yields each sentence with the numbers of its citations: its own, else the next ones in its paragraph, item or
    row.
    """
    found = list(LINK.finditer(content))
    links = [(link.start(), int(link[1])) for link in found]
    ends = {link.end() for link in found}
    for block in blocks(plain):
        attached: list[int] = []
        reversed_claims = []
        for sentence in reversed(block):
            # "[1] (report.pdf, page 4)" says where the quote stands.
            if sentence.text[0] == "(" and _stops(content, sentence.start) in ends:
                continue
            own = [number for place, number in links if sentence.start <= place < sentence.reach]
            attached = own or attached
            reversed_claims.append((sentence, attached))
        yield from reversed(reversed_claims)


def _stops(content: str, place: int) -> int:
    """Returns where the text before `place` ends, without trailing white space."""
    while place and content[place - 1].isspace():
        place -= 1
    return place


def _judge(
    sentence: Sentence,
    numbers: list[int],
    cited: dict[int, Citation],
    sources: Sources,
    language: str,
    unmatched: float | None,
) -> UnverifiedClaim | None:
    if not says_something(sentence.text, language):
        return None
    reason: Reason | None = "no_citation"
    if any(number in cited for number in numbers):
        passage = " ".join(_passages(numbers, cited, sources))
        reason = _unsupported(sentence.text, passage, language, unmatched) if passage else "citation_unverified"
    if reason is None:
        return None
    return UnverifiedClaim(_shown(sentence.text), sentence.start, sentence.end, reason)


def supports(claim: str, passage: str, language: str, unmatched: float | None = None) -> bool:
    """Whether the passage has the numbers of a claim and says what it says. References such as [4] say nothing.
    `unmatched`: the share of words without a counterpart, where a model has told it."""
    return _unsupported(claim, passage, language, unmatched) is None


@cache
def _refusal() -> re.Pattern[str]:
    """The sentences with which the reader refuses, in all its languages, and what it adds in brackets."""
    said = [
        sentence
        for known in load("answers").values()
        for name in REFUSALS
        for sentence in _SENTENCE_END.split(known[name])
    ]
    patterns = [re.sub(r"\\\{\w+\\\}", ".*", re.escape(sentence)) for sentence in said if sentence]
    return re.compile("|".join(patterns))


def says_something(text: str, language: str) -> bool:
    """Whether there is a number in it, or two words that carry meaning; a refusal of the reader's says nothing."""
    if _refusal().match(text):
        return False
    if NUMBER.search(text):
        return True
    if _COURTESY.match(text):
        return False
    if not text.isascii():
        return len(query_terms(text, [language])) > 1
    # The first two words are enough, and need no analysis: most of an answer without citations ends here.
    stop_words = STOP_WORDS.get(language, frozenset())
    found = ""
    for word in _WORD.finditer(text):
        folded = word[0].lower()
        if folded not in stop_words and folded != found:
            if found:
                return True
            found = folded
    return False


def _unsupported(claim: str, passage: str, language: str, unmatched: float | None = None) -> Reason | None:
    worked_out = worked_out_in(claim)
    if not has_numbers(claim, passage, language, worked_out):
        return "number_not_in_passage"
    # The passages of a calculation's numbers need not contain its name.
    if not worked_out and support(claim, passage, language, unmatched) < BACKED:
        return "terms_not_in_passage"
    return None


def _passages(numbers: Sequence[int], cited: dict[int, Citation], sources: Sources) -> list[str]:
    backing = [cited[number] for number in dict.fromkeys(numbers) if number in cited]
    return [passage for citation in backing if (passage := _passage(citation, sources))]


def _passage(citation: Citation, sources: Sources) -> str:
    """The quoted words with what stands around them, under the document's name and headings; "" if not verified."""
    chunk = sources.by_id(citation.chunk_id) if citation.verified and citation.chunk_id else None
    if chunk is None or citation.start is None or citation.end is None:
        return ""
    around = chunk.content[max(citation.start - CONTEXT, 0) : citation.end + CONTEXT]
    return " ".join((chunk.document_name, *chunk.heading_path, *citation.heading_path, around))
