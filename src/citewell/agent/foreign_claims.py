"""Checks claims in another language than their sources. Words cannot be compared there, but embeddings can.

The rule of `claims` still decides about numbers: a claim with a number that its passage lacks stays unverified.
"""

from collections.abc import Awaitable, Callable, Sequence

from citewell.agent.citations import Citation
from citewell.agent.claims import CitedClaim, UnverifiedClaim, cited_claims
from citewell.agent.evidence import sentences_at
from citewell.agent.sources import Sources
from citewell.search.language import UNKNOWN, detect_language

# Returns the similarity of each text to the first argument, from about 0 to 1; None if no model knows their languages.
Nearness = Callable[[str, Sequence[str]], Awaitable[list[float] | None]]

MOST_CLAIMS = 12  # of one answer: the model takes some 20 ms of a core for each text
NEAR = 0.38  # `python -m benchmarks.foreign_claims` shows how near translations and other sentences are


async def without_translated(
    claims: Sequence[UnverifiedClaim],
    content: str,
    citations: Sequence[Citation],
    sources: Sources,
    nearness: Nearness,
) -> list[UnverifiedClaim]:
    """Returns `claims` without those that an embedding model finds in a source of another language.

    Only claims with the reason terms_not_in_passage are compared, at most MOST_CLAIMS.
    """
    listed = {claim.start for claim in claims if claim.reason == "terms_not_in_passage"}
    asked = [claim for claim in cited_claims(content, citations, sources) if claim.start in listed][:MOST_CLAIMS]
    backed = set()
    for claim in asked:
        foreign = _foreign_sentences(claim, sources)
        near = await nearness(claim.text, foreign) if foreign else None
        if near is not None and max(near) >= NEAR:
            backed.add(claim.start)
    return [claim for claim in claims if claim.start not in backed]


def _foreign_sentences(claim: CitedClaim, sources: Sources) -> list[str]:
    """Returns the sentences that a claim quotes from chunks in another language."""
    language, found = detect_language(claim.text), []
    for citation in claim.citations:
        chunk = sources.by_id(citation.chunk_id) if citation.chunk_id else None
        if chunk is None or citation.start is None or citation.end is None:
            continue
        theirs = detect_language(chunk.content)
        if UNKNOWN not in (language, theirs) and theirs != language:
            found.append(sentences_at(chunk.content, citation.start, citation.end, theirs))
    return found
