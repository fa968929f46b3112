"""Errors of queries, with their position in the query's text."""


class CypherError(Exception):
    """An invalid query.

    `message` says what is wrong and what would be right. `at` is the offset in the query, or None.
    """

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at

    def with_place_in(self, query: str) -> str:
        """Returns the message with the line and column of the error."""
        if self.at is None:
            return self.message
        before = query[: self.at]
        return f"Line {before.count(chr(10)) + 1}, column {self.at - before.rfind(chr(10))}: {self.message}"
