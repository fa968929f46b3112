"""Finds the claims of an answer that its citations do not back: by words and, with an embedding model, by meaning."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

import msgspec
import structlog

from citewell.agent.citations import Citation
from citewell.agent.claims import UnverifiedClaim, unverified_claims
from citewell.agent.foreign_claims import Nearness, without_translated
from citewell.agent.protocol import Model
from citewell.agent.sources import Sources
from citewell.agent.unmatched_words import ReadWords, find_unmatched
from citewell.errors import Unavailable

log = structlog.get_logger(__name__)
T = TypeVar("T")


class ClaimChecks(msgspec.Struct, frozen=True):
    """What checks claims in addition to the comparison of their words. None leaves that check out.

    `nearness` compares claims with sources in another language. `read_words` gives the vectors of words, with which
    all other claims are checked. `model` is asked for a verdict on each claim, after these rules.
    """

    nearness: Nearness | None = None
    read_words: ReadWords | None = None
    model: Model | None = None


WORDS_ONLY = ClaimChecks()


async def find_unverified(
    content: str, citations: Sequence[Citation], sources: Sources, checks: ClaimChecks
) -> list[UnverifiedClaim]:
    """Returns the claims that no citation backs, in the order of the answer. Does not ask the model of `checks`.

    If the embedding model fails, words alone decide: the answer has been shown already, and must not fail now.
    """
    unmatched = await _or_else({}, find_unmatched(content, citations, sources, checks.read_words))
    claims = unverified_claims(content, citations, sources, unmatched)
    if checks.nearness is None:
        return claims
    return await _or_else(claims, without_translated(claims, content, citations, sources, checks.nearness))


async def _or_else(default: T, check: Awaitable[T]) -> T:
    """Returns the result of the check, or `default` if the embedding model is unavailable."""
    try:
        return await check
    except Unavailable as error:
        log.warning("claim_check_by_words_only", reason=error.message)
        return default
