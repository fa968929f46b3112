"""Claims are checked by what each of their words means, where an embedding model is there."""

from collections.abc import Sequence

import numpy as np
import pytest

from citewell.agent.claims import unverified_claims
from citewell.agent.loop import LoopLimits, Question, answer
from citewell.agent.unmatched_words import MOST_CLAIMS, find_unmatched, unmatched_words
from citewell.agent.unverified import ClaimChecks
from citewell.embedding.protocol import Word, WordVectors
from tests.agent.library import Saying, sources_of
from tests.agent.test_citations import resolve

TEXT = "Revenue of the northern region increased strongly in spring, because guests came back to the hotels."
MEANINGS = (
    {"sales", "revenue"},
    {"rose", "increased"},
    {"north", "northern"},
    {"visitors", "guests"},
    {"returned", "came"},
)
PARAPHRASE = "Sales in the north rose as visitors returned [[c1|Revenue of the northern region]]."
UNSAID = "Lawyers of Spain sued the bank over pensions [[c1|Revenue of the northern region]]."


async def read(texts: Sequence[str]) -> list[WordVectors] | None:
    """A model for which words are equal, of the same meaning, or unrelated."""
    return [_vectors(text) for text in texts]


def _vectors(text: str) -> WordVectors:
    words = [word.strip(".,").lower() for word in text.split()]
    places = [next((n for n, same in enumerate(MEANINGS) if word in same), _place(word)) for word in words]
    return WordVectors([Word(word, at, at + 1) for at, word in enumerate(words)], np.eye(512, dtype=np.float32)[places])


_SEEN: dict[str, int] = {}


def _place(word: str) -> int:
    return _SEEN.setdefault(word, len(MEANINGS) + len(_SEEN))


async def listed(text: str, *chunks: str) -> list[str]:
    sources = sources_of(*chunks)
    content, citations = resolve(text, sources)
    unmatched = await find_unmatched(content, citations, sources, read)
    return [claim.reason for claim in unverified_claims(content, citations, sources, unmatched)]


async def test_a_paraphrase_is_backed_and_what_is_not_said_is_listed() -> None:
    sources = sources_of(TEXT)
    content, citations = resolve(f"{PARAPHRASE}\n\n{UNSAID}", sources)
    by_words = unverified_claims(content, citations, sources)
    assert [claim.reason for claim in by_words] == ["terms_not_in_passage"] * 2
    assert await listed(f"{PARAPHRASE}\n\n{UNSAID}", TEXT) == ["terms_not_in_passage"]


async def test_a_wrong_number_is_listed_however_near_the_words_are() -> None:
    assert await listed("Sales in the north rose by 7 million [[c1|Revenue of the northern region]].", TEXT) == [
        "number_not_in_passage"
    ]


async def test_a_quotation_needs_no_model() -> None:
    async def fails(texts: Sequence[str]) -> list[WordVectors] | None:
        assert not texts, f"asked for {texts}"
        return []

    sources = sources_of(TEXT)
    content, citations = resolve(f"“{TEXT}” [[c1|{TEXT}]]\n\nNobody knows what the moon is made of.", sources)
    assert await find_unmatched(content, citations, sources, fails) == {}


async def test_a_long_answer_costs_no_more_than_its_first_claims() -> None:
    sources = sources_of(TEXT)
    content, citations = resolve("\n\n".join([PARAPHRASE] * (MOST_CLAIMS + 9)), sources)
    assert len(await find_unmatched(content, citations, sources, read)) == MOST_CLAIMS


@pytest.mark.parametrize("ready", [True, False])
async def test_an_answer_is_checked_with_the_model_where_there_is_one(ready: bool) -> None:
    async def none(texts: Sequence[str]) -> list[WordVectors] | None:
        return None

    found = await answer(
        Question("How did sales develop?"),
        Saying([PARAPHRASE]),
        [],
        lambda events: None,
        LoopLimits(),
        sources_of(TEXT),
        checks=ClaimChecks(read_words=read if ready else none),
    )
    assert len(found.claims) == (0 if ready else 1)


async def test_what_stands_far_down_in_a_long_passage_is_found() -> None:
    passage = "The weather was mild in all of March and nobody complained. " * 60 + TEXT
    [near, far] = await unmatched_words([(PARAPHRASE, passage), (UNSAID, passage)], "en", read) or []
    assert near < 0.3 < 0.7 < far
    assert await unmatched_words([(PARAPHRASE, "")], "en", read) == [1.0]
    assert await unmatched_words([], "en", read) == []
