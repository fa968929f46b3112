"""Detects the language of a text: by its script, then by its most common words and characteristic letters."""

import re
from collections import Counter, defaultdict

from citewell.search.stopwords import STOP_WORDS

UNKNOWN = "unknown"
_SAMPLE_CHARS = 20_000
_WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u0dff]+[^\W\d_]*)*")

# Scripts, with the languages that only words tell apart.
_SCRIPTS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]"), ()),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]"), ()),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"), ()),
    ("th", re.compile("[\u0e00-\u0e7f]"), ()),
    ("lo", re.compile("[\u0e80-\u0eff]"), ()),
    ("km", re.compile("[\u1780-\u17ff]"), ()),
    ("my", re.compile("[\u1000-\u109f]"), ()),
    ("hy", re.compile("[\u0530-\u058f]"), ()),
    ("ta", re.compile("[\u0b80-\u0bff]"), ()),
    ("yi", re.compile("[\u0590-\u05ff]"), ()),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), ()),
    ("ru", re.compile("[\u0400-\u04ff]"), ("ru", "uk", "bg", "sr")),
    ("ar", re.compile("[\u0600-\u06ff]"), ("ar", "fa")),
    ("hi", re.compile("[\u0900-\u097f]"), ("hi", "ne")),
)
_OTHER_SCRIPTS = {"ru", "uk", "bg", "sr", "el", "ar", "fa", "hi", "ne"}
_LATIN = tuple(sorted(set(STOP_WORDS) - _OTHER_SCRIPTS))
_LETTERS = {
    "de": "ßäöü", "es": "ñ¿¡", "pt": "ãõ", "fr": "œêèùâîû", "it": "ìò", "ca": "·", "sv": "å", "no": "åøæ", "da": "åøæ",
    "pl": "łąęśźżń", "cs": "řěůčžš", "hu": "őű", "ro": "șțăşţ", "tr": "ğışç", "et": "õ", "lt": "ėįųū", "eo": "ĉĝĥĵŝŭ",
}  # fmt: skip
_LETTER_WEIGHT = 0.5
# What the best language must reach: a score, a score for each distinct word, and a lead over the second best.
_ENOUGH = 1.1
_MIN_KNOWN_SHARE = 0.03
_MARGIN = 1.15


def _weights(languages: tuple[str, ...]) -> dict[str, list[tuple[str, float]]]:
    """Stop word -> (language, weight). A word weighs less the shorter it is and the more languages have it."""
    owners: dict[str, list[str]] = {}
    for language in languages:
        for word in STOP_WORDS[language]:
            owners.setdefault(word, []).append(language)
    return {
        word: [(language, (1.0 if len(word) > 1 else 0.4) * len(who) ** -0.5) for language in who]
        for word, who in owners.items()
    }


_LATIN_WEIGHTS = _weights(_LATIN)


def detect_language(text: str) -> str:
    """Returns the language of the text as an ISO 639-1 code, or "unknown" if it is too short or too mixed.

    Reads the first 20,000 characters.
    """
    sample = text[:_SAMPLE_CHARS]
    if not sample.isascii() and (script := _script(sample)):
        main, languages = script
        return _by_words(sample, languages, _weights(languages), main) if languages else main
    return _by_words(sample, _LATIN, _LATIN_WEIGHTS, UNKNOWN)


def _script(sample: str) -> tuple[str, tuple[str, ...]] | None:
    """Returns the script of more than a third of the letters, unless that is Latin."""
    letters = sum(map(len, _WORD.findall(sample)))
    for language, pattern, inside in _SCRIPTS:
        share = len(pattern.findall(sample)) / max(letters, 1)
        # Japanese mixes kana with Chinese characters, and text of any kind may quote names in Latin letters.
        if share > (0.1 if language == "ja" else 0.34):
            return language, inside
    return None


def _by_words(
    sample: str, languages: tuple[str, ...], weights: dict[str, list[tuple[str, float]]], otherwise: str
) -> str:
    scores: dict[str, float] = defaultdict(float)
    words = Counter(_WORD.findall(sample.casefold()))
    for word, count in words.items():
        for language, weight in weights.get(word, ()):
            scores[language] += count**0.5 * weight  # many different words say more than one frequent word
    if not sample.isascii():
        for language, letters in _LETTERS.items():
            if language in languages:
                scores[language] += _LETTER_WEIGHT * sum(sample.count(letter) for letter in letters) ** 0.5
    if not scores:
        return otherwise
    best = max(scores, key=scores.__getitem__)
    second = max((score for language, score in scores.items() if language != best), default=0.0)
    enough = scores[best] >= max(_ENOUGH, _MIN_KNOWN_SHARE * len(words))
    return best if enough and scores[best] > _MARGIN * second else otherwise
