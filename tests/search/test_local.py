"""Local passages: only searches that name their conversation or agent find them, in one ranking with the others."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from citewell.models.passage import partition_name
from tests.search.store import Store

HERE, ELSEWHERE = uuid4(), uuid4()
MODES = ("text", "semantic", "hybrid")


async def fill(store: Store) -> None:
    await store.add("hotels.md", "A hotel room may cost at most 140 EUR a night, breakfast included.")
    await store.add("trains.md", "Employees travel by train when the journey takes less than six hours.")
    await store.add("mine.md", "The zebra crossing in front of the hotel is closed until May.", local_to=HERE)
    await store.add("other.md", "A zebra was seen near the hotel of another conversation.", local_to=ELSEWHERE)


@pytest.fixture(params=["store", "words_only", "plain"])
async def filled(request: pytest.FixtureRequest, store: Store, words_only: Store, plain: Store) -> Store:
    """With vectors and a text index, without vectors, and without either."""
    chosen = {"store": store, "words_only": words_only, "plain": plain}[request.param]
    await fill(chosen)
    return chosen


async def test_only_its_own_searches_find_a_local_document(filled: Store) -> None:
    for mode in MODES:
        for query in ("zebra crossing", "hotel", '"zebra crossing"'):
            assert not {"mine.md", "other.md"} & set(await filled.names(query, mode=mode)), (mode, query)
        found = await filled.names("zebra crossing", mode=mode, local_to=[HERE])
        assert found[0] == "mine.md", mode
        assert "other.md" not in found
        both = await filled.names("hotel", mode=mode, local_to=[HERE, ELSEWHERE])
        assert {"mine.md", "other.md", "hotels.md"} <= set(both), mode


async def test_own_and_local_passages_are_in_one_ranking(filled: Store) -> None:
    found = await filled.names("cost of a hotel room with breakfast", mode="text", local_to=[HERE])
    assert found == ["hotels.md", "mine.md"]
    assert await filled.names("giraffe", mode="text", local_to=[HERE]) == []
    assert await filled.names("zebra hotel", mode="text", local_to=[HERE]) == ["mine.md", "hotels.md"]


async def test_filters_hold_for_local_passages(filled: Store) -> None:
    ids = filled.documents
    for mode in MODES:
        assert await filled.names("hotel", mode=mode, document_ids=[ids["mine.md"]]) == []
        assert await filled.names("hotel", mode=mode, document_ids=[ids["mine.md"]], local_to=[HERE]) == ["mine.md"]
        excluding = await filled.names("hotel", mode=mode, excluded_documents=[ids["mine.md"]], local_to=[HERE])
        assert "mine.md" not in excluding
    assert await filled.names('"zebra crossing"', local_to=[HERE, ELSEWHERE]) == ["mine.md"]


async def test_a_project_of_nothing_but_local_documents(words_only: Store, plain: Store) -> None:
    for store in (words_only, plain):
        await store.add("mine.md", "The zebra crossing is closed until May.", local_to=HERE)
        assert await store.names("zebra", mode="text") == []
        assert await store.names("zebra", mode="text", local_to=[HERE]) == ["mine.md"]


async def test_a_deleted_local_document_is_not_found(filled: Store) -> None:
    await filled.delete("mine.md")
    assert "mine.md" not in await filled.names("zebra crossing", local_to=[HERE])


async def test_searches_of_the_project_go_by_an_index_without_local_passages(words_only: Store) -> None:
    """However many there are: the statistics of the words, too, are those of the project's own passages."""
    await words_only.add("hotels.md", "A hotel room may cost at most 140 EUR a night.")
    for number in range(30):
        await words_only.add(f"{number}.md", f"Hotel number {number} of a conversation.", local_to=uuid4())
    table = partition_name(words_only.project_id)
    async with words_only.database.autocommit() as connection:
        await connection.execute(text(f"ANALYZE {table}"))
        statement = (
            f"EXPLAIN SELECT chunk_id FROM {table} WHERE local_to IS NULL"
            f" ORDER BY content <@> to_bm25query('hotel', '{table}_bm25') LIMIT 100"
        )
        plan = "\n".join(await connection.scalars(text(statement)))
    assert f"Index Scan using {table}_bm25" in plan
    assert await words_only.names("hotel", mode="text") == ["hotels.md"]
