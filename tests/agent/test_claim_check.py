"""Claims checked by a model: what it adds, what it may not undo, and that its failures change nothing."""

import json
from typing import Any

import pytest

from citewell.agent.citations import Citation, CitationResolver
from citewell.agent.claim_check import check_claims
from citewell.agent.claims import UnverifiedClaim, unverified_claims
from citewell.agent.models import ModelConfig, make_model
from citewell.agent.protocol import Usage
from citewell.agent.sources import Sources
from tests.agent.library import chunk
from tests.agent.server import Reply, server
from tests.agent.test_odd_servers import stream

PASSAGE = "A room in the main house costs 140 euro a night, breakfast included."
TEXT = (
    "A room costs 140 euro a night [[c1|costs 140 euro a night]].\n\n"
    "A room costs 150 euro a night [[c1|costs 140 euro a night]].\n\n"
    "Lodging is charged nightly and meals in the morning come with it [[c1|breakfast included]]."
)


def answer() -> tuple[str, list[Citation], Sources]:
    sources = Sources()
    sources.label(chunk(PASSAGE))
    resolver = CitationResolver(sources)
    content = resolver.feed(TEXT) + resolver.finish()
    return content, resolver.citations, sources


async def checked(reply: Reply) -> tuple[list[str], Any]:
    """The reasons by claim as they stand after the check, and its result."""
    content, citations, sources = answer()
    ruled = unverified_claims(content, citations, sources)
    assert {claim.reason for claim in ruled} >= {"number_not_in_passage"}
    async with server(reply) as url:
        model = make_model(ModelConfig("openai/judge", url))
        try:
            claims, found = await check_claims(model, content, citations, sources, ruled)
        finally:
            await model.aclose()
    return [_told(claim) for claim in claims], found


def _told(claim: UnverifiedClaim) -> str:
    return f"{claim.claim.split(' ')[0]} {claim.reason}"


def judging(*supported: bool, text: str = "{}") -> Reply:
    """A model that gives these verdicts in order, inside `text`."""

    def reply(body: dict[str, Any]) -> tuple[int, str]:
        claims = json.loads(body["messages"][-1]["content"])
        assert all(PASSAGE in claim["passages"][0] for claim in claims)
        verdicts = [{"id": claim["id"], "supported": said} for claim, said in zip(claims, supported, strict=False)]
        said = text.replace("{}", json.dumps({"verdicts": verdicts}))
        return 200, stream(said, usage={"prompt_tokens": 90, "completion_tokens": 30})

    return reply


async def test_the_model_adds_and_takes_away_but_not_where_a_number_is_wrong() -> None:
    claims, found = await checked(judging(False, True, True))
    assert claims == ["A not_supported", "A number_not_in_passage"]
    assert (found.supported, found.unsupported, found.usage) == (2, 1, Usage(90, 30))


async def test_verdicts_in_a_fence_are_read_and_missing_ones_change_nothing() -> None:
    usual, _ = await checked(lambda _: (500, "no"))
    claims, found = await checked(judging(True, text="Here it is:\n```json\n{}\n```"))
    assert claims == usual
    assert (found.supported, found.unsupported) == (1, 0)


@pytest.mark.parametrize(
    "reply",
    [
        (400, '{"error": "no schemas here"}'),
        (200, stream("I think that they are all fine.")),
        (200, stream('{"verdicts": [{"id": "one"}]}')),
        (200, stream("")),
    ],
)
async def test_a_check_that_fails_changes_nothing(reply: tuple[int, str]) -> None:
    content, citations, sources = answer()
    ruled = [_told(claim) for claim in unverified_claims(content, citations, sources)]
    assert await checked(lambda _: reply) == (ruled, None)


async def test_nothing_is_asked_where_nothing_is_cited() -> None:
    async with server(lambda _: pytest.fail("it was asked")) as url:
        model = make_model(ModelConfig("openai/judge", url))
        assert await check_claims(model, "Hello.", [], Sources(), []) == ([], None)
        await model.aclose()
