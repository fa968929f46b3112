"""Text as the database stores it: without NUL characters and without halves of surrogate pairs."""

from typing import Any


def storable(value: Any) -> Any:
    """Returns a value of JSON whose texts and keys can be stored and sent.

    NUL is removed; half a pair becomes U+FFFD.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value


def _text(text: str) -> str:
    text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
