"""Fetches URLs that users name: only from the public Internet, with limits, without redirects.

The check is part of connecting: a name is resolved once, each of its addresses is checked, and the connection goes to a
checked address. So a name that changes its addresses between check and use gains nothing.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_ERROR_BYTES = 2**20  # of a response other than 200, if the body was meant for a file
_COMPATIBLE = ipaddress.ip_network("::/96")  # IPv4 in the last 32 bits; deprecated, but some still route it


class Refused(Exception):
    """The URL must not be fetched, or the response is not acceptable. The message tells the user why."""


@dataclass(frozen=True)
class Fetched:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet. Looks into IPv4 addresses that are wrapped in IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _inside(found))


def _inside(address: _Address) -> Iterable[_Address]:
    """Yields the address and the IPv4 addresses that translators and tunnels read from it."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _NAT64) or address in _COMPATIBLE or address.ipv4_mapped:
        yield last
        return
    yield address
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo


class PublicFetcher:
    """Fetches over HTTP and HTTPS. `allowed` lists the private networks that the administrator opened.

    Each request has its own connection, so that the checked address is the one that is used.
    """

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    @property
    def reaches_private(self) -> bool:
        """Whether the administrator opened any private network."""
        return bool(self._allowed)

    def permits(self, address: str) -> bool:
        if is_public(address):
            return True
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found.version == network.version and found in network for network in self._allowed)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Returns the checked addresses of a name, for connections that other code makes: connect to one of them, not
        to the name.

        Raises Refused if any of them is not permitted, OSError if there is none."""
        found = await _Checking(self).resolve(host, port, socket.AF_UNSPEC)
        return [one["host"] for one in found]

    async def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
        most_bytes: int,
        seconds: float,
        schemes: Sequence[str] = ("https",),
        into: BinaryIO | None = None,
    ) -> Fetched:
        """Send the request and return the response; redirects are not followed.

        With `into`, the body of a 200 is written to that file; of any other response the first MiB is kept. Raises
        Refused for a response of more than `most_bytes`, aiohttp.ClientError or TimeoutError.
        """
        host = self.check(url, schemes)
        connector = aiohttp.TCPConnector(
            resolver=_Checking(self), use_dns_cache=False, force_close=True, socket_factory=self._open_socket
        )
        timeout = aiohttp.ClientTimeout(total=seconds)
        # `trust_env` stays off: a proxy from the environment would connect in our place, unchecked.
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=True) as session,
            session.request(method, url, headers=headers, data=data, allow_redirects=False) as answer,
        ):
            body, size = bytearray(), 0
            async for piece in answer.content.iter_any():
                size += len(piece)
                if size > most_bytes:
                    raise Refused(f"The answer of {host} is larger than {most_bytes:,} bytes.")
                if into is None:
                    body += piece
                elif answer.status == 200:
                    into.write(piece)
                elif size <= _ERROR_BYTES:
                    body += piece
                else:
                    break
            return Fetched(answer.status, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))

    def _open_socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """Checks once more where the connection goes: addresses in a URL are not resolved."""
        family, kind, protocol, _, target = address
        if not self.permits(str(target[0])):
            raise Refused(f"{target[0]} is not an address of the public Internet.")
        return socket.socket(family, kind, protocol)

    def check(self, url: str, schemes: Sequence[str]) -> str:
        """Returns the host of the URL, in ASCII.

        Raises Refused for a URL that would be refused whatever its name resolves to.
        """
        try:
            parts = urlsplit(url)
            host = URL(url).raw_host  # as it is connected to: digits of full width become plain ones
            _ = parts.port
        except ValueError:
            raise Refused("The address cannot be read.") from None
        if parts.scheme not in schemes or not host:
            raise Refused(f"The address must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
        if parts.username is not None or parts.password is not None:
            raise Refused("The address must not hold a user name or a password.")
        if _is_literal(host) and not self.permits(host):
            raise Refused(f"{host} is not an address of the public Internet.")
        return host


def _is_literal(host: str) -> bool:
    """Whether the system reads the host as an IP address; `127.1` and `0x7f.1` are addresses, too."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            socket.inet_aton(host)
        except (OSError, UnicodeEncodeError):
            return False
    return True


class _Checking(AbstractResolver):
    """A resolver that refuses a name if any of its addresses is not permitted."""

    def __init__(self, fetcher: PublicFetcher) -> None:
        self._fetcher = fetcher
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not found or not all(self._fetcher.permits(one["host"]) for one in found):
            raise Refused(f"{host} leads to an address that is not on the public Internet.")
        return found

    async def close(self) -> Any:
        await self._resolver.close()
