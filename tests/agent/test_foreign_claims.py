"""Claims in another language than their sources are judged by an embedding model, where there is one."""

from collections.abc import Sequence

from citewell.agent.citations import CitationResolver
from citewell.agent.claims import unverified_claims
from citewell.agent.foreign_claims import without_translated
from tests.agent.library import sources_of

ENGLISH = (
    "The house stands by the sea. A room in the main house costs 140 euro a night, and breakfast is included. "
    "Guests may bring their dogs, but they must not take them into the dining room."
)
QUOTE = "[[c1|costs 140 euro a night]]"
ANSWER = (
    f"Ein Zimmer im Haupthaus kostet 140 Euro für die Nacht und das Frühstück ist dabei {QUOTE}.\n\n"
    "Der Vorstand hat im Juni einen neuen Leiter für das Haus berufen [[c1|The house stands by the sea]].\n\n"
    f"Ein Zimmer im Haupthaus kostet 150 Euro für die Nacht und das Frühstück ist dabei {QUOTE}.\n\n"
    "The mayor appointed a new head of the fire brigade in June [[c1|The house stands by the sea]]."
)


async def test_a_translation_is_backed_and_other_claims_stay_listed() -> None:
    asked: list[tuple[str, list[str]]] = []

    async def nearness(claim: str, texts: Sequence[str]) -> list[float] | None:
        asked.append((claim, list(texts)))
        return [0.8 if "Zimmer" in claim and "room" in text else 0.2 for text in texts]

    sources = sources_of(ENGLISH)
    resolver = CitationResolver(sources)
    content = resolver.feed(ANSWER) + resolver.finish()
    listed = unverified_claims(content, resolver.citations, sources)
    assert [claim.reason for claim in listed] == [
        "terms_not_in_passage",
        "terms_not_in_passage",
        "number_not_in_passage",
        "terms_not_in_passage",
    ]
    left = await without_translated(listed, content, resolver.citations, sources, nearness)
    assert left == listed[1:]
    assert [texts for _, texts in asked] == [
        ["A room in the main house costs 140 euro a night, and breakfast is included."],
        ["The house stands by the sea."],
    ], "only claims in another language are asked about, with the sentence around the quote"


async def test_without_a_model_for_the_language_nothing_changes() -> None:
    async def nearness(claim: str, texts: Sequence[str]) -> list[float] | None:
        return None

    sources = sources_of(ENGLISH)
    resolver = CitationResolver(sources)
    content = resolver.feed(ANSWER) + resolver.finish()
    listed = unverified_claims(content, resolver.citations, sources)
    assert await without_translated(listed, content, resolver.citations, sources, nearness) == listed
