"""A position in the tokens of a query."""

from typing import NoReturn

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.lexer import Token, tokens

MAX_DEPTH = 100  # of nested expressions


class Cursor:
    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens = tokens(query)
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    @property
    def at(self) -> int:
        return self.token.at

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def sees(self, *symbols: str) -> bool:
        """Whether the next tokens are these symbols in this order."""
        return all(self.peek(n).kind == "symbol" and self.peek(n).text == one for n, one in enumerate(symbols))

    def sees_words(self, *words: str) -> bool:
        return all(self.peek(n).word == one for n, one in enumerate(words))

    def take(self, *symbols: str) -> bool:
        if not self.sees(*symbols):
            return False
        self.position += len(symbols)
        return True

    def take_words(self, *words: str) -> bool:
        if not self.sees_words(*words):
            return False
        self.position += len(words)
        return True

    def expect(self, symbol: str) -> None:
        if not self.take(symbol):
            self.fail(f'"{symbol}" is expected')

    def expect_word(self, word: str) -> None:
        if not self.take_words(word):
            self.fail(f"{word} is expected")

    def name(self, what: str = "a name") -> str:
        """Reads a name. Keywords are allowed as names."""
        if self.token.kind not in ("word", "name"):
            self.fail(f"{what} is expected")
        return str(self.advance().value)

    def fail(self, message: str) -> NoReturn:
        found = f'"{self.token.text[:40]}"' if self.token.kind != "end" else "the end of the query"
        raise CypherError(f"{message}, not {found}.", self.at)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CypherError(f"Expressions may be nested at most {MAX_DEPTH} deep.", self.at)
