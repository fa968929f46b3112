"""Documents that a question names come forward, and never hide the others."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from citewell.embedding import Embedder
from citewell.embedding.protocol import Vectors
from citewell.search.periods import asks_for_latest, date_of
from citewell.search.titles import DocumentWords, Titles
from tests.search.store import Store

SPACE = UUID(int=1)


def titles(*names: str, **openings: str) -> Titles:
    found = {uuid5(SPACE, name): DocumentWords.of(name) for name in names}
    for name, opening in openings.items():
        found[uuid5(SPACE, name)] = DocumentWords.of(name, opening)
    return Titles(found)


def best(known: Titles, query: str) -> UUID | None:
    shares = known.named(query)
    assert all(0 < share <= 1 for share in shares.values())
    return max(shares, key=shares.__getitem__) if shares else None


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("What was the FY2018 capital expenditure of 3M?", "3M_2018_10K"),
        ("What was the FY18 capital expenditure of 3M?", "3M_2018_10K"),
        ("Did Best Buy grow in fiscal 2023?", "BESTBUY_2023_10K"),
        ("How much cash had American Express at the end of 2022?", "AMERICANEXPRESS_2022_10K"),
        ("3M's debt in 2022", "3M_2022_10K"),
    ],
)
def test_a_name_is_recognised_as_people_write_it(query: str, name: str) -> None:
    known = titles("3M_2018_10K", "3M_2022_10K", "BESTBUY_2023_10K", "AMERICANEXPRESS_2022_10K", "BOEING_2018_10K")
    assert best(known, query) == uuid5(SPACE, name)


def test_the_first_page_names_a_document_as_well() -> None:
    known = titles(
        a_2023_q1="FORM 10-Q for the quarterly period ended April 1, 2023. Apple Inc. Cupertino",
        a_2023_q3="FORM 10-Q for the quarterly period ended July 1, 2023. Apple Inc. Cupertino",
        b_2023_q1="FORM 10-Q for the quarterly period ended April 30, 2023. Banana Corp. Florida",
        b_2023_q3="FORM 10-Q for the quarterly period ended July 31, 2023. Banana Corp. Florida",
    )
    assert best(known, "Apple's net sales in the third quarter of 2023") == uuid5(SPACE, "a_2023_q3")
    assert best(known, "What are the sales of Banana in q1?") == uuid5(SPACE, "b_2023_q1")
    assert best(known, "What does the latest report of Apple say?") == uuid5(SPACE, "a_2023_q3")
    assert best(known, "What is the weather?") is None


def test_one_document_is_never_told_from_others() -> None:
    assert titles("3M_2018_10K").named("3M 2018") == {}
    assert Titles({}).named("3M 2018") == {}


def test_the_date_in_a_title_is_read() -> None:
    assert date_of("Act of 1934. For the period ended July 1, 2023. Notes due 2042") == 20230701
    assert date_of("Bericht vom 31. Dezember 2022") == 20221231
    assert date_of("issued 2024-02-29") == 20240229
    assert date_of("2023 Q3 AAPL") == 20230930
    assert date_of("3M 2018 10K") == 20180000
    assert date_of("no date, room 20231") is None
    assert asks_for_latest("in the most recent report")


async def test_the_named_document_comes_first_and_others_stay(words_only: Store) -> None:
    for company in ("north", "south", "west", "east"):
        for year in ("2021", "2022"):
            await words_only.add(f"{company}_{year}.pdf", f"The total revenue of {company} was {year}1 million.")
    names = await words_only.names("What was the total revenue of south in FY2022?", limit=10)
    assert names[0] == "south_2022.pdf"
    assert len(set(names)) == 8, "a wrong guess hides nothing"


async def test_what_is_published_is_named_at_once(words_only: Store) -> None:
    await words_only.add("alpha.md", "A text about something.")
    await words_only.add("beta.md", "A text about something.")
    retriever = words_only.retriever
    assert len(await retriever.titles.named(words_only.project_id, "alpha")) == 1
    await words_only.add("gamma.md", "A text about something.")
    retriever.forget(words_only.project_id)
    named = await retriever.titles.named(words_only.project_id, "gamma")
    assert list(named) == [words_only.documents["gamma.md"]]
    known = await retriever.titles.titles(words_only.project_id)
    retriever.forget(words_only.project_id)
    assert await retriever.titles.titles(words_only.project_id) is known, "nothing has changed, so nothing is read"
    await words_only.delete("gamma.md")
    retriever.forget(words_only.project_id)
    assert await retriever.titles.named(words_only.project_id, "gamma") == {}


class _Recording:
    """An embedding model that notes what it was asked for."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    async def embed_query(self, text: str) -> Vectors:
        self.asked.append(text)
        return await self._embedder.embed_query(text)


async def test_the_question_is_embedded_while_named_documents_are_searched(store: Store, embedder: Embedder) -> None:
    for year in ("2021", "2022"):
        await store.add(f"south_{year}.pdf", f"The total revenue was {year}1 million.", "The mill stood still in May.")
    store.embedder = recording = _Recording(embedder)  # type: ignore[assignment]
    question = "What was the total revenue of south in FY2022?"
    assert (await store.names(question))[0] == "south_2022.pdf"
    assert recording.asked[0] == question, "waits for no search"
    assert len(recording.asked) == 2, "the question, and its topic for the named documents"
    recording.asked.clear()
    await store.names(question, mode="text")
    assert not recording.asked
