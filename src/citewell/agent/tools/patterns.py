"""Patterns for searching texts: exact words or regular expressions. RE2 matches them in time linear in the text."""

import re

import re2

from citewell.agent.protocol import InvalidArguments

MAX_PATTERN_CHARS = 500
_MAX_MEMORY = 8 * 1024 * 1024
_WORD = re.compile(r"\w+")
_LITERAL = re.compile(r"(?<![\\\w])[^\W_]{3,}(?![*?{|\w])")
_DASHES = "[-\u2010-\u2015\u2212]"
_APOSTROPHES = "['\u2018\u2019]"
_ALIKE = dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212", _DASHES) | dict.fromkeys(
    "'\u2018\u2019", _APOSTROPHES
)


class Pattern:
    """A compiled pattern. `word` is in every text that matches, in upper or lower case; empty if none is known."""

    def __init__(self, expression: str, word: str) -> None:
        options = re2.Options()
        options.max_mem = _MAX_MEMORY
        options.log_errors = False
        try:
            self._compiled = re2.compile(expression, options)
        except re2.error as error:
            reason = error.args[0] if error.args else "it cannot be read"
            reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
            raise InvalidArguments(
                f'"pattern" is not a regular expression that can be used here ({reason}). Neither back-references nor '
                'look-around are available; leave "regex" out to look for exact words.'
            ) from None
        self.word = word

    def spans(self, text: str, most: int) -> tuple[list[tuple[int, int]], int]:
        """Returns (first `most` matches as (start, end) in characters, number of all matches). Empty matches do not
        count.
        """
        found: list[tuple[int, int]] = []
        count = 0
        for match in self._compiled.finditer(text):
            if match.end() > match.start():
                count += 1
                if count <= most:
                    found.append((match.start(), match.end()))
        return found, count


def exact(text: str) -> Pattern:
    """Returns a pattern for these words in this order.

    Case and the amount of white space are ignored. All kinds of dashes are the same, and all kinds of apostrophes.
    """
    parts = ["".join(map(_escape, part)) for part in text.split()]
    words = sorted(_WORD.findall(text), key=len)
    begin = r"\b" if text[:1].isalnum() and text[:1].isascii() else ""
    end = r"\b" if text[-1:].isalnum() and text[-1:].isascii() else ""
    return Pattern(f"(?i){begin}" + r"\s+".join(parts) + end, words[-1] if words else "")


def regular(expression: str) -> Pattern:
    """Returns a pattern that ignores case unless the expression says `(?-i)`. Raises InvalidArguments."""
    return Pattern(f"(?i){expression}", _certain_word(expression))


def _certain_word(expression: str) -> str:
    """Returns the longest word that every match must contain; "" if the expression has optional parts or choices."""
    if re.search(r"[|?*{(\[]", expression):
        return ""
    words = sorted(_LITERAL.findall(expression), key=len)
    return words[-1] if words else ""


def _escape(character: str) -> str:
    """Returns an expression for the character and those that look like it. Only ASCII needs escaping in RE2."""
    if character in _ALIKE:
        return _ALIKE[character]
    return f"\\{character}" if character.isascii() and not character.isalnum() else character
