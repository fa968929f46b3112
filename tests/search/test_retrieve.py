"""What a search finds, through the real tables and the real model."""

from collections.abc import Sequence

import numpy as np
import pytest
from sqlalchemy import text

from citewell.db.direct import fetch
from citewell.db.engine import Database
from citewell.db.partitions import drop_project_partition, text_index_name
from citewell.embedding import Embedder
from citewell.embedding.protocol import Vectors
from citewell.errors import Unavailable
from citewell.models.passage import partition_name
from citewell.search import project_facts
from citewell.search.repository import plain_bm25
from citewell.search.repository.candidates import size_of
from tests.search.store import EXTENSIONS, WITHOUT_TEXT_INDEX, Store

TRAINS = "Employees travel by train when the journey takes less than six hours."
HOTELS = "A hotel room may cost at most 140 EUR a night, breakfast included."
MEALS = "The daily allowance for lunch and dinner is 38 EUR."


@pytest.fixture
async def travel(store: Store) -> Store:
    await store.add("trains.md", TRAINS)
    await store.add("hotels.md", HOTELS)
    await store.add("meals.md", MEALS)
    return store


async def test_words_find_what_says_them(travel: Store) -> None:
    assert await travel.names("hotel room cost", mode="text") == ["hotels.md"]
    assert await travel.names("zebra", mode="text") == []


async def test_meaning_finds_what_uses_other_words(travel: Store) -> None:
    assert (await travel.names("money for food", mode="text")) == []
    assert (await travel.names("money for food", mode="semantic"))[0] == "meals.md"
    assert (await travel.names("rail trips of staff", mode="semantic"))[0] == "trains.md"


async def test_hybrid_finds_by_words_and_by_meaning(travel: Store) -> None:
    assert (await travel.names("money for food"))[0] == "meals.md"
    [first, *_] = await travel.find("hotel room cost")
    assert first.document_name == "hotels.md"
    assert first.similarity is not None
    assert 0 < first.similarity <= 1


class Directions:
    """An embedder with a direction for each subject: hotels are about as near to the question as meals, and nearer to
    trains."""

    fingerprint, languages, is_ready = "directions", None, True
    _KNOWN = (("train", (0.9, 0.436, 0.0)), ("hotel", (0.6, 0.8, 0.0)), ("lunch", (0.61, 0.0, 0.792)))

    async def embed(self, texts: Sequence[str], *, urgent: bool = False) -> Vectors:
        return np.array([next(vector for word, vector in self._KNOWN if word in text) for text in texts], np.float32)

    async def embed_query(self, text: str) -> Vectors:
        return np.array([1, 0, 0], np.float32)

    async def read_words(self, texts: Sequence[str]) -> None:
        return None

    async def prepare(self) -> None: ...

    async def aclose(self) -> None: ...


async def test_what_is_like_the_nearest_passage_comes_before_what_is_as_near(database: Database) -> None:
    """Except in searches by meaning alone, which order by the cosine to the query."""
    store = await Store.make(database, Directions())
    for name, content in (("trains.md", TRAINS), ("hotels.md", HOTELS), ("meals.md", MEALS)):
        await store.add(name, content)
    assert await store.names("money for food", mode="semantic") == ["trains.md", "meals.md", "hotels.md"]
    found = await store.find("money for food")
    assert [hit.document_name for hit in found] == ["trains.md", "hotels.md", "meals.md"]
    assert [hit.similarity for hit in found] == pytest.approx([0.9, 0.6, 0.61], abs=0.001)


async def test_a_passage_in_another_language_gives_no_feedback(database: Database) -> None:
    store = await Store.make(database, Directions())
    german = "Die Beschäftigten fahren mit der Bahn (train), wenn die Reise nicht länger als sechs Stunden dauert."
    for name, content in (("bahn.md", german), ("hotels.md", HOTELS), ("meals.md", MEALS)):
        await store.add(name, content)
    found = await store.names("What will you give people who are away?")
    assert found.index("meals.md") < found.index("hotels.md")


async def test_a_grown_project_is_scanned_more_broadly(travel: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And searches of other projects over the same connections are not."""
    before = await travel.names("money for food", mode="semantic")
    async with travel.database.autocommit() as connection:
        await connection.execute(text(f"ANALYZE {partition_name(travel.project_id)}"))
    monkeypatch.setattr(project_facts, "_GROWN", 1)
    async with travel.database.direct.connect() as direct:
        assert await size_of(direct, travel.project_id) == len(before)
    retriever = travel.retriever
    found = await retriever.search(travel.project_id, "money for food", mode="semantic")
    assert [hit.document_name for hit in found] == before
    async with travel.database.direct.connect() as direct:
        [row] = await fetch(direct, "SELECT current_setting('hnsw.ef_search') AS breadth", {})
        assert row.breadth == "150"


async def test_without_a_model_words_serve_every_mode(words_only: Store) -> None:
    await words_only.add("hotels.md", HOTELS)
    for mode in ("hybrid", "text", "semantic"):
        [hit] = await words_only.find("hotel", mode=mode)
        assert hit.similarity is None


async def test_projects_do_not_see_each_other(database: Database, embedder: Embedder, travel: Store) -> None:
    other = await Store.make(database, embedder)
    await other.add("secret.md", "A hotel room of the other project costs 999 EUR.")
    for mode in ("text", "semantic", "hybrid"):
        assert "secret.md" not in await travel.names("hotel room", mode=mode)
        assert await other.names("hotel room", mode=mode) == ["secret.md"]
    ids = [other.documents["secret.md"]]
    assert await travel.find("hotel room", document_ids=ids) == []


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
async def test_a_filter_costs_no_results(store: Store, mode: str) -> None:
    """Ten that are asked for under a filter are ten, however many better ones the filter keeps out."""
    for number in range(60):
        await store.add(
            f"loud-{number}.md", *[f"Invoices, invoices and invoices of supplier {number} {n}" for n in (1, 2)]
        )
    quiet = [f"quiet-{number}.md" for number in range(10)]
    for number, name in enumerate(quiet):
        await store.add(name, f"The warehouse {number} in town keeps, among many other things, one box with invoices.")
    ids = [store.documents[name] for name in quiet]
    found = await store.names("invoices", limit=10, mode=mode, document_ids=ids)
    assert sorted(found) == quiet
    without = await store.names("invoices", limit=50, mode=mode, excluded_documents=ids)
    assert len(without) == 50
    assert not set(without) & set(quiet)
    assert await store.find("invoices", document_ids=[]) == []


async def test_many_passages_of_one_document_leave_room_for_others(words_only: Store) -> None:
    """A hundred passages of a single chunk are one result; the search goes deeper for the next."""
    sentence = "The reactor is cooled with water of the river in reactor block {}, as the reactor manual demands. "
    await words_only.add("long.md", "".join(sentence.format(number) * 12 for number in range(160)))
    for number in range(9):
        filler = " ".join(f"word{number}{n}" for n in range(120))
        await words_only.add(f"short-{number}.md", f"{filler} One line about a reactor.")
    found = await words_only.names("reactor", limit=10)
    assert found[0] == "long.md"
    assert len(found) == 10


async def test_only_published_versions_are_found(travel: Store) -> None:
    old = "The old rule: a hotel room may cost 100 EUR."
    await travel.add("rules.md", old)
    version = await travel.add("rules.md", "The new rule: a guest house may cost 120 EUR.", publish=False)
    assert "rules.md" in await travel.names("old rule hotel", mode="text")
    assert "rules.md" not in await travel.names("guest house", mode="text")
    await travel.publish("rules.md", version)
    assert "rules.md" in await travel.names("guest house", mode="text")
    assert all(hit.content != old for hit in await travel.find("old rule hotel"))


async def test_deleted_documents_vanish_at_once(travel: Store) -> None:
    assert "hotels.md" in await travel.names("hotel room")
    await travel.delete("hotels.md")
    assert "hotels.md" not in await travel.names("hotel room")


async def test_words_of_languages_without_spaces_are_found(words_only: Store) -> None:
    await words_only.add("one.txt", "公司员工出差乘坐高速铁路，酒店费用每晚不超过五百元。")
    await words_only.add("two.txt", "本合同自双方签字之日起生效，有效期为三年。")
    await words_only.add("three.txt", "東京の本社では毎週月曜日に会議があります。")
    await words_only.add("four.txt", "พนักงานต้องส่งรายงานทุกวันศุกร์")
    assert await words_only.names("酒店费用") == ["one.txt"]
    assert await words_only.names("合同有效期") == ["two.txt"]
    assert (await words_only.names("月曜日の会議"))[0] == "three.txt"
    assert await words_only.names("รายงาน") == ["four.txt"]


async def test_languages_are_stemmed_and_accents_do_not_matter(words_only: Store) -> None:
    await words_only.add("de.txt", "Die Häuser in der Straße wurden verkauft, und die Verträge sind unterschrieben.")
    await words_only.add("fr.txt", "Les employés ont réservé des chambres d'hôtel pour les réunions annuelles.")
    assert "de.txt" in await words_only.names("verkaufte Häuser und Vertrag in der Strasse")
    assert (await words_only.names("reservation hotel employe"))[0] == "fr.txt"


async def test_codes_and_numbers_are_found_in_other_spellings(words_only: Store) -> None:
    await words_only.add("quality.md", "Our plant is certified under ISO-9001 since 2015.")
    await words_only.add("security.md", "Our data centre is certified under ISO-27001 since 2019.")
    await words_only.add("sales.md", "Sales came to 81,797 million dollars, see form 10-Q.")
    await words_only.add("languages.md", "The kernel is written in C++ and the tools in C#.")
    assert (await words_only.names("ISO-9001"))[0] == "quality.md"
    assert (await words_only.names("iso9001"))[0] == "quality.md"
    assert (await words_only.names("ISO 27001"))[0] == "security.md"
    assert await words_only.names("81797") == ["sales.md"]
    assert (await words_only.names("10-Q"))[0] == "sales.md"
    assert (await words_only.names("c++"))[0] == "languages.md"


async def test_a_quoted_phrase_is_found_word_for_word(travel: Store) -> None:
    await travel.add("order.md", "A room of the hotel: the night porter has the key, at most one.")
    for quotes in ('"{}"', "“{}”", "«{}»"):
        assert await travel.names(quotes.format("hotel room may cost")) == ["hotels.md"], quotes
        assert await travel.names(quotes.format("room of the hotel") + " key") == ["order.md"], quotes
    # What stands nowhere word for word is looked for by its words.
    assert "hotels.md" in await travel.names('"room hotel cost"')


async def test_exact_phrases_of_languages_without_spaces(words_only: Store) -> None:
    await words_only.add("one.txt", "酒店费用每晚不超过五百元。")
    await words_only.add("two.txt", "费用由酒店承担，每晚结算。")
    assert await words_only.names("“酒店费用”") == ["one.txt"]


async def test_the_same_passage_is_shown_once(store: Store) -> None:
    text = "The customer may cancel the contract within fourteen days of its signature without giving any reasons."
    for number in range(5):
        await store.add(f"copy-{number}.md", text)
    await store.add("nearly.md", text.replace("fourteen days", "fourteen  days").replace("any reasons", "any reasons,"))
    await store.add("other.md", "Contracts of customers from abroad cannot be cancelled, whatever the reasons are.")
    for mode in ("text", "semantic", "hybrid"):
        found = await store.names("cancel the contract without reasons", mode=mode)
        assert len(found) == 2, mode
        assert "other.md" in found


async def test_passages_that_differ_in_a_number_are_not_the_same(store: Store) -> None:
    text = (
        "In the quarter that ended in June {} the net sales of the company came to {} million dollars in all regions."
    )
    await store.add("first.md", text.format(2021, 81434))
    await store.add("second.md", text.format(2022, 82959))
    assert sorted(await store.names("net sales of the quarter")) == ["first.md", "second.md"]


async def test_neighbours_of_the_best_passage_are_shown_with_it(words_only: Store) -> None:
    about = "The turbine blade number {} must be inspected for cracks, and the turbine stopped if any is found. "
    text = "Nothing here. " * 150 + "".join(about.format(number) for number in range(18)) + "Nothing there. " * 150
    await words_only.add("manual.md", text)
    [hit] = await words_only.find("turbine blade cracks")
    shown = hit.content[hit.passage_start : hit.passage_end]
    assert shown.count("turbine blade") > 12
    assert len(shown) < len(text) / 2


async def test_a_chunk_is_found_once_with_its_place(store: Store) -> None:
    await store.add("book.md", "About rivers. " * 200, "The volcano erupted in the year 1883 and darkened the sky.")
    [hit, *_] = await store.find("volcano eruption")
    assert hit.ordinal == 1
    assert hit.content[hit.passage_start : hit.passage_end].startswith("The volcano")
    assert hit.heading_path == ("Part", "Section")


async def test_a_query_without_words_finds_nothing_and_does_not_fail(travel: Store) -> None:
    assert await travel.find("   ") == []
    assert await travel.names("??? !!!", mode="text") == []
    assert "hotels.md" in await travel.names('the " of hotel ??? " and \ud800')


async def test_a_search_in_a_deleted_project_finds_nothing(database: Database, embedder: Embedder) -> None:
    store = await Store.make(database, embedder)
    await store.add("a.md", HOTELS)
    async with database.write() as session:
        await drop_project_partition(await session.connection(), store.project_id)
    assert await store.find("hotel") == []


class TestWithoutTextIndex:
    """BM25 by plain SQL, for databases without the extension."""

    async def test_it_finds_and_forgets(self, plain: Store) -> None:
        await plain.add("trains.md", TRAINS)
        await plain.add("hotels.md", HOTELS)
        [hit] = await plain.find("breakfast room")
        assert hit.document_name == "hotels.md"
        await plain.add("hotels.md", "Inns are as good.")
        assert await plain.names("breakfast") == []
        assert await plain.names("inns") == ["hotels.md"]
        await plain.delete("hotels.md")
        assert await plain.names("inns") == []

    async def test_filters_and_phrases(self, plain: Store) -> None:
        for number in range(30):
            await plain.add(f"loud-{number}.md", f"Invoices, invoices, invoices {number}")
        quiet = [f"quiet-{number}.md" for number in range(10)]
        for number, name in enumerate(quiet):
            await plain.add(name, f"The warehouse {number} keeps, among many other things, one box with invoices.")
        ids = [plain.documents[name] for name in quiet]
        assert sorted(await plain.names("invoices", document_ids=ids)) == quiet
        assert set(await plain.names('"box with invoices"', limit=30)) == set(quiet)

    async def test_it_ranks_as_the_extension_does(self, database: Database) -> None:
        """The same documents in both, the same order for each query, and nearly the same scores."""
        indexed = await Store.make(database, None, EXTENSIONS)
        plain = await Store.make(database, None, WITHOUT_TEXT_INDEX)
        words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
        for number in range(40):
            chosen = [words[(number * step + step * step) % len(words)] for step in range(1, 4 + number % 9)]
            text = " ".join(word for place, word in enumerate(chosen) for _ in range(1 + place % 3)) + f" mark{number}."
            for store in (indexed, plain):
                await store.add(f"{number}.txt", text)
        for query in (["alpha"], ["beta", "gamma"], ["delta", "epsilon", "zeta"], ["kappa", "mark7"]):
            expected = await self._scores_of_the_extension(indexed, query)
            async with database.direct.connect() as connection:
                found = await plain_bm25.rank(connection, plain.project_id, query, 8)
            assert list(found.values()) == pytest.approx(expected, rel=0.02), query

    async def _scores_of_the_extension(self, store: Store, terms: list[str]) -> list[float]:
        index, table = text_index_name(store.project_id), partition_name(store.project_id)
        score = f"content <@> to_bm25query(:query, '{index}')"
        async with store.database.autocommit() as connection:
            statement = text(f"SELECT -({score}) FROM {table} ORDER BY {score} LIMIT 8")
            return list(await connection.scalars(statement, {"query": " ".join(terms)}))

    async def test_a_rare_word_weighs_more_than_a_frequent_one(self, plain: Store) -> None:
        for number in range(20):
            await plain.add(f"{number}.md", f"The committee meets on day {number} and the committee decides.")
        await plain.add("rare.md", "The committee once discussed a narwhal.")
        assert (await plain.names("committee committee narwhal"))[0] == "rare.md"


class _Down:
    """An embedding model that cannot be asked at the moment."""

    fingerprint, languages, is_ready = "down", None, True

    async def embed_query(self, text: str) -> Vectors:
        raise Unavailable("The embedding endpoint does not answer.")


async def test_words_find_something_while_the_model_cannot_be_asked(words_only: Store) -> None:
    await words_only.add("keys.md", "The spare key lies under the third stone.")
    words_only.embedder = _Down()  # type: ignore[assignment]
    assert await words_only.names("Where is the spare key?") == ["keys.md"]
    with pytest.raises(Unavailable):
        await words_only.names("Where is the spare key?", mode="semantic")
