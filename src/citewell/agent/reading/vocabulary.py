"""The reader's vocabularies. They are data (`data/*.toml`): terms of a field are added there, not in code."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

DEFAULT_LANGUAGE = "en"
REFUSALS = ("nothing", "no_period", "no_cell", "closest")  # of `data/answers.toml`


@cache
def load(name: str) -> Mapping[str, Any]:
    """The vocabulary `data/<name>.toml`."""
    return tomllib.loads((files("citewell.agent.reading") / "data" / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def phrases(language: str) -> Mapping[str, str]:
    """What the reader says in a language; in English where it does not know it."""
    known = load("answers")
    return {**known[DEFAULT_LANGUAGE], **known.get(language, {})}


def any_of(words: Sequence[str]) -> str:
    """A pattern for one of the words or patterns, longest first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def whole_words(words: Sequence[str]) -> re.Pattern[str]:
    """Finds any of the words or patterns as whole words, whatever the case; scripts without spaces anywhere."""
    spaced = [word for word in words if word.isascii() or word[0] < "\u2e80"]
    unspaced = [word for word in words if word not in spaced]
    parts = [rf"\b{any_of(spaced)}(?!\w)"] if spaced else []
    return re.compile("|".join(parts + unspaced), re.IGNORECASE)
