"""Which sentence answers: joins the words of the question with the nearness of the sentence to it."""

import math
import re
from collections.abc import Sequence
from datetime import date
from functools import cache

import msgspec

from citewell.agent.knowledge import Hit
from citewell.agent.reading import periods
from citewell.agent.reading.document import Opened, Sentence
from citewell.agent.reading.periods import same_end
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.vocabulary import load, whole_words
from citewell.agent.reading.weights import alike, share, weights

_CONTEXT_SHARE = 0.6  # what a word counts that stands only in the headings or the document's name
_AROUND_SHARE = 0.5  # what a word counts that stands in the sentence before or after
_OF_FIGURES = frozenset({"amount", "percent", "share", "price", "date", "duration"})
_LACKS_FIGURE = 1.5  # that much less likely (logit) is a sentence without a figure to answer a question for one
_LACKS_PRICE = 5.0  # that much less again, where the figure is a price
_LACKS_TOPIC = 1.5  # one that has only the names that a question names, and nothing of what it asks about them
_LACKS_TOPIC_BY_WORDS = 2.5  # the same where nearness cannot tell that other words mean it
_ALIKE_SHARE = 0.8  # what another form of a word counts
_FIGURE = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:%|percent|million|billion|thousand|mio|mrd|prozent)|[$€£]\s?\d", re.IGNORECASE
)
_LEAD_IN = re.compile(
    r"^the following (?:table|chart)|were as follows|is as follows|sind wie folgt|in der folgenden tabelle",
    re.IGNORECASE,
)


class Scored(msgspec.Struct, frozen=True):
    """`own` is the share of the question that the sentence itself has, `cover` with what stands around it; `near` its
    nearness to the question, None without an embedding model. `kind` says that it has a thing of the kind that is asked
    for, `lacks_figure` that this is a figure and it has none, `lacks_price` that this is a price, `lacks_topic` that it
    has only names of the question."""

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
    topics = _topics(groups)
    around = [[share(group, sentence.context) for group in groups] for _, _, sentence in held]
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
        has_topic = not topics or any(max(part) for place, part in enumerate(parts) if place in topics)
        one = _scored(asked, documents, index, sentence, own / total, cover / total)
        found.append(one if has_topic or one.is_foreign else _without_topic(asked, one))
    found.sort(key=lambda one: one.own + one.cover, reverse=True)
    return list({one.sentence.text: one for one in reversed(found[: 2 * most])}.values())[::-1][:most]


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


def _topics(groups: Sequence[Group]) -> frozenset[int]:
    """Which of the groups say what is asked about the others, which are names, numbers and codes; none where there are
    no others."""
    named = {place for place, group in enumerate(groups) if group.is_name or any(map(str.isdigit, group.text))}
    return frozenset(range(len(groups))) - named if named else frozenset()


def _scored(
    asked: Asked, documents: Sequence[Opened], index: int, sentence: Sentence, own: float, cover: float
) -> Scored:
    kind = answers_kind(asked, sentence)
    return Scored(
        index,
        sentence,
        own,
        cover,
        kind=kind,
        is_foreign=documents[index].language != asked.language,
        lacks_figure=not kind and bool(asked.kinds & _OF_FIGURES),
        lacks_price=not kind and "price" in asked.kinds,
    )


def with_foreign(
    asked: Asked, documents: Sequence[Opened], hits: Sequence[Hit], best: Sequence[Scored], most: int, most_foreign: int
) -> list[Scored]:
    """The sentences whose nearness to the question is looked at: the best by words; of documents in another language,
    those of the passages that the search found as well, because words do not tell there."""
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
    for hit in hits:
        if hit.chunk_id not in places:
            continue
        index, number = places[hit.chunk_id]
        for sentence in documents[index].sentences:
            key = (index, number, sentence.start)
            inside = sentence.start < hit.passage_end and hit.passage_start < sentence.end
            if sentence.chunk != number or not inside or not _may_hold(asked, sentence):
                continue
            if key not in held:
                added.append(_scored(asked, documents, index, sentence, 0.0, 0.0))
            elif known[key] not in kept:
                added.append(known[key])
    return [*kept, *added[:most_foreign]]


def _neighbours(
    shares: Sequence[Sequence[float]], held: Sequence[tuple[int, int, Sentence]], number: int, index: int, place: int
) -> list[float]:
    """What the sentences right before and after it have, in the same chunk."""
    best = [0.0] * len(shares[number])
    for other in (number - 1, number + 1):
        if 0 <= other < len(held) and held[other][0] == index and held[other][2].chunk == held[number][2].chunk:
            best = [max(one, two) for one, two in zip(best, shares[other], strict=True)]
    return best


@cache
def _times() -> re.Pattern[str]:
    words = load("time")["words"]
    return whole_words(
        [rf"\d+\s*-?\s*{unit}" for kind in ("month", "week", "year") for unit in words[kind]]
        + [r"\d+ (?:hours?|days?|minutes?|tage?n?|stunden|jours|días)"]
    )


_NUMBER_WORDS = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|deux|trois|quatre|cinq|sept|huit|neuf|dix)\b",
    re.IGNORECASE,
)  # fmt: skip
_UNSPACED_NUMBER = re.compile(r"[\d零一二三四五六七八九十百千万亿两半]")
_UNSPACED_DAY = re.compile(r"[\d一二三四五六七八九十]\s?[年月日号]")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def answers_kind(asked: Asked, sentence: Sentence) -> bool:
    """Whether a sentence has a thing of the kind that is asked for; True where no kind is."""
    text, question = sentence.text, asked.text.lower()
    kinds = asked.kinds
    if _UNSPACED.search(text):
        return _answers_kind_unspaced(kinds, text)
    if "duration" in kinds:
        return bool(_times().search(text) or re.search(r"\d", text) or _NUMBER_WORDS.search(text))
    if "date" in kinds:
        return bool(re.search(r"\b(?:1\d|20)\d\d\b|\b\d{1,2}(?:st|nd|rd|th)\b", text)) or _names_month(text)
    if "price" in kinds and not _money().search(text):
        return False
    if kinds & {"amount", "percent", "share", "price"}:
        for mention in reversed(periods.find(text)):  # a day or a year is no amount
            text = text[: mention.start] + text[mention.end :]
        return bool(re.search(r"\d", text) or _NUMBER_WORDS.search(text))
    if kinds & {"person", "place"}:
        names = re.findall(r"(?<=[\w,;:] )[A-ZÀ-Þ][\w'’-]+", text)
        return any(name.lower() not in question for name in names)
    return True


@cache
def _money() -> re.Pattern[str]:
    return re.compile("|".join(load("questions")["money"]["signs"]), re.IGNORECASE)


def _answers_kind_unspaced(kinds: frozenset[str], text: str) -> bool:
    """The same for scripts without spaces, whose numbers may be words and whose names have no capitals."""
    if "date" in kinds:
        return _UNSPACED_DAY.search(text) is not None
    if kinds & (_OF_FIGURES - {"date"}):
        return _UNSPACED_NUMBER.search(text) is not None
    return True


def _names_month(text: str) -> bool:
    lowered = text.lower()
    return any(name in lowered for name in load("time")["months"]["en"] if len(name) > 3)


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
    if is_lead_in(one):
        weight -= 0.5
    if text[0].islower():
        weight -= 0.3
    return one.score * weight


def ranked(found: Sequence[Scored], nearness: Sequence[float] | None) -> list[Scored]:
    """With their score, best first. The score is from 0 to 1: how likely it is that the sentence answers."""
    lowest = min(nearness, default=0.0) if nearness else None
    near = [*nearness, *[lowest] * (len(found) - len(nearness))] if nearness else [None] * len(found)
    scored = [msgspec.structs.replace(one, near=value) for one, value in zip(found, near, strict=True)]
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
    return 1 / (1 + math.exp(-logit))
