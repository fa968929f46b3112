"""The reader's vocabularies. They are data (`data/*.toml`): terms of a field are added there, not in code."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from citewell.kit.patterns import any_of as any_of
from citewell.kit.patterns import longest as longest
from citewell.kit.patterns import whole_words as whole_words
from citewell.search import concepts

DEFAULT_LANGUAGE = "en"
REFUSALS = ("nothing", "no_period", "no_cell", "closest")  # of `data/answers.toml`


@cache
def load(name: str) -> Mapping[str, Any]:
    """The vocabulary `data/<name>.toml`; that of concepts is the search's as well."""
    if name == "concepts":
        return concepts.vocabulary()
    return tomllib.loads((files("citewell.agent.reading") / "data" / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Returns the reader's phrases in a language, or in English where it lacks them."""
    known = load("answers")
    return {**known[DEFAULT_LANGUAGE], **known.get(language, {})}
