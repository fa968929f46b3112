"""Exact words, pages, and searches that are narrowed, have several parts, and say what they left out."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from fpdf import FPDF
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import InvalidArguments
from citewell.agent.sources import Sources
from citewell.agent.texts import Narrowing
from citewell.agent.tools.document_retrieval import FindByContent, FindByName, FindByTags, ListDocumentNames
from citewell.agent.tools.find_tables import FindTables
from citewell.agent.tools.find_text import FindText
from citewell.agent.tools.patterns import exact, regular
from citewell.agent.tools.read_pages import ReadPages
from citewell.agent.tools.retrieval import SearchDocuments
from citewell.agent.tools.search_objects import SearchObjectsTool
from citewell.documents.catalog import ProjectCatalog
from citewell.documents.knowledge import ProjectKnowledge
from citewell.documents.readable import ReadableDocuments
from citewell.documents.texts import ProjectTexts
from citewell.models import Chunk
from citewell.process import Process
from citewell.search.filters import ChunkScope
from tests.agents.conftest import Towns
from tests.conftest import client_of, until_ended
from tests.documents.test_metadata import add_tag
from tests.documents.test_upload import upload


def report(company: str, period: str, revenue: str) -> bytes:
    """A PDF of three pages: who and when, the figures, a remark."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    for text in (
        f"{company} Incorporated\n\nReport for the quarterly period ended {period}.",
        f"Revenue in the quarter was {revenue} million dollars, said the board.",
        "The non-current liabilities (unaudited) are shown in Note 7.",
    ):
        pdf.add_page()
        pdf.multi_cell(0, 8, text)
    return bytes(pdf.output())


REPORTS = {
    "nordia_2023_Q1.pdf": report("Nordia", "March 31, 2023", "110"),
    "nordia_2023_Q2.pdf": report("Nordia", "June 30, 2023", "120"),
    "2023 Q2 SDR.pdf": report("Sudoria", "June 30, 2023", "990"),
    "costs.md": (
        b"# Costs\n\nCosts of the fleet (in millions):\n\n| | June 30, 2023 | June 30, 2022 |\n|---|---|---|\n"
        b"| Freight | 1,234 | (56) |\n| Fuel | 78 | 90 |\n| Total costs of the fleet | 1,312 | 34 |\n"
    ),
    "notes.md": b"# Notes\n\nNobody knows the revenue in the quarter.",
}


class Shelf:
    """The tools of a project with the reports, as an agent has them."""

    def __init__(self, process: Process, project_id: UUID, ids: dict[str, UUID]) -> None:
        documents = ReadableDocuments(project_id)
        self.knowledge = knowledge = ProjectKnowledge(process.database, process.retriever, documents, "http://kb")
        self.catalog = ProjectCatalog(process.database, documents)
        self.texts = ProjectTexts(process.database, process.retriever.titles, documents, "http://kb")
        self.search = SearchDocuments(knowledge, texts=self.texts)
        self.find = FindText(self.texts)
        self.read = ReadPages(self.texts)
        self.tables = FindTables(knowledge, self.texts)
        self.ids = ids
        self.names = {found: name for name, found in ids.items()}

    async def narrowed(self, **conditions: Any) -> set[str]:
        return {self.names[found] for found in (await self.texts.narrow(Narrowing(**conditions))).documents}


@pytest.fixture(scope="module")
async def shelf(process: Process, server: str) -> AsyncIterator[Shelf]:
    async with client_of(process, server, "shelf@example.org") as api:
        made = await api.http.post("/api/v1/projects/", json={"name": "Reports", "business_brief": "Reports"})
        api.project = made.json()["id"]
        rows = await upload(api, REPORTS)
        await until_ended(api, [row["id"] for row in rows])
        ids = {row["name"]: UUID(row["id"]) for row in rows}
        await add_tag(process, api, str(ids["2023 Q2 SDR.pdf"]), "Region", "South")
        yield Shelf(process, UUID(api.project), ids)


async def test_a_tool_for_some_chunks_reads_no_others(shelf: Shelf, process: Process) -> None:
    costs, notes = shelf.ids["costs.md"], shelf.ids["notes.md"]
    async with process.database.read() as session:
        query = select(Chunk.project_id, Chunk.id).where(Chunk.document_id == costs)
        [(project_id, chunk)] = (await session.execute(query)).tuples()

    def narrowed(scope: ChunkScope) -> ProjectKnowledge:
        async def chunk_scope(_: AsyncSession) -> ChunkScope:
            return scope

        documents = ReadableDocuments(project_id)
        return ProjectKnowledge(process.database, process.retriever, documents, "", chunk_scope=chunk_scope)

    without, alone = narrowed(ChunkScope(excluded=(chunk,))), narrowed(ChunkScope(only=(chunk,)))
    assert await without.chunk(chunk) is None
    assert await without.whole(costs, 10_000) == []
    assert [found.chunk_id for found in await alone.whole(costs, 10_000)] == [chunk]
    assert await alone.whole(notes, 10_000) == []


async def test_exact_words_are_found_wherever_they_stand(shelf: Shelf) -> None:
    outcome = await shelf.find.run({"pattern": "NON-CURRENT   liabilities (unaudited)"}, Sources())
    assert [(row["name"], row["min_page"]) for row in outcome.results] == [
        ("2023 Q2 SDR.pdf", 3),
        ("nordia_2023_Q1.pdf", 3),
        ("nordia_2023_Q2.pdf", 3),
    ]
    assert all(row["match"] == "non-current liabilities (unaudited)" for row in outcome.results)
    assert "3 matches in 3 documents" in outcome.text


async def test_all_matches_are_counted_and_few_are_shown(shelf: Shelf) -> None:
    outcome = await shelf.find.run({"pattern": "revenue", "top_k": 1, "context": 0}, Sources())
    assert [row["content"] for row in outcome.results] == ["Revenue"]
    assert "4 matches in 4 documents" in outcome.text
    assert "1 are shown" in outcome.text
    nowhere = await shelf.find.run({"pattern": "Atlantis"}, Sources())
    assert (nowhere.results, nowhere.text) == ([], "Nowhere in the text.")


def test_matches_beyond_those_that_are_kept_are_counted() -> None:
    assert exact("ox").spans("An ox. " * 100, 2) == ([(3, 5), (10, 12)], 100)


async def test_words_are_whole(shelf: Shelf) -> None:
    assert (await shelf.find.run({"pattern": "reven"}, Sources())).results == []


async def test_a_regular_expression(shelf: Shelf) -> None:
    outcome = await shelf.find.run({"pattern": r"\b\d{3} million", "regex": True}, Sources())
    assert sorted(row["match"] for row in outcome.results) == ["110 million", "120 million", "990 million"]


@pytest.mark.parametrize("expression", ["(", r"(a)\1", "(?=a)", "a{2000}", "[z-a]"])
def test_an_expression_that_is_none_says_why(expression: str) -> None:
    with pytest.raises(InvalidArguments, match="exact words"):
        regular(expression)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|aa)*b", "(.*a){20}$", r"(\w+\s?)*!"])
def test_an_expression_takes_time_by_the_length_of_the_text(expression: str) -> None:
    """With a backtracking engine each of these would take years."""
    pattern = regular(expression)
    times = []
    for length in (20_000, 80_000):
        started = time.process_time()
        pattern.spans("a" * length, 5)
        times.append(time.process_time() - started)
    assert times[1] < 20 * max(times[0], 0.005)


def test_a_certain_word_never_hides_a_match() -> None:
    for expression, text in ((r"net\s+sales", "NET sales"), ("colou?r", "color"), ("cat|dog", "dog"), ("x(yes)?", "x")):
        pattern = regular(expression)
        assert pattern.spans(text, 1)[1] == 1
        assert pattern.word.lower() in text.lower()
    assert exact("Größe des Apfels").word.lower() in "größe des apfels"


async def test_pages_are_read_as_they_stand(shelf: Shelf) -> None:
    sources = Sources()
    document = str(shelf.ids["nordia_2023_Q2.pdf"])
    outcome = await shelf.read.run({"document_id": document, "from_page": 2, "to_page": 3}, sources)
    text = " ".join(row["content"] for row in outcome.results)
    assert "120 million" in text
    assert "Note 7" in text
    assert "June 30" not in text
    label = outcome.results[0]["label"]
    assert f"[{label}]" in outcome.text
    chunk = sources.chunk(label)
    assert chunk is not None
    assert outcome.results[0]["content"] in chunk.content
    beyond = {"document_id": document, "from_page": 4}
    with pytest.raises(InvalidArguments, match="has 3 pages"):
        await shelf.read.run(beyond, sources)
    with pytest.raises(InvalidArguments, match="no pages"):
        await shelf.read.run({"document_id": str(shelf.ids["notes.md"]), "from_page": 1}, sources)


async def test_documents_are_chosen_by_what_they_are_about(shelf: Shelf) -> None:
    both = {"nordia_2023_Q1.pdf", "nordia_2023_Q2.pdf"}
    assert await shelf.narrowed(about="Nordia") == both
    assert await shelf.narrowed(about="Sudoria") == {"2023 Q2 SDR.pdf"}, "its first page says so, its name does not"
    assert await shelf.narrowed(about="Sudoria Incorporated") == {"2023 Q2 SDR.pdf"}
    assert await shelf.narrowed(tag="south") == await shelf.narrowed(tag="region: South") == {"2023 Q2 SDR.pdf"}
    assert await shelf.narrowed(until=date(2023, 3, 31)) == {"nordia_2023_Q1.pdf"}
    second = {"nordia_2023_Q2.pdf", "2023 Q2 SDR.pdf"}
    assert await shelf.narrowed(since=date(2023, 4, 1), until=date(2023, 6, 30)) == second
    assert await shelf.narrowed(about="Nordia", since=date(2023, 4, 1)) == {"nordia_2023_Q2.pdf"}
    assert await shelf.narrowed(about="Atlantis") == set()


async def test_a_search_says_what_it_left_out(shelf: Shelf) -> None:
    outcome = await shelf.search.run({"query": "revenue in the quarter", "top_k": 1}, Sources())
    assert len(outcome.results) == 1
    assert "(left out: " in outcome.text
    narrowed = {"query": "revenue", "about": "Nordia", "since": "2023-04-01"}
    found = await shelf.search.run(narrowed, Sources())
    assert {row["name"] for row in found.results} == {"nordia_2023_Q2.pdf"}
    assert "looked at 1 of 5 documents" in found.text
    dated = await shelf.search.run({"query": "revenue", "since": "2023-01-01"}, Sources())
    assert "2 of the others bear no date" in dated.text
    with pytest.raises(InvalidArguments, match="2023-07-01"):
        await shelf.search.run({"query": "x", "since": "July"}, Sources())


@pytest.mark.parametrize(
    ("kind", "query", "rest"),
    [
        (FindByName, "2023", "(left out: 2 further documents, the next are "),
        (ListDocumentNames, "2023", "(goes on at offset 1)"),
        (FindByContent, "revenue in the quarter", "further documents, the next are "),
    ],
)
async def test_documents_are_found_within_what_was_chosen(shelf: Shelf, kind: Any, query: str, rest: str) -> None:
    tool = kind(shelf.knowledge if kind is FindByContent else shelf.catalog, texts=shelf.texts)
    assert {"about", "tag", "since", "until", "document_ids"} <= set(tool.spec.parameters["properties"])
    chosen = await tool.run({"query": query, "about": "Nordia", "since": "2023-04-01"}, Sources())
    assert [row["name"] for row in chosen.results] == ["nordia_2023_Q2.pdf"]
    assert "looked at 1 of 5 documents" in chosen.text
    ids = [str(shelf.ids["nordia_2023_Q1.pdf"])]
    assert [row["name"] for row in (await tool.run({"query": query, "document_ids": ids}, Sources())).results] == [
        "nordia_2023_Q1.pdf"
    ]
    few = await tool.run({"query": query, "top_k": 1, "limit": 1}, Sources())
    assert len(few.results) == 1
    assert rest in few.text


async def test_documents_are_found_by_their_tags_within_what_was_chosen(shelf: Shelf) -> None:
    tool = FindByTags(shelf.catalog, texts=shelf.texts)
    assert [row["name"] for row in (await tool.run({"query": "region"}, Sources())).results] == ["2023 Q2 SDR.pdf"]
    none = await tool.run({"query": "region", "about": "Nordia"}, Sources())
    assert (none.results, "looked at 2 of 5 documents" in none.text) == ([], True)


async def test_a_search_for_objects_says_what_it_left_out() -> None:
    async def search(query: str, limit: int, documents: Any) -> list[dict[str, Any]]:
        found = [{"name": f"No. {n}", "document_name": "a", "content": "b", "chunk_ids": []} for n in range(5)]
        return found[:limit]

    outcome = await SearchObjectsTool(search).run({"query": "b", "top_k": 2}, Sources())
    assert [row["name"] for row in outcome.results] == ["No. 0", "No. 1"]
    assert "(left out: 3 further objects, the next are No. 2, No. 3, No. 4)" in outcome.text


async def test_rows_of_tables_come_with_the_heads_of_their_columns(shelf: Shelf) -> None:
    sources = Sources()
    outcome = await shelf.tables.run({"label": "freight"}, sources)
    [row] = outcome.results
    assert (row["row"], row["unit"], row["name"]) == ("Freight", "million", "costs.md")
    assert [(cell["column"], cell["text"], cell["value"], cell["date"]) for cell in row["cells"]] == [
        ("June 30, 2023", "1,234", 1234, "2023-06-30"),
        ("June 30, 2022", "(56)", -56, "2022-06-30"),
    ]
    chunk = sources.chunk(row["label"])
    assert chunk is not None
    assert row["content"] in chunk.content, "what is quoted stands there"


async def test_cells_are_those_of_the_period_and_unit(shelf: Shelf) -> None:
    [row] = (await shelf.tables.run({"label": "freight", "period": "2022"}, Sources())).results
    assert [cell["text"] for cell in row["cells"]] == ["(56)"]
    assert (await shelf.tables.run({"label": "freight", "period": "2019"}, Sources())).results == []
    assert (await shelf.tables.run({"label": "freight", "unit": "percent"}, Sources())).results == []
    assert (await shelf.tables.run({"label": "freight", "about": "Nordia"}, Sources())).results == []
    total = await shelf.tables.run({"label": "total costs of the fleet", "top_k": 1}, Sources())
    assert total.results[0]["row"] == "Total costs of the fleet"


async def test_parts_of_a_question_are_searched_apart(shelf: Shelf) -> None:
    parts = ["revenue of Nordia in Q1 2023", "revenue of Nordia in Q2 2023", "revenue of Sudoria"]
    outcome = await shelf.search.run({"parts": parts, "top_k": 1}, Sources())
    assert [(row["part"], row["name"]) for row in outcome.results] == [
        (parts[0], "nordia_2023_Q1.pdf"),
        (parts[1], "nordia_2023_Q2.pdf"),
        (parts[2], "2023 Q2 SDR.pdf"),
    ]
    assert outcome.text.count("# revenue of") == 3


async def test_a_search_that_takes_too_long_says_so(shelf: Shelf) -> None:
    times = iter(range(0, 10_000, 100))
    hurried = FindText(shelf.texts, clock=lambda: float(next(times)))
    outcome = await hurried.run({"pattern": "revenue"}, Sources())
    assert "the time was up" in outcome.text


async def test_tools_are_run_over_the_api(towns: Towns) -> None:
    tool = await towns.make("find_text")
    assert [row["name"] for row in await towns.run(tool, pattern="breakfast is")] == ["oslo hotels.md"]
    assert "RE2" not in await towns.fails(tool, 400, "invalid_arguments", pattern="")
    await towns.fails(tool, 400, "invalid_arguments", pattern="(", regex=True)
    await towns.fails(tool, 400, "invalid_arguments", pattern="x", regex="yes")
    pages = await towns.make("read_pages")
    await towns.fails(pages, 400, "invalid_arguments", document_id=towns.ids["oslo"])
    await asyncio.gather(*(towns.run(tool, pattern="hotel") for _ in range(3)))
