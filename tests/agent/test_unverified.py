"""An embedding model that fails while an answer is checked does not cost the answer."""

from collections.abc import Sequence

import pytest

from citewell.agent.citations import CitationResolver
from citewell.agent.claims import unverified_claims
from citewell.agent.unverified import ClaimChecks, find_unverified
from citewell.embedding.protocol import WordVectors
from citewell.errors import Unavailable
from tests.agent.library import sources_of
from tests.agent.test_foreign_claims import ANSWER, ENGLISH

IN_ENGLISH = (
    "A chamber of the main house is priced at 140 euro for each night, meals of the morning too [[c1|costs 140 euro]]."
)


@pytest.mark.parametrize(("said", "failing"), [(ANSWER, "nearness"), (IN_ENGLISH, "words")])
async def test_claims_are_checked_by_words_where_the_model_fails(said: str, failing: str) -> None:
    asked = []

    async def nearness(claim: str, texts: Sequence[str]) -> list[float] | None:
        asked.append("nearness")
        raise Unavailable("The embedding endpoint does not answer.")

    async def read_words(texts: Sequence[str]) -> list[WordVectors] | None:
        asked.append("words")
        raise Unavailable("The model could not be loaded.")

    sources = sources_of(ENGLISH)
    resolver = CitationResolver(sources)
    content = resolver.feed(said) + resolver.finish()
    found = await find_unverified(content, resolver.citations, sources, ClaimChecks(nearness, read_words))
    assert found == unverified_claims(content, resolver.citations, sources)
    assert failing in asked
