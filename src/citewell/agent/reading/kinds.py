"""Tells what kind of thing a sentence says: an amount, a day, a name; a negation; what a word means."""

import re
from functools import cache, lru_cache

from citewell.agent.reading import periods
from citewell.agent.reading.question import Asked
from citewell.agent.reading.sentences import Sentence
from citewell.agent.reading.vocabulary import any_of, load, whole_words
from citewell.kit.scripts import UNSPACED
from citewell.search.analyse import analyse
from citewell.search.concepts import concept

KINDS_OF_FIGURES = frozenset({"flow", "point", "rate"})  # kinds of concepts
_MORE_THAN_FIGURES = frozenset({"reason", "relation", "presence", "definition", "change", "further", "date"})
OF_FIGURES = frozenset({"amount", "percent", "share", "price", "date", "duration"})
_COUNTED = re.compile(r"(?<![$€£¥₹\d.,])\b\d[\d,.]*\b(?!\s?(?:%|percent|basis|pts|days|months|years))")
_FEW_LETTERS = 4
_FOOTNOTE = re.compile(r"^\W*\(\d{1,2}\)\s")
_YEAR_OR_DAY = re.compile(r"\b(?:1\d|20)\d\d\b|\b\d{1,2}(?:st|nd|rd|th)\b")
NUMBER_WORDS = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|deux|trois|quatre|cinq|sept|huit|neuf|dix)\b",
    re.IGNORECASE,
)  # fmt: skip
_NUMBER = re.compile(r"(?<![^\W\d_])\d|\b(?:EUR|USD|GBP|CHF)\d")  # not the one of a name such as "K2"
_UNSPACED_NUMBER = re.compile(r"[\d零一二三四五六七八九十百千万亿两半]")
_UNSPACED_DAY = re.compile(r"[\d一二三四五六七八九十]\s?[年月日号]")


@cache
def _lengths() -> re.Pattern[str]:
    words = load("time")["words"]
    return whole_words([unit for kind in ("minute", "hour", "day", "week", "month", "year") for unit in words[kind]])


def answers_kind(asked: Asked, sentence: Sentence) -> bool:
    """Whether a sentence has a thing of the kind that is asked for; True where no kind is."""
    text, question = sentence.text, asked.text.lower()
    kinds = asked.kinds
    if UNSPACED.search(text):
        return _answers_kind_unspaced(kinds, text)
    if "frequency" in kinds:
        return has_frequency(text)
    if "duration" in kinds:
        return has_length(text)
    if "date" in kinds:
        return bool(_YEAR_OR_DAY.search(text) or _days().search(text))
    if "price" in kinds and not says_money(text):
        return False
    if kinds & {"amount", "percent", "share", "price"}:
        return has_amount(text)
    if kinds & {"person", "place"}:
        names = re.findall(r"(?<=[\w,;:] )[A-ZÀ-Þ][\w'’-]+", text)
        return any(name.lower() not in question for name in names)
    return True


def has_length(text: str) -> bool:
    """Whether there is a time or a length: a number, but for those of other units, such as 230 V."""
    rest = _of_other_units().sub("", text)
    return bool(re.search(r"\d", rest) or NUMBER_WORDS.search(rest))


def is_frequency(text: str) -> bool:
    """Whether a text begins with a time that says how often: "every 1,000 hours"."""
    return _frequency().match(text) is not None


def has_frequency(text: str) -> bool:
    """Whether a text has a time that says how often: "every month", "twice a year", "after 250 operating hours"."""
    if _frequency().search(text) or _frequency_within().search(text):
        return True
    return _lengths().search(text) is not None and has_length(text)


@cache
def _frequency() -> re.Pattern[str]:
    return whole_words(load("questions")["frequency"]["words"])


@cache
def _frequency_within() -> re.Pattern[str]:
    return whole_words(load("questions")["frequency"]["within"])


@cache
def _of_other_units() -> re.Pattern[str]:
    units = load("questions")["units"]
    number = r"\d[\d.,]*"
    behind = rf"{number}\s?{any_of(units['no_length'])}(?!\w)"
    return re.compile(rf"(?<!\w){any_of(units['money'])}\s?{number}|{behind}", re.IGNORECASE)


def has_amount(text: str) -> bool:
    """Whether there is a number that is no day or year."""
    text = periods.without(_FOOTNOTE.sub("", text))
    return bool(_NUMBER.search(text) or NUMBER_WORDS.search(text))


def lacks_count(asked: Asked, text: str, *, in_words: bool = True) -> bool:
    """Tells whether the question asks how many things there are, and the text has no number of any: in digits, or
    `in_words` as well."""
    if "count" not in asked.kinds or _lengths().search(asked.text) or UNSPACED.search(text):
        return False
    return not (has_count(text) or (in_words and NUMBER_WORDS.search(text)))


def has_count(text: str) -> bool:
    """Tells whether there is a number of things in digits: no day, money, percentage or length of time."""
    return _COUNTED.search(periods.without(text)) is not None


def says_money(text: str) -> bool:
    """Whether a text speaks of money."""
    return _money().search(text) is not None


@cache
def _money() -> re.Pattern[str]:
    return re.compile("|".join(load("questions")["money"]["signs"]), re.IGNORECASE)


def _answers_kind_unspaced(kinds: frozenset[str], text: str) -> bool:
    """The same for scripts without spaces, whose numbers may be words and whose names have no capitals."""
    if "date" in kinds:
        return _UNSPACED_DAY.search(text) is not None
    if kinds & OF_FIGURES - {"date"}:
        return _UNSPACED_NUMBER.search(text) is not None
    return True


@cache
def _days() -> re.Pattern[str]:
    """Finds months, those of few letters beside a day: "12 mai", "Mai 12"."""
    names = [name for names in load("time")["months"].values() for name in names]
    month = any_of(names)
    return re.compile(
        rf"\b(?:{any_of([name for name in names if len(name) > _FEW_LETTERS])}"
        rf"|\d{{1,2}}(?:er|\.)?\s+(?:de\s+)?{month}|{month}\s+\d{{1,2}})\b",
        re.IGNORECASE,
    )


def asks_figure(asked: Asked) -> bool:
    """Whether nothing but a number is asked for: how many there are, or a figure of a statement."""
    if "count" in asked.kinds:
        return True
    known = [concept(name) for name in asked.concepts]
    return (
        bool(known)
        and all(one["rows"] and one["kind"] in KINDS_OF_FIGURES and not one.get("in_text") for one in known)
        and not asked.kinds & _MORE_THAN_FIGURES
    )


@lru_cache(maxsize=1000)
def is_negated(text: str, language: str = "") -> bool:
    """Whether a text says that something is not so, in a language or in any."""
    return _negation(language).search(text) is not None


@cache
def _negation(language: str) -> re.Pattern[str]:
    known = load("questions")["negation"]
    words = known.get(language, ()) if language else [word for words in known.values() for word in words]
    return whole_words(words or ["not"])


def lacks_measure(asked: Asked, sentence: Sentence) -> bool:
    """Whether a measure is asked for that has the name of another in its own, and the sentence has not: a dividend
    yield. Or what is to come is asked for, and the sentence says what was."""
    return any(
        kind in asked.kinds and _words_of_kind(kind).search(sentence.text) is None
        for kind in ("other_measure", "forecast")
    )


@cache
def _words_of_kind(kind: str) -> re.Pattern[str]:
    return whole_words(load("questions")["kinds"][kind])


def defines(asked: Asked, sentence: Sentence, language: str) -> bool:
    """Whether the sentence says what the thing is that the question asks the meaning of: "Free cash flow is ..."."""
    if "meaning" not in asked.kinds:
        return False
    begins = _saying().match(sentence.text)
    return begins is not None and _is_about(asked, begins[1], language)


def enumerates(asked: Asked, sentence: Sentence, language: str) -> bool:
    """Whether the sentence lists what the question asks for all of: "We have three segments: Air, Rail, and Sea"."""
    if "list" not in asked.kinds:
        return False
    listed = _listing().match(sentence.text)
    return listed is not None and _is_about(asked, listed[1], language)


def _is_about(asked: Asked, text: str, language: str) -> bool:
    """Whether a text has a thing that is asked about, and not only a name."""
    words = frozenset(analyse(text, language))
    return any(one <= words for group in asked.groups if not group.is_name for one in group.alternatives if one)


@cache
def _listing() -> re.Pattern[str]:
    """Finds what is listed and the first two items, which begin with capitals."""
    words = "|".join(load("questions")["listing"]["words"])
    item = r"(?:(?:the|our|die|der|das|les?|la|los|las)\s)?[“\"'‘«„(]?[A-ZÀ-Þ\d]"
    return re.compile(
        rf"(.{{2,120}}?)(?::\s|[”\"'“»]?\s(?:{words})\s){item}[^.:;]{{1,80}}?(?:,|;|\s(?:and|or|und|oder|et|ou|y|e|en))\s"
        rf"(?:(?:and|or|und|et|y)\s)?{item}",
        re.DOTALL,
    )


@cache
def _saying() -> re.Pattern[str]:
    verbs = "|".join(load("questions")["defining"]["words"])
    return re.compile(rf"(.{{2,80}}?)[\s”\"'“»)]+(?:{verbs})\b", re.IGNORECASE)
