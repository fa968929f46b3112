"""Reads addresses and names of documents out of a web site's pages and sitemaps."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from lxml import etree

from citewell.kit.public_http import Fetched

SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
}
_LONGEST_ADDRESS = 2000
_MOST_LINKS = 2000  # of one page
_OPENING, _CLOSING = b"<loc>", b"</loc>"


def plain_address(url: str, base: str = "") -> str | None:
    """Returns the address without its fragment, absolute; None if it cannot be read, is too long or not of the web."""
    try:
        found = urldefrag(urljoin(base, url.strip()))[0]
        urlsplit(found)
    except ValueError:
        return None
    return found if found.startswith(("http://", "https://")) and len(found) <= _LONGEST_ADDRESS else None


def is_same_site(one: str, other: str) -> bool:
    """Whether both addresses have the same host, with or without www."""
    hosts = [(urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other)]
    return hosts[0] == hosts[1]


def kind_of(answer: Fetched) -> str:
    """Returns the media type of an answer, without its parameters."""
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def locations(sitemap: bytes) -> Iterator[str]:
    """Yields the addresses that a sitemap lists, or the sitemaps that an index lists. Takes time linear in its size."""
    at = 0
    while (start := sitemap.find(_OPENING, at)) >= 0 and (end := sitemap.find(_CLOSING, start)) >= 0:
        at = end + len(_CLOSING)
        # With room for white space and CDATA around it; what is longer is no address.
        value = sitemap[start + len(_OPENING) : min(end, start + 4 * _LONGEST_ADDRESS)].strip()
        value = value.removeprefix(b"<![CDATA[").removesuffix(b"]]>").strip()
        if url := plain_address(value.decode("utf-8", "replace").replace("&amp;", "&")):
            yield url


def links(base: str, page: bytes, is_wanted: Callable[[str], bool]) -> list[str]:
    """Returns the addresses that the page links to and `is_wanted` accepts, sorted, at most 2,000.

    Takes time linear in the page's size: no tree is built, because a tree of endlessly nested tags takes quadratic
    time.
    """
    reader = _Links()
    source = page.decode("utf-8", "replace").replace("\0", "\ufffd").encode()
    with contextlib.suppress(etree.LxmlError):
        etree.fromstring(source, etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True))
    found = {link for href in reader.hrefs if (link := plain_address(href, base)) and is_wanted(link)}
    return sorted(found)[:_MOST_LINKS]


class _Links:
    """Collects what the parser reports of a page."""

    def __init__(self) -> None:
        self.hrefs = set[str]()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "a" and (href := attributes.get("href")):
            self.hrefs.add(href)

    def close(self) -> None:
        """The parser asks for it."""


def page_name(url: str, kind: str = "text/html") -> str:
    """Returns a file name for the page: the end of its path, with the suffix of what it is."""
    parts, suffix = urlsplit(url), SUFFIXES.get(kind, ".html")
    last = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1]) or parts.hostname or "page"
    query = f" {unquote(parts.query)}" if parts.query else ""
    whole = f"{last.removesuffix('.htm').removesuffix(suffix)}{query}"[: 255 - len(suffix)]
    return whole.replace("/", "-").replace("\\", "-") + suffix
