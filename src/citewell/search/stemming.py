"""Snowball stemming by ISO language code."""

import threading
from collections.abc import Callable

_ALGORITHMS = {
    "ar": "arabic",
    "hy": "armenian",
    "eu": "basque",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
LANGUAGES = frozenset(_ALGORITHMS)


def make_stemmer(language: str) -> Callable[[str], str]:
    """Returns the stemmer of a language; returns words unchanged if Snowball has none for it. Thread-safe."""
    if language not in _ALGORITHMS:
        return str
    import snowballstemmer  # imported late: it loads 30 languages

    algorithm = snowballstemmer.stemmer(_ALGORITHMS[language])
    lock = threading.Lock()  # a Snowball stemmer has state: the word that it works on

    def stem(word: str) -> str:
        with lock:
            return str(algorithm.stemWord(word))

    return stem
