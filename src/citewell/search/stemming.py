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
    """The stemmer of a language; the identity where Snowball has none. It may be called from any thread."""
    if language not in _ALGORITHMS:
        return str
    import snowballstemmer  # brings 30 languages, which a server has no use for before its first text

    algorithm = snowballstemmer.stemmer(_ALGORITHMS[language])
    lock = threading.Lock()  # a Snowball stemmer keeps the word that it works on

    def stem(word: str) -> str:
        with lock:
            return str(algorithm.stemWord(word))

    return stem
