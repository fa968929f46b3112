"""GET over the Internet for connectors: redirects are followed, each address checked like the first."""

from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import aiohttp

from citewell.connectors.protocol import SourceError, Surroundings
from citewell.kit.public_http import Fetched, Refused

AGENT = "Citewell"
_REDIRECTS = 5
_SECONDS = 60.0
_IN_MEMORY = 10 * 2**20  # bytes of a feed, a site map or the like, which is read as a whole


async def get(
    around: Surroundings, url: str, headers: dict[str, str] | None = None, into: BinaryIO | None = None
) -> tuple[str, Fetched]:
    """Follow redirects; returns the last address and its answer. As for `request`, but `headers` must hold no
    credentials: the servers that redirects lead to would get them.

    Raises SourceError.
    """
    for _ in range(_REDIRECTS + 1):
        answer = await request(around, url, headers, into)
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            return url, answer
        try:
            url = urljoin(url, answer.headers["location"])
        except ValueError:
            raise SourceError(f"{host_of(url)} redirects to an address that cannot be read.") from None
    raise SourceError(f"{host_of(url)} redirects more than {_REDIRECTS} times.")


async def request(
    around: Surroundings, url: str, headers: dict[str, str] | None = None, into: BinaryIO | None = None
) -> Fetched:
    """Send one GET, and return the answer; a redirect is not followed.

    With `into`, the body of a 200 is written to that file, up to the limit of an upload. Without it, the answer may
    have 10 MiB. Raises SourceError.
    """
    try:
        return await around.outside.request(
            url,
            headers={"User-Agent": AGENT, **(headers or {})},
            most_bytes=around.max_bytes if into is not None else min(around.max_bytes, _IN_MEMORY),
            seconds=_SECONDS,
            schemes=("https", "http"),
            into=into,
        )
    except Refused as error:
        raise SourceError(str(error)) from None
    except TimeoutError:
        raise SourceError(f"{host_of(url)} did not answer within {_SECONDS:.0f} s.") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise SourceError(f"{host_of(url)} cannot be reached: {error}"[:300]) from None


def host_of(url: str) -> str:
    return urlsplit(url).hostname or "the address"
