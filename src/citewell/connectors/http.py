"""GET over the Internet for connectors: redirects are followed, each address checked like the first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import aiohttp

from citewell.connectors.protocol import ConnectorContext, SourceError
from citewell.kit.public_http import Fetched, Refused

AGENT = "Citewell"
_REDIRECTS = 5
_ANSWER_SECONDS = 60.0
_IN_MEMORY = 10 * 2**20  # bytes of a feed, a site map or the like, which is read as a whole
_REDIRECTING = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)


@dataclass(frozen=True)
class FinalResponse:
    """The last response, and the address to which redirects led.

    `moved_to` is the address after permanent redirects only; without any, the address that was asked for.
    """

    url: str
    answer: Fetched
    moved_to: str


async def get(
    context: ConnectorContext,
    url: str,
    headers: dict[str, str] | None = None,
    into: BinaryIO | None = None,
    is_wanted: Callable[[str], bool] | None = None,
) -> FinalResponse:
    """Follows redirects. Stops in front of an address that `is_wanted` refuses.

    `headers` must hold no credentials: the servers that redirects lead to would get them. The rest is as for `request`.
    Raises SourceError.
    """
    moved_to, is_permanent = url, True
    for _ in range(_REDIRECTS + 1):
        answer = await request(context, url, headers, into)
        if answer.status not in _REDIRECTING or "location" not in answer.headers:
            return FinalResponse(url, answer, moved_to)
        try:
            url = urljoin(url, answer.headers["location"])
        except ValueError:
            raise SourceError(f"{host_of(url)} redirects to an address that cannot be read.") from None
        is_permanent = is_permanent and answer.status in _PERMANENT
        moved_to = url if is_permanent else moved_to
        if is_wanted is not None and not is_wanted(url):
            return FinalResponse(url, answer, moved_to)
    raise SourceError(f"{host_of(url)} redirects more than {_REDIRECTS} times.")


async def request(
    context: ConnectorContext, url: str, headers: dict[str, str] | None = None, into: BinaryIO | None = None
) -> Fetched:
    """Send one GET, and return the answer; a redirect is not followed.

    With `into`, the body of a 200 is written to that file, up to the limit of an upload. Without it, the answer may
    have 10 MiB. Raises SourceError.
    """
    try:
        return await context.outside.request(
            url,
            headers={"User-Agent": AGENT, **(headers or {})},
            most_bytes=context.max_bytes if into is not None else min(context.max_bytes, _IN_MEMORY),
            seconds=_ANSWER_SECONDS,
            schemes=("https", "http"),
            into=into,
        )
    except Refused as error:
        raise SourceError(str(error)) from None
    except TimeoutError:
        raise SourceError(f"{host_of(url)} did not answer within {_ANSWER_SECONDS:.0f} s.") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise SourceError(f"{host_of(url)} cannot be reached: {error}"[:300]) from None


def host_of(url: str) -> str:
    return urlsplit(url).hostname or "the address"
