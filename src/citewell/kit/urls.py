"""The base of the links that a client gets."""

from fastapi import Request

from citewell.settings import Settings


def base_url(request: Request, settings: Settings) -> str:
    """The configured public address, else the one that the request came to; without a slash at its end."""
    return (settings.public_url or str(request.base_url)).rstrip("/")
