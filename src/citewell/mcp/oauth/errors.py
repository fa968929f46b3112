"""Errors of OAuth, as RFC 6749 section 5.2 puts them on the wire."""


class OAuthError(Exception):
    """`code` is OAuth's name for it; `message` tells the client's developer what is wrong."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, str]:
        return {"error": self.code, "error_description": self.message}
