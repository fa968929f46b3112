"""Finds the claims of an answer that no citation backs, by fixed rules. See docs/citations.md."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec

from citewell.agent.citations import LINK, Citation
from citewell.agent.claim_numbers import NUMBER, calculated_numbers, has_numbers
from citewell.agent.reading.vocabulary import REFUSALS, load
from citewell.agent.sentences import Sentence, blocks
from citewell.agent.sources import Sources
from citewell.agent.support import support
from citewell.search.analyse import analyse, query_terms
from citewell.search.language import detect_language
from citewell.search.stopwords import STOP_WORDS

MAX_CLAIMS = 500  # of one answer
CONTEXT = 300  # characters of the chunk on each side of the quoted words that count as the passage
BACKED = 0.5  # probability (see `support`) from which a passage backs a claim

Reason = Literal["no_citation", "citation_unverified", "number_not_in_passage", "terms_not_in_passage", "not_supported"]

_WORD = re.compile(r"[A-Za-z]+")
_SENTENCE_END = re.compile(r"(?<=[.。])\s*")
_BLANKED = re.compile(r"(?<![ ])[ ]{9,}+(?=[.,;:!。，])")  # the spaces of a removed link before a punctuation mark
_LANGUAGE_SAMPLE = 400  # characters
# Courtesies, and sentences about the search. No document can prove these.
_COURTESY = re.compile(
    r"(?:hello|hi|hey|thanks?|thank you|you['’]re welcome|sure|certainly|of course|let me know|i hope|i['’]m sorry"
    r"|sorry|i (?:could|can|did|do) ?n[o'’]t|i cannot|i found (?:no|nothing)|i answer by quoting"
    r"|the documents do(?:n['’]t| not)|\(no language model is configured"
    r"|hallo|guten tag|danke|gerne?|leider|ich (?:konnte|kann|habe) (?:nichts|nicht|kein|dazu)"
    r"|你好|您好|谢谢|不客气|抱歉|我(?:没有|无法|未))",
    re.IGNORECASE,
)


class UnverifiedClaim(msgspec.Struct, frozen=True):
    """A sentence, list item or table row that no citation backs. `start` and `end` are offsets in the answer."""

    claim: str
    start: int
    end: int
    reason: Reason

    def to_wire(self) -> dict[str, Any]:
        """Returns the claim with all fields of a citation, because clients read both from one list. Its number is 0."""
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
    """A sentence, list item or table row with its verified citations and their passages."""

    text: str
    start: int
    end: int
    passages: list[str]
    citations: list[Citation] = []


class DecidedByWords(NamedTuple):
    """A claim whose numbers all stand in its passages, so that its words decide whether these back it."""

    start: int
    text: str
    passage: str


def unverified_claims(
    content: str, citations: Sequence[Citation], sources: Sources, unmatched: Mapping[int, float] | None = None
) -> list[UnverifiedClaim]:
    """Returns the claims of an answer that are not backed, at most MAX_CLAIMS.

    `content` has citations as links. `unmatched` maps the start of a claim to its share of words without a
    counterpart in the passages (see `unmatched_words`).
    """
    language = answer_language(content)
    shares = unmatched or {}
    found = (
        _judge(sentence, cited, sources, language, shares.get(sentence.start))
        for sentence, cited in _claims(content, citations)
    )
    return [claim for claim in found if claim is not None][:MAX_CLAIMS]


def decided_by_words(content: str, citations: Sequence[Citation], sources: Sources) -> list[DecidedByWords]:
    """Returns the claims of an answer whose words decide whether their passages back them, at most MAX_CLAIMS."""
    language = answer_language(content)
    found = []
    for sentence, cited in _claims(content, citations):
        passage = " ".join(_passages(cited, sources))
        if not passage or calculated_numbers(sentence.text) or not says_something(sentence.text, language):
            continue
        if has_numbers(sentence.text, passage, language):
            found.append(DecidedByWords(sentence.start, sentence.text, passage))
    return found[:MAX_CLAIMS]


def cited_claims(content: str, citations: Sequence[Citation], sources: Sources) -> list[CitedClaim]:
    """Returns the claims of an answer that have citations, verified or not, at most MAX_CLAIMS."""
    found = []
    for sentence, cited in _claims(content, citations):
        if cited:
            verified = [citation for citation in cited if citation.verified]
            passages = _passages(cited, sources)
            found.append(CitedClaim(_shown(sentence.text), sentence.start, sentence.end, passages, verified))
    return found[:MAX_CLAIMS]


def answer_language(content: str) -> str:
    """Returns the language code of an answer, told from its beginning without the links."""
    return detect_language(_plain(content)[:_LANGUAGE_SAMPLE])


def _plain(content: str) -> str:
    """Returns the content with spaces in place of its links, so that all offsets stay the same."""
    return LINK.sub(lambda link: " " * len(link[0]), content)


def _shown(text: str) -> str:
    return " ".join(_BLANKED.sub("", text).split())


def _claims(content: str, citations: Sequence[Citation]) -> Iterator[tuple[Sentence, list[Citation]]]:
    """Yields each sentence with its citations: those inside or directly after it, else the next ones in its paragraph,
    list item or table row.
    """
    by_number = {citation.number: citation for citation in citations if citation.number}
    found = list(LINK.finditer(content))
    links = [(link.start(), int(link[1])) for link in found]
    ends = {link.end() for link in found}
    for block in blocks(_plain(content)):
        attached: list[int] = []
        reversed_claims = []
        for sentence in reversed(block):
            # "[1] (report.pdf, page 4)" says where the quote stands.
            if sentence.text[0] == "(" and _stops(content, sentence.start) in ends:
                continue
            own = [number for place, number in links if sentence.start <= place < sentence.reach]
            attached = own or attached
            cited = [by_number[number] for number in dict.fromkeys(attached) if number in by_number]
            reversed_claims.append((sentence, cited))
        yield from reversed(reversed_claims)


def _stops(content: str, place: int) -> int:
    """Returns where the text before `place` ends, without trailing white space."""
    while place and content[place - 1].isspace():
        place -= 1
    return place


def _judge(
    sentence: Sentence, cited: Sequence[Citation], sources: Sources, language: str, unmatched: float | None
) -> UnverifiedClaim | None:
    """Returns the claim with the reason why it is not backed; None if it is, or asserts nothing."""
    if not says_something(sentence.text, language):
        return None
    reason: Reason | None = "no_citation"
    if cited:
        passage = " ".join(_passages(cited, sources))
        reason = _unsupported(sentence.text, passage, language, unmatched) if passage else "citation_unverified"
        if reason == "terms_not_in_passage" and _states_cell(sentence.text, cited, passage, language):
            reason = None
    if reason is None:
        return None
    return UnverifiedClaim(_shown(sentence.text), sentence.start, sentence.end, reason)


def _states_cell(claim: str, cited: Sequence[Citation], passage: str, language: str) -> bool:
    """Whether the claim names the label and the value of a quoted row, such as "Gross margin | 36,413".

    All its other terms must be in the passage. They may be far from the row: the periods and the unit of a large table
    are at its top.
    """
    terms = frozenset(term for term in query_terms(claim, [language]) if not term[0].isdigit())
    if not terms <= frozenset(analyse(passage, language)):
        return False
    for citation in cited:
        label, _, value = (citation.verbatim or "").partition(" | ") if citation.verified else ("", "", "")
        named = frozenset(query_terms(label, [language]))
        if named and named <= terms and _is_written(value, claim):
            return True
    return False


def _is_written(value: str, claim: str) -> bool:
    """Whether a quoted cell has a number, and the claim has it with the same digits."""
    found = NUMBER.findall(value)
    return bool(found) and set(found) <= set(NUMBER.findall(claim))


def supports(claim: str, passage: str, language: str, unmatched: float | None = None) -> bool:
    """Whether the passage backs the claim: it has the claim's numbers, and its words (see `support`).

    References such as [4] do not count as numbers. `unmatched` is the claim's share of words without a counterpart,
    None if no model measured it.
    """
    return _unsupported(claim, passage, language, unmatched) is None


@cache
def _refusal() -> re.Pattern[str]:
    """Returns a pattern for the sentences with which the built-in model refuses, in all its languages."""
    said = [
        sentence
        for known in load("answers").values()
        for name in REFUSALS
        for sentence in _SENTENCE_END.split(known[name])
    ]
    patterns = [re.sub(r"\\\{\w+\\\}", ".*", re.escape(sentence)) for sentence in said if sentence]
    return re.compile("|".join(patterns))


def says_something(text: str, language: str) -> bool:
    """Whether the text asserts something: it has a number, or two words that are no stop words.

    Courtesies without numbers and refusals of the built-in model do not.
    """
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
    calculated = calculated_numbers(claim)
    if not has_numbers(claim, passage, language, calculated):
        return "number_not_in_passage"
    # A calculated value may have a name, such as "margin", that the passages with its operands do not contain.
    if not calculated and support(claim, passage, language, unmatched) < BACKED:
        return "terms_not_in_passage"
    return None


def _passages(cited: Sequence[Citation], sources: Sources) -> list[str]:
    return [passage for citation in cited if (passage := _passage(citation, sources))]


def _passage(citation: Citation, sources: Sources) -> str:
    """Returns the quoted words with CONTEXT characters on each side, after the document's name and the headings.

    Returns "" for a citation that is not verified.
    """
    chunk = sources.by_id(citation.chunk_id) if citation.verified and citation.chunk_id else None
    if chunk is None or citation.start is None or citation.end is None:
        return ""
    around = chunk.content[max(citation.start - CONTEXT, 0) : citation.end + CONTEXT]
    return " ".join((chunk.document_name, *chunk.heading_path, *citation.heading_path, around))
