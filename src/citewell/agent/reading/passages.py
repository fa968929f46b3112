"""Which sentence answers: joins the words of the question with the nearness of the sentence to it."""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import TypeVar

import msgspec

from citewell.agent.knowledge import Hit
from citewell.agent.reading import labels, periods, quantities
from citewell.agent.reading.choosing import is_of_other_years
from citewell.agent.reading.document import Opened
from citewell.agent.reading.fields import Field
from citewell.agent.reading.kinds import (
    OF_FIGURES,
    answers_kind,
    asks_figure,
    defines,
    enumerates,
    has_amount,
    is_negated,
    lacks_count,
    lacks_measure,
)
from citewell.agent.reading.objects import lacks_object
from citewell.agent.reading.periods import same_end
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.sentences import Sentence
from citewell.agent.reading.vocabulary import load
from citewell.agent.reading.weights import alike, share, share_abroad, weights
from citewell.search.analyse import analyse, query_terms
from citewell.search.concepts import concept

_Part = TypeVar("_Part", Sentence, Field)
ANSWERS = 0.38  # least score of a sentence that answers
_CONTEXT_SHARE = 0.6  # weight of a word that is only in the headings or the document's name
_AROUND_SHARE = 0.5  # weight of a word that is only in the sentence before or after
_LACKS_FIGURE = 1.5  # subtracted (logit) from a sentence without a figure if a figure is asked for
_LACKS_PRICE = 5.0  # subtracted in addition if that figure is a price
_LACKS_NEGATION = 4.5  # subtracted from a sentence without "not" if the question has it
_TRANSLATED = 2.0  # added in another language to what the vocabulary knows as the thing that is asked about
_LACKS_KNOWN = 3.0  # subtracted in another language if what the vocabulary translates is missing; less for a part
_LACKS_OBJECT = 3.0  # subtracted if the document does not contain the object of the question
_LACKS_YEAR = 5.0  # subtracted if the document names years, but not that of the question
_DEFINES = 1.5  # added to a sentence that says what the thing is, if the question asks that
_ENUMERATES = 2.0  # added to a sentence that lists what is asked for
_LACKS_TOPIC = 1.5  # subtracted from a sentence that has only the names in the question
_LACKS_TOPIC_BY_WORDS = 2.5  # the same without the embedding model, which would see other words for the topic
_FAR = 0.2  # nearness below which a sentence in another language is about something else
_ALIKE_SHARE = 0.8  # weight of another form of a word
_MEANT_SHARE = 0.7  # weight of a word of the previous sentence, for one that begins with "it" or "they"
_NEEDS_KIND = OF_FIGURES | {"frequency"}
_HARD_KINDS = frozenset({"price", "duration", "frequency"})  # that a sentence without such a figure does not answer
_LEAST_OF_PERSON = 0.75  # share of a question for a person that a sentence without a name must have
_FIGURE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:%|percent|million|billion|thousand|mio|mrd|prozent)|[$€£]\s?\d", re.IGNORECASE
)
_MONEY = re.compile(r"[$€£]\s?\d[\d.,]*\s*(?:million|billion|thousand|mio|mrd)", re.IGNORECASE)
_WEAK = frozenset(query_terms("outstanding", ["en"]))  # shares are outstanding, too
_LABELLED = re.compile(r"[^\W\d][^.:!?\n]{1,40}:\s+\S")  # a label and its value, which is of the asked kind or none
_LEAD_IN = re.compile(
    r"^the following (?:table|chart)|were as follows|is as follows|sind wie folgt|in der folgenden tabelle",
    re.IGNORECASE,
)


class Scored(msgspec.Struct, frozen=True):
    """`own` is the share of the question that the sentence itself has, `cover` with what stands around it; `near`
    its nearness to the question, None without an embedding model. `kind` says that it has a thing of the kind that
    is asked for, `lacks_figure` that this is a figure and it has none, `lacks_price` that this is a price or a
    figure of statements, `lacks_topic` that it has only names of the question, `lacks_negation` that it does not
    say what is not so, `lacks_object` that its document has the object of the question nowhere, `lacks_year` that
    it is about other years, `lacks_known` how much it lacks of what the vocabulary translates, `defines` that it says
    what a thing is whose meaning is asked for, `enumerates` that it lists what is asked for. Where it stands for a
    field of a form or table, `field` is that one."""

    document: int
    sentence: Sentence
    own: float
    cover: float
    kind: bool
    near: float | None = None
    is_foreign: bool = False
    lacks_figure: bool = False
    lacks_topic: bool = False
    lacks_price: bool = False
    lacks_negation: bool = False
    lacks_object: bool = False
    lacks_year: bool = False
    defines: bool = False
    enumerates: bool = False
    is_translated: bool = False
    lacks_known: float = 0.0
    field: Field | None = None
    score: float = 0.0


class Prose(msgspec.Struct, frozen=True):
    """The documents that were looked through, and their best sentences, best first."""

    documents: list[Opened]
    ranked: list[Scored]


def by_words(asked: Asked, documents: Sequence[Opened], groups: Sequence[Group], most: int) -> list[Scored]:
    """The sentences that have most of what is asked about, best first; rare words weigh more."""
    held = [
        (index, place, sentence)
        for index, document in enumerate(documents)
        for place, sentence in enumerate(document.sentences)
        if _may_hold(asked, sentence)
    ]
    others = [[alike(group, document.beginnings) for group in groups] for document in documents]
    shares = [
        [
            share(group, sentence.words) or (_ALIKE_SHARE if forms & sentence.words else 0.0)
            for group, forms in zip(groups, others[index], strict=True)
        ]
        for index, _, sentence in held
    ]
    _meant(held, shares)
    topics = [_topics(groups, document) for document in documents]
    around = [
        [_share_in_headings(group, sentence, documents[index]) for group in groups] for index, _, sentence in held
    ]
    weighed = weights(shares, around, groups)
    total = sum(weighed) or 1.0
    found = []
    for number, (index, place, sentence) in enumerate(held):
        own = sum(weight * value for weight, value in zip(weighed, shares[number], strict=True))
        if own <= 0:
            continue
        neighbours = _neighbours(shares, held, number, index, place)
        cover = sum(
            weight * max(held_share, _CONTEXT_SHARE * over, _AROUND_SHARE * beside)
            for weight, held_share, over, beside in zip(
                weighed, shares[number], around[number], neighbours, strict=True
            )
        )
        parts = zip(shares[number], around[number], neighbours, strict=True)
        has_topic = not topics[index] or any(max(part) for place, part in enumerate(parts) if place in topics[index])
        one = _scored(asked, documents, index, sentence, own / total, cover / total)
        found.append(one if has_topic or one.is_foreign else _without_topic(asked, one))
    found.sort(key=lambda one: one.own + one.cover, reverse=True)
    return list({one.sentence.text: one for one in reversed(found[: 2 * most])}.values())[::-1][:most]


def _share_in_headings(group: Group, sentence: Sentence, document: Opened) -> float:
    """Returns the share of a group in the headings over a sentence; for a name or a number, also at the document's
    beginning.
    """
    over = share(group, sentence.context)
    return max(over, share(group, document.opening)) if group.tells_apart else over


def _meant(held: Sequence[tuple[int, int, Sentence]], shares: list[list[float]]) -> None:
    """Give sentences that begin with a pronoun what the one before them is about."""
    for number in range(1, len(held)):
        (index, _, sentence), (other, _, before) = held[number], held[number - 1]
        if (index, sentence.chunk) == (other, before.chunk) and _pronouns().match(sentence.text):
            pairs = zip(shares[number], shares[number - 1], strict=True)
            shares[number] = [max(own, _MEANT_SHARE * one) for own, one in pairs]


@cache
def _pronouns() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(load('questions')['follow_up']['pronouns'])})\b", re.IGNORECASE)


def _without_topic(asked: Asked, one: Scored) -> Scored:
    """A sentence that has only names of the question: a number in it is none of the things that are counted, and
    without one it says nothing of them."""
    counts = "amount" in asked.kinds
    return msgspec.structs.replace(
        one,
        lacks_topic=True,
        lacks_figure=one.lacks_figure or counts,
        lacks_price=one.lacks_price or (counts and one.lacks_figure),
    )


def _may_hold(asked: Asked, sentence: Sentence) -> bool:
    """False for a sentence without an e-mail address where one is asked for, and the like."""
    return all(pattern.search(sentence.text) for pattern in asked.values)


def _topics(groups: Sequence[Group], document: Opened) -> frozenset[int]:
    """Which of the groups say what is asked about the others, which are names, numbers and codes, or words of the
    document's name; none where there are no others."""
    name = re.sub(r"[\W_]+", " ", document.chunks[0].document_name)
    title = frozenset(analyse(name, document.language))
    named = {place for place, group in enumerate(groups) if group.tells_apart or share(group, title) == 1}
    return frozenset(range(len(groups))) - named if named else frozenset()


def _scored(
    asked: Asked, documents: Sequence[Opened], index: int, sentence: Sentence, own: float, cover: float
) -> Scored:
    kind = answers_kind(asked, sentence)
    is_foreign = documents[index].language != asked.language
    return Scored(
        index,
        sentence,
        own,
        cover,
        kind=kind,
        is_foreign=is_foreign,
        is_translated=is_foreign and _is_translated(asked, sentence, documents[index]),
        lacks_known=lacks_known(asked, sentence, documents[index]) if is_foreign else 0.0,
        lacks_figure=not kind
        and (bool(asked.kinds & _NEEDS_KIND) or ("person" in asked.kinds and own < _LEAST_OF_PERSON)),
        lacks_price=(not kind and bool(asked.kinds & _HARD_KINDS))
        or (asks_figure(asked) and not has_amount(sentence.text))
        or lacks_count(asked, sentence.text)
        or (not kind and _LABELLED.match(sentence.text) is not None)
        or lacks_measure(asked, sentence)
        or (quantities.lacks_unit if is_foreign else quantities.is_of_another)(asked.text, sentence.text),
        lacks_negation=is_negated(asked.text, asked.language) and not is_negated(sentence.text),
        lacks_object=lacks_object(asked, documents[index]) or _lacks_name(asked, documents, index),
        lacks_year=is_of_other_years(asked, documents[index]),
        defines=defines(asked, sentence, documents[index].language),
        enumerates=enumerates(asked, sentence, documents[index].language),
    )


def _lacks_name(asked: Asked, documents: Sequence[Opened], index: int) -> bool:
    """Whether a document has a name of the question nowhere, and another one has it: that one is meant."""
    return any(
        not share(group, documents[index].words) and any(share(group, other.words) == 1 for other in documents)
        for group in asked.groups
        if group.is_name
    )


def with_foreign(
    asked: Asked, documents: Sequence[Opened], hits: Sequence[Hit], best: Sequence[Scored], most: int, most_foreign: int
) -> list[Scored]:
    """The sentences whose nearness to the question is looked at: the best by words; of documents in another language,
    those of the passages that the search found as well, and their fields, because words do not tell there, and those
    that the vocabulary translates."""
    kept = list(best[:most])
    held = {(one.document, one.sentence.chunk, one.sentence.start) for one in best}
    known = {(one.document, one.sentence.chunk, one.sentence.start): one for one in best}
    places = {
        chunk.chunk_id: (index, number)
        for index, document in enumerate(documents)
        if document.language != asked.language
        for number, chunk in enumerate(document.chunks)
    }
    added: list[Scored] = []
    fields: list[Scored] = []
    asked_words = frozenset[str]().union(*(words for group in asked.groups for words in group.alternatives))
    for hit in hits:
        if hit.chunk_id not in places:
            continue
        index, number = places[hit.chunk_id]
        for sentence in _found(documents[index].sentences, number, hit):
            key = (index, number, sentence.start)
            if not _may_hold(asked, sentence):
                continue
            if key not in held:
                added.append(_scored(asked, documents, index, sentence, *_abroad(asked, sentence, documents[index])))
            elif known[key] not in kept:
                added.append(known[key])
        for field in _found(documents[index].fields, number, hit):
            one = _of_field(asked, documents, index, field)
            if one.kind and not field.parts and not field.said <= asked_words and _may_hold(asked, one.sentence):
                fields.append(one)
    taken = {(one.document, one.sentence.chunk, one.sentence.start) for one in [*kept, *added]}
    translated = [
        _scored(asked, documents, index, sentence, *_abroad(asked, sentence, document))
        for index, document in enumerate(documents)
        if document.language != asked.language
        for sentence in document.sentences
        if (index, sentence.chunk, sentence.start) not in taken and _is_translated(asked, sentence, document)
    ]
    return [*kept, *added[:most_foreign], *translated[:most], *fields[:most_foreign]]


def _found(parts: Sequence[_Part], chunk: int, hit: Hit) -> Iterator[_Part]:
    """The sentences or fields of a chunk that stand in the passage that a search found."""
    return (one for one in parts if one.chunk == chunk and one.start < hit.passage_end and hit.passage_start < one.end)


def _abroad(asked: Asked, sentence: Sentence, document: Opened) -> tuple[float, float]:
    """(own, cover) of a sentence in another language than the question: by what the vocabulary of labels knows in both,
    and by names and numbers, which are alike in all and may stand in the headings as well."""
    groups = [group for group in asked.fields if not group.is_soft]
    own = [_said_abroad(group, sentence, document) for group in groups]
    over = [_share_in_headings(group, sentence, document) if group.tells_apart else 0.0 for group in groups]
    cover = [max(held, _CONTEXT_SHARE * one) for held, one in zip(own, over, strict=True)]
    count = len(groups) or 1
    return sum(own) / count, sum(cover) / count


def _said_abroad(group: Group, sentence: Sentence, document: Opened) -> float:
    """The share of a group that a sentence in another language has; all of a quantity where it has a unit of it."""
    if quantities.states(group.text, sentence.text):
        return 1.0
    return share_abroad(group, sentence.words, document.language)


def _is_translated(asked: Asked, sentence: Sentence, document: Opened) -> bool:
    """Whether a sentence in another language has what is asked about by the words that the vocabulary knows for it, and
    its document the names and numbers of the question."""
    groups = [group for group in asked.fields if not group.is_soft]
    named = all(
        max(share(group, sentence.words), _share_in_headings(group, sentence, document)) == 1
        for group in groups
        if group.tells_apart and not group.concept
    )
    topics = [group for group in groups if not group.tells_apart or group.concept]
    held = sum(_said_abroad(group, sentence, document) == 1 for group in topics)
    return named and held > 0 and 2 * held >= len(topics)


def lacks_known(asked: Asked, sentence: Sentence, document: Opened) -> float:
    """The share of the things asked about, of those that the vocabulary has in the language of the document, that
    neither a sentence nor what stands over it has."""
    if not labels.has_words_in(document.language):
        return 0.0
    over = sentence.context | document.opening
    known = [
        group
        for group in asked.fields
        if not group.is_soft and labels.is_translated(group.concept, group.text, asked.language)
    ]
    missing = [
        group
        for group in known
        if _said_abroad(group, sentence, document) < 1
        and share(group, sentence.words | over) < 1
        and not labels.is_named(group.concept, sentence.text)
    ]
    return len(missing) / len(known) if known else 0.0


def _of_field(asked: Asked, documents: Sequence[Opened], index: int, field: Field) -> Scored:
    words = field.named | field.headed | field.key | field.said
    groups = [group for group in asked.groups if group.alternatives]
    own = [share(group, words) for group in groups]
    cover = [max(held, _CONTEXT_SHARE * share(group, field.context)) for held, group in zip(own, groups, strict=True)]
    sentence = Sentence(field.chunk, field.start, field.end, field.text, words, field.context)
    count = len(groups) or 1
    scored = _scored(asked, documents, index, sentence, sum(own) / count, sum(cover) / count)
    has_figure = any(map(str.isdigit, field.value)) or not asked.kinds & OF_FIGURES  # a label's does not count
    return msgspec.structs.replace(scored, field=field, kind=scored.kind and has_figure)


def _neighbours(
    shares: Sequence[Sequence[float]], held: Sequence[tuple[int, int, Sentence]], number: int, index: int, place: int
) -> list[float]:
    """Returns the shares that the sentences right before and after it have, in the same chunk."""
    best = [0.0] * len(shares[number])
    for other in (number - 1, number + 1):
        if 0 <= other < len(held) and held[other][0] == index and held[other][2].chunk == held[number][2].chunk:
            best = [max(one, two) for one, two in zip(best, shares[other], strict=True)]
    return best


def is_lead_in(one: Scored) -> bool:
    """Whether the sentence only says what the table or list behind it shows."""
    return one.sentence.text.rstrip().endswith(":") or _LEAD_IN.search(one.sentence.text) is not None


def weighed(one: Scored, ends: Sequence[date], quarters: frozenset[int]) -> float:
    """The score for showing beside cells: figures of the right period first, lead-ins of tables and fragments last."""
    text = one.sentence.text
    weight = 1.0
    mentions = [mention.period for mention in periods.find(text)]
    if any(
        period.quarter in quarters or (period.end and any(same_end(period.end, end) for end in ends))
        for period in mentions
    ):
        weight += 0.3
    if _FIGURE.search(text):
        weight += 0.3
    if one.enumerates or one.defines:
        weight += 1.0
    if is_lead_in(one):
        weight -= 0.5
    if text[0].islower():
        weight -= 0.3
    return one.score * weight


def stating(asked: Asked, documents: Sequence[Opened], ends: Sequence[date]) -> list[Scored]:
    """Returns the sentences that state an amount of a thing on the last day of a period, those with most amounts first.

    The things are the concepts of the question that are amounts on a day, such as debt: what a balance sheet has one
    line for, the notes say in parts.
    """
    groups = [group for group in asked.groups if group.concept and concept(group.concept)["kind"] == "point"]
    found = []
    for index, document in enumerate(documents):
        for sentence in document.sentences:
            amounts = len(_MONEY.findall(sentence.text))
            if not amounts or not any(_names(group, sentence) for group in groups) or not _is_of(sentence, ends):
                continue
            found.append((amounts, _scored(asked, documents, index, sentence, 0.0, 0.0)))
    found.sort(key=lambda one: one[0], reverse=True)
    return list({one.sentence.text: one for _, one in reversed(found)}.values())[::-1]


def _names(group: Group, sentence: Sentence) -> bool:
    return any(words <= sentence.words for words in _words_of(group.concept))


@cache
def _words_of(name: str) -> tuple[frozenset[str], ...]:
    """Returns the analysed words by which sentences name a concept; none of those that other things have as well."""
    known = concept(name)
    found = (frozenset(query_terms(phrase, ["en"])) for phrase in known.get("words") or known["rows"])
    return tuple(words for words in found if words and not words <= _WEAK)


def _is_of(sentence: Sentence, ends: Sequence[date]) -> bool:
    days = [mention.period.end for mention in periods.find(sentence.text) if not mention.period.months]
    return any(day is not None and same_end(day, end) for day in days for end in ends)


def ranked(found: Sequence[Scored], nearness: Sequence[float] | None) -> list[Scored]:
    """Returns the sentences with their score, best first.

    The score, from 0 to 1, says how likely the sentence answers.
    """
    lowest = min(nearness, default=0.0) if nearness else None
    near = [*nearness, *[lowest] * (len(found) - len(nearness))] if nearness else [None] * len(found)
    scored = [msgspec.structs.replace(one, near=value) for one, value in zip(found, near, strict=True)]
    answers = any(not one.is_foreign and _score(one) >= ANSWERS for one in scored)
    if answers:  # what is said in the language of the question needs no translation
        scored = [msgspec.structs.replace(one, is_translated=False) for one in scored]
    scored = [msgspec.structs.replace(one, score=_score(one)) for one in scored]
    return sorted(scored, key=lambda one: one.score, reverse=True)


def _score(one: Scored) -> float:
    """A logistic regression, fitted on half of the questions of XQuAD in English, for another language on German ones
    over English paragraphs; see benchmarks/extractive_support.py. Half is where about 8 of 100 questions are answered
    whose answer is not there."""
    first = 1 / (1 + one.document)
    if one.near is not None and one.is_foreign:
        logit = -9.95 + 4.13 * one.own + 5.68 * one.cover + 0.41 * one.kind + 14.12 * one.near
        logit += 4.79 * first - 8.77 * one.own * one.near
    elif one.near is None:
        logit = -7.86 + 2.8 * one.own + 4.95 * one.cover + 0.74 * one.kind + 3.27 * first
    else:
        logit = -7.79 + 1.21 * one.own + 3.43 * one.cover + 0.67 * one.kind + 6.62 * one.near
        logit += 1.9 * first + 3.29 * one.own * one.near
    lacks_topic = _LACKS_TOPIC if one.near is not None else _LACKS_TOPIC_BY_WORDS
    logit -= _LACKS_FIGURE * one.lacks_figure + _LACKS_PRICE * one.lacks_price + lacks_topic * one.lacks_topic
    logit += _DEFINES * one.defines + _ENUMERATES * one.enumerates - _LACKS_NEGATION * one.lacks_negation
    logit += _TRANSLATED * one.is_translated
    if one.is_foreign and one.own == 0 and one.near is not None and one.near < _FAR:
        logit -= _LACKS_TOPIC  # it has names alone, and is about something else
    logit -= _LACKS_KNOWN * one.lacks_known
    logit -= _LACKS_OBJECT * one.lacks_object + _LACKS_YEAR * one.lacks_year
    return 1 / (1 + math.exp(-logit))
