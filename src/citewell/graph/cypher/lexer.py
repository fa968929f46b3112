"""Splits the text of a query into tokens."""

import re
from dataclasses import dataclass
from typing import Any

from citewell.graph.cypher.errors import CypherError

MAX_QUERY = 50_000  # characters
_SKIPPED = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(
    r"0[xX](?P<hex>\w*)|0o(?P<octal>\w*)|(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)"
    r"|(?P<int>\d+)"
)
_WORD = re.compile(r"[^\W\d]\w*")
_QUOTED = re.compile(r"`((?:[^`]|``)*)`")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_SYMBOL = re.compile(r"<>|<=|>=|=~|\.\.|\+=|[-()\[\]{},.:;|+*/%^=<>$&!]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f", "\\": "\\", "'": "'", '"': '"', "/": "/", "`": "`"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: word, name (in backticks), string, int, float, symbol, end. `text` of a word is as it was written."""

    kind: str
    text: str
    value: Any
    at: int
    end: int

    @property
    def word(self) -> str:
        """Returns the word in capitals, for comparison with keywords; empty for other tokens."""
        return self.text.upper() if self.kind == "word" else ""


def tokens(query: str) -> list[Token]:
    """Returns all tokens, the last of kind "end". Raises CypherError."""
    if len(query) > MAX_QUERY:
        raise CypherError(f"A query may have at most {MAX_QUERY:,} characters.")
    found: list[Token] = []
    at = 0
    while True:
        skipped = _SKIPPED.match(query, at)
        at = skipped.end() if skipped else at
        if at >= len(query):
            found.append(Token("end", "", None, at, at))
            return found
        token = _next(query, at)
        found.append(token)
        at = token.end


def _next(query: str, at: int) -> Token:
    if match := _STRING.match(query, at):
        raw = match[1] if match[1] is not None else match[2]
        return Token("string", match[0], _unescaped(raw, at), at, match.end())
    if match := _QUOTED.match(query, at):
        return Token("name", match[0], match[1].replace("``", "`"), at, match.end())
    if match := _WORD.match(query, at):
        return Token("word", match[0], match[0], at, match.end())
    if match := _NUMBER.match(query, at):
        return _number(query, match, at)
    if match := _SYMBOL.match(query, at):
        return Token("symbol", match[0], None, at, match.end())
    if query[at] in "'\"`":
        raise CypherError("The text that begins here does not end.", at)
    raise CypherError(f"The character {query[at]!r} has no meaning here.", at)


def _number(query: str, match: re.Match[str], at: int) -> Token:
    text, end = match[0], match.end()
    if end < len(query) and (query[end].isalnum() or query[end] == "_"):
        raise CypherError(f"{query[at : end + 1]!r} is not a number.", at)
    if match["float"]:
        value = float(match["float"])
        if value in (float("inf"), float("-inf")):
            raise CypherError("This number is too large for a float of 64 bits.", at)
        return Token("float", text, value, at, end)
    try:
        if match["int"] is not None:
            return Token("int", text, int(match["int"]), at, end)
        base, digits = (16, match["hex"]) if match["hex"] is not None else (8, match["octal"])
        return Token("int", text, int(digits.replace("_", "?"), base), at, end)
    except ValueError:
        raise CypherError(f"{text!r} is not a number.", at) from None


def _unescaped(raw: str, at: int) -> str:
    def unescape(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                raise CypherError(f"\\{code} is not a character.", at)
            return chr(number)
        if code not in _ESCAPED:
            raise CypherError(f"\\{code} is not an escape sequence: write \\\\ for a backslash.", at)
        return _ESCAPED[code]

    return _ESCAPE.sub(unescape, raw)
