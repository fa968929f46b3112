"""The base of the links that a client gets, and of those in mails."""

import ipaddress
from uuid import UUID

from fastapi import Request

from citewell.errors import SetupError
from citewell.settings import Settings


def base_url(request: Request, settings: Settings) -> str:
    """Returns the configured public address, else the host that the request names; without a trailing slash.

    The client chooses that host, so use the result in responses to this client only, never in anything that others
    read.
    """
    return (settings.public_url or str(request.base_url)).rstrip("/")


def absolute_references(text: bytes, base: str, project_id: UUID) -> bytes:
    """Makes the references to passages in JSON absolute, in values and in links inside texts.

    Answers are stored with `/<project>/reference/<chunk>`; each reader gets them under the address that they use.
    """
    path = f"/{project_id}/reference/".encode()
    if path not in text:
        return text
    text = text.replace(b"citewell:" + path, path)  # as `citewell ask` stored them before 0.2
    start = base.encode() + path
    return text.replace(b'"' + path, b'"' + start).replace(b"](" + path, b"](" + start)


def mail_url(request: Request, settings: Settings) -> str:
    """Returns the base of links in mails: the configured address, else the address that this server listens on, if that
    is local.

    It is never the host that the client names: a mail with a secret would lead to a host of the client's choice. Raises
    SetupError if there is neither.
    """
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    host, port = request.scope.get("server") or ("", None)
    if not _is_loopback(host):
        raise SetupError("This server does not know its own address for links in mails: set CITEWELL_PUBLIC_URL.")
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
