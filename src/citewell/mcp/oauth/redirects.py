"""The addresses to which an authorization may redirect."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from citewell.mcp.oauth.errors import OAuthError

MOST_URIS = 20
_LONGEST = 2000
_AUTHORITY = re.compile(r"[A-Za-z0-9._:@\[\]-]*")  # it goes into a header, where others have a meaning
# Schemes of desktop programs. Others must hold a dot, as RFC 8252 asks of them (com.example.app).
_PROGRAMS = frozenset({"cursor", "vscode", "vscode-insiders", "windsurf", "zed"})


def check_redirects(uris: Sequence[str]) -> list[str]:
    """The addresses, if each may be registered. Raises OAuthError (invalid_redirect_uri) that names the first bad one.

    https anywhere; http for loopback only; schemes of programs. No wildcards, fragments or credentials.
    """
    if not 1 <= len(uris) <= MOST_URIS:
        raise OAuthError("invalid_redirect_uri", f"Register 1 to {MOST_URIS} redirect_uris.")
    for uri in uris:
        if reason := _fault(uri):
            raise OAuthError("invalid_redirect_uri", f"{uri[:200]!r}: {reason}")
    return list(uris)


def matches(asked: str, registered: Sequence[str]) -> bool:
    """Whether the address is one of the registered, to the letter; the port of a loopback address is free, because
    native programs listen on whichever they get (RFC 8252, 7.3)."""
    if _fault(asked):
        return False
    return any(asked == one or _without_port(asked) == _without_port(one) is not None for one in registered)


def _fault(uri: str) -> str | None:
    if len(uri) > _LONGEST or any(ord(character) <= 32 or ord(character) == 127 for character in uri):
        return "it is too long, or holds white space."
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it cannot be read."
    if not uri.isascii():
        return "it holds letters outside of ASCII: write the host as xn--..., and percent-encode the rest."
    if parts.scheme in ("https", "http") and not _AUTHORITY.fullmatch(parts.netloc):
        return "its host holds characters that no host has."
    if "#" in uri or "*" in uri or "\\" in uri:
        return "fragments, wildcards and backslashes are not allowed."
    if parts.scheme in ("https", "http"):
        if not host or parts.username is not None or parts.password is not None:
            return "it must name a host, and hold no credentials."
        if parts.scheme == "http" and not is_loopback(host):
            return "http is for loopback addresses; elsewhere use https."
        return None
    if parts.scheme in _PROGRAMS or "." in parts.scheme:
        return None
    return f'the scheme "{parts.scheme[:40]}" is not allowed: use https, loopback http or com.example.app.'


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(uri: str) -> SplitResult | None:
    """A loopback address without its port; None for any other."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if parts.scheme != "http" or not is_loopback(host):
        return None
    return parts._replace(netloc=host)
