"""Reads a formula in words: "365 * average accounts payable / (COGS + change in inventory)"."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from citewell.agent.reading import periods
from citewell.agent.reading.formulas import expanded, is_call
from citewell.agent.reading.vocabulary import any_of, load, whole_words
from citewell.search.concepts import lines_in

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?![\d,])")
_CAPITAL = re.compile(r"[A-ZÀ-Þ][\w&.-]*(?:['’]s)?")
_MAX_TOKENS = 60
_MAX_CHARS = 500
_KINDS = ("divide", "subtract", "add", "multiply", "average", "change", "sum", "and", "filling")
_LEAST_NAMES = 2  # of different lines: else it only says where one stands


def read(text: str, known: Mapping[str, str]) -> str:
    """Returns the formula in a text, expanded; "" if the text is anything else. `known` has formulas by names, in lower
    case, that the text may use."""
    text = _words()["source"].sub("", text[: _MAX_CHARS + 1]).strip(" .?!:")
    tokens = _tokens(text, known) if len(text) <= _MAX_CHARS else None
    if tokens is None or len({token for token in tokens if _is_line(token)}) < _LEAST_NAMES:
        return ""
    parser = _Parser(tokens)
    formula = parser.sum()
    return expanded(formula) if formula and parser.is_done else ""


def _is_line(token: str) -> bool:
    """Whether a token is a line of a statement, or a whole formula in brackets."""
    return len(token) > 1 and (token[0] == "(" or (token[0].isalpha() and token not in ("average", "change")))


def _tokens(text: str, known: Mapping[str, str]) -> list[str] | None:
    """Returns lines, numbers, operators and functions; None if the text has any other word that matters."""
    spans = {start: (end, name) for start, end, name in lines_in(text)}
    spans |= {mention.start: (mention.end, "") for mention in periods.find(text)}
    for name, formula in known.items():
        spans |= {one.start(): (one.end(), f"({formula})") for one in whole_words([re.escape(name)]).finditer(text)}
    words, signs = _words(), load("questions")["formulas"]["signs"]
    tokens: list[str] = []
    place, adds = 0, False
    while place < len(text) and len(tokens) < _MAX_TOKENS:
        if text[place].isspace() or text[place] in ",:;[]{}":
            place += 1
        elif place in spans:
            place, name = spans[place]
            tokens += [name] if name else []
        elif text[place] in signs:
            tokens.append(signs[text[place]])
            place += 1
        elif match := words["sum"].match(text, place):
            adds, place = True, match.end()
        elif match := words["and"].match(text, place):
            place = match.end()
            tokens += ["+"] if adds and place < len(text) and tokens and _is_line(tokens[-1]) else []
        elif found := _operator(words, text, place):
            tokens.append(found[0])
            place += found[1]
        elif match := _NUMBER.match(text, place):
            tokens.append(match[0])
            place = match.end()
        elif match := (words["filling"].match(text, place) or _CAPITAL.match(text, place)):
            place = match.end()
        else:
            return None
    return tokens if place >= len(text) else None


def _operator(words: dict[str, re.Pattern[str]], text: str, place: int) -> tuple[str, int] | None:
    """Returns the operator or function that a word at this place stands for, and the length of the word."""
    for kind, sign in (("divide", "/"), ("subtract", "-"), ("add", "+"), ("multiply", "*")):
        if match := words[kind].match(text, place):
            return sign, len(match[0])
    for kind in ("average", "change"):
        if match := words[kind].match(text, place):
            return kind, len(match[0])
    return None


class _Parser:
    """Reads a formula from its tokens: sums of products of lines, numbers, functions and brackets. A method returns ""
    where the tokens are no formula."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def is_done(self) -> bool:
        return self._place == len(self._tokens)

    def sum(self) -> str:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> str:
        return self._chain(("*", "/"), self._operand)

    def _chain(self, signs: tuple[str, str], part: Callable[[], str]) -> str:
        found = part()
        while found and self._next() in signs:
            sign = self._take()
            further = part()
            found = f"{found} {sign} {further}" if further else ""
        return found

    def _operand(self) -> str:
        taken = self._take()
        if taken in ("average", "change"):
            inner = self._operand()
            return f"{taken}({inner.removeprefix('(').removesuffix(')')})" if inner else ""
        if taken == "(":
            inner = self.sum()
            if not inner or self._take() != ")":
                return ""
            return inner if is_call(inner) else f"({inner})"
        return taken if _is_line(taken) or _NUMBER.fullmatch(taken) else ""

    def _next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self._place += 1
        return token


@cache
def _words() -> dict[str, re.Pattern[str]]:
    known = load("questions")["formulas"]
    source = re.compile(rf"\(\s*{any_of(known['source'])}\b[^()]*\)", re.IGNORECASE)
    return {"source": source} | {kind: whole_words(words) for kind, words in known.items() if kind in _KINDS}
