"""Takes out of a question what only says how to answer it: "Assume that you are an analyst", "Round to two decimals",
and the words that only ask: "In which case".

Its words are not looked for in the documents. What it says of the kind of answer (percent) and of the statement to use
(the cash flow statement) still counts.
"""

import re
from functools import cache

from citewell.agent.reading import phrases
from citewell.agent.reading.vocabulary import any_of, load

_MOST_INTRODUCTIONS = 3


def without(text: str) -> str:
    """Returns the question alone; the whole text if nothing of it asks."""
    patterns = _patterns()
    asking = text
    for _ in range(_MOST_INTRODUCTIONS):
        asking = patterns["introduction"].sub("", asking)
    sentences = phrases.sentences(asking)
    if any("?" in sentence for sentence in sentences):
        sentences = [one for one in sentences if "?" in one or not patterns["sentence"].match(one)]
    bare = (patterns["aside"].sub("", patterns["clause"].sub("", one)) for one in sentences)
    question = " ".join(patterns["frame"].sub(" ", one) for one in bare).strip()
    return question or text


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = load("questions")["instructions"]
    return {
        # Everything in front of "Here is the question:".
        "introduction": re.compile(rf"^.*?\b{any_of(words['introductions'])}[^:?]*:\s*", re.IGNORECASE | re.DOTALL),
        "sentence": re.compile(rf"\W*{any_of(words['sentences'])}", re.IGNORECASE),
        "clause": re.compile(rf"^\W*{any_of(words['clauses'])}[^,?]*,\s*", re.IGNORECASE),
        # "In which case": it asks, and is looked for nowhere.
        "frame": re.compile(rf"(?<!\w){any_of(words['frames'])}(?!\w)", re.IGNORECASE),
        "aside": re.compile(rf"\s*\((?=[^()]*\b{any_of(words['asides'])})[^()]*\)", re.IGNORECASE),
    }
