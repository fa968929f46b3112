"""The page behind a citation: the PDF page with the span marked, tables as tables, and what is missing said so."""

import re
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import numpy as np
import pytest
from fpdf import FPDF

from citewell.agent.spans import find_span
from citewell.ingestion.parsing.pdf_text import Word
from citewell.models import Chunk
from citewell.process import Process
from citewell.reference import sources
from citewell.reference.marks import Part
from citewell.reference.page_child import marked
from citewell.reference.routes import span_of
from tests.conftest import Api, client_of, until_ended
from tests.documents.test_upload import upload
from tests.ingestion.pictures import docx_with_pictures
from tests.samples import PRICES

SPAN = "The pump must be cleaned every third week"


def manual() -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for number in range(1, 4):
        pdf.add_page()
        pdf.multi_cell(
            0,
            8,
            f"Page {number} of the manual has some lines about the engine and its parts.",
            new_x="LMARGIN",
            new_y="NEXT",
        )
        if number == 2:
            pdf.multi_cell(
                0,
                8,
                f"Read this first. {SPAN} by a person who was trained for it, and never alone.",
                new_x="LMARGIN",
                new_y="NEXT",
            )
    return bytes(pdf.output())


@pytest.fixture(scope="module")
async def library(process: Process, server: str) -> AsyncIterator[Api]:
    async with client_of(process, server, "reader-of-pages@example.org") as client:
        made = await client.http.post("/api/v1/projects/", json={"name": "Manuals", "business_brief": ""})
        client.project = made.json()["id"]
        files = {"manual.pdf": manual(), "prices.html": PRICES, "boilers.docx": docx_with_pictures()}
        rows = await upload(client, files)
        await until_ended(client, [row["id"] for row in rows])
        yield client


async def reference(api: Api, query: str) -> str:
    answer = await api.post("/retrieve-with-hybrid-search/", json={"query": query, "n_objects": 1})
    found: str = answer.json()["retrieval_results"][0]["reference_url"]
    return found


def decoded(png: bytes) -> Any:
    """Rows, columns, colours of a PNG as we write it."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    data, place = b"", 8
    while place < len(png):
        [length] = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += 12 + length
    return (
        np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)
    )


def yellow(picture: Any) -> Any:
    """Where the picture is marked."""
    colours = picture.astype(int)
    return (colours[:, :, 0] > 200) & (colours[:, :, 2] < 150)


async def test_the_pdf_page_is_shown_with_the_span_marked(library: Api) -> None:
    url = await reference(library, "How often is the pump cleaned?")
    page = await library.http.get(f"{url}?verbatim={quote(SPAN)}")
    assert page.status_code == 200
    assert f'<mark id="span">{SPAN}</mark>' in page.text.replace("\n", " ")
    [source] = re.findall(r'<img src="([^"]+)"', page.text)
    assert "/page/2?" in source
    picture = await library.http.get(source)
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/png"
    pixels = decoded(picture.content)
    marked_rows = np.flatnonzero(yellow(pixels).any(axis=1))
    assert 0 < len(marked_rows) < pixels.shape[0] / 10
    assert 0.02 < yellow(pixels).mean() * 10 < 1
    plain = decoded((await library.http.get(source.partition("?")[0])).content)
    assert not yellow(plain).any()
    assert "Page 2" in page.text


async def test_the_place_is_that_of_the_words_and_not_of_the_chunk(library: Api) -> None:
    answer = await library.post("/retrieve-with-hybrid-search/", json={"query": "How often is the pump cleaned?"})
    [result] = [found for found in answer.json()["retrieval_results"] if found["name"] == "manual.pdf"]
    over = "never alone."
    assert "Page 3 of the manual" in result["content"], "the chunk has more pages than the passage"
    on_two = f"{over}\n\nPage 3 of the manual"
    page = await library.http.get(f"{result['reference_url']}?verbatim={quote(on_two)}")
    assert "Pages 2 to 3" in page.text
    assert re.findall(r"/page/(\d)", page.text) == ["2", "3"]
    on_last = "Page 3 of the manual"
    page = await library.http.get(f"{result['reference_url']}?verbatim={quote(on_last)}")
    assert '<p class="where">Page 3' in page.text


async def test_the_source_of_words_on_two_pages_names_both(library: Api) -> None:
    url = await reference(library, "How often is the pump cleaned?")
    words = "never alone.\n\nPage 3 of the manual"
    source = await library.get(f"/sources/{url.rpartition('/')[2]}/", params={"verbatim": words})
    assert [source.json()[name] for name in ("place", "min_page", "max_page")] == ["pages 2 to 3", 2, 3]


async def test_a_caption_is_found_and_its_figure_shown(library: Api) -> None:
    """Figures of a document without pages stand on the page of the passage that has their captions."""
    url = await reference(library, "Figure 1: The boiler from the east")
    page = await library.http.get(f"{url}?verbatim={quote('The boiler from the east')}")
    assert '<mark id="span">The boiler from the east</mark>' in page.text
    shown = re.findall(r'<figure><img src="([^"]+)" alt="([^"]+)">', page.text)
    assert [caption for _, caption in shown] == ["Figure 1: The boiler from the east.", "A valve"]
    picture = await library.http.get(shown[0][0])
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    other = await reference(library, "How often is the pump cleaned?")
    refused = await library.http.get(f"{other}/figure/{shown[0][0].rpartition('/')[2]}")
    assert refused.status_code == 404


async def test_words_that_are_not_there_are_said_not_to_be(library: Api) -> None:
    url = await reference(library, "How often is the pump cleaned?")
    page = await library.http.get(f"{url}?verbatim={quote(SPAN.replace('third', 'fourth'))}")
    assert "are not in this passage" in page.text
    assert "<mark" not in page.text
    [source] = re.findall(r'<img src="([^"]+)"', page.text)
    assert not yellow(decoded((await library.http.get(source)).content)).any()


async def test_tables_are_tables_and_cells_are_marked(library: Api) -> None:
    url = await reference(library, "price of Falcon Pro")
    page = await library.http.get(f"{url}?verbatim={quote('Falcon Pro | 420 EUR')}")
    assert '<td><mark id="span">Falcon Pro</mark></td><td><mark>420 EUR</mark></td>' in page.text
    assert "<td>Falcon Basic</td><td>120 EUR</td>" in page.text
    assert "<h2>Price list 2026</h2>" in page.text
    assert "<script" not in page.text
    assert "<img" not in page.text


async def test_the_file_that_was_cited_can_be_opened_after_a_new_version(api: Api) -> None:
    [row] = await upload(api, {"prices.html": PRICES})
    await until_ended(api, [row["id"]])
    url = await reference(api, "price of Falcon Pro")
    newer = PRICES.replace(b"420", b"999")
    await api.post(f"/documents/{row['id']}/versions/", files=[("file", ("prices.html", newer))])
    for _ in range(200):
        status = (await until_ended(api, [row["id"]]))[row["id"]]
        if status["version"] == 2:
            break
    page = await api.http.get(url)
    assert "has a newer version" in page.text
    assert "Version 1" in page.text
    assert (await api.http.get(f"{url}/file")).content == PRICES
    chunk_id = url.rpartition("/")[2].partition("?")[0]
    kept = (await api.get(f"/sources/{chunk_id}/", params={"verbatim": "Falcon Pro"})).json()
    assert (kept["is_current"], kept["current"]["verbatim"]) == (False, "Falcon Pro")
    assert kept["current"]["chunk_id"] != chunk_id
    now = (await api.get(f"/sources/{kept['current']['chunk_id']}/")).json()
    assert kept["version_created_at"] < now["version_created_at"]
    gone = (await api.get(f"/sources/{chunk_id}/", params={"verbatim": "420 EUR"})).json()
    assert (gone["match"], gone["current"]) == ("exact", None)


async def test_pages_that_are_none(library: Api) -> None:
    url = await reference(library, "How often is the pump cleaned?")
    for number in ("0", "4", "-1"):
        assert (await library.http.get(f"{url}/page/{number}")).status_code == 404
    html = await reference(library, "price of Falcon Pro")
    assert (await library.http.get(f"{html}/page/1")).status_code == 404


def test_parts_of_words_and_of_lines_are_marked() -> None:
    words = [Word("Alpha-", 10, 0, 40, 10, 10, False), Word("beta", 50, 0, 70, 10, 10, False)]
    words.append(Word("elsewhere", 10, 100, 70, 110, 10, False))
    box = (10.0, 0.0, 70.0, 10.0)
    assert marked(Part(1, box, "Alpha- beta", 0, 11), words) == [(10, 0, 70, 10)]
    assert marked(Part(1, box, "Alpha beta", 6, 10), words) == [(50, 0, 70, 10)]
    assert marked(Part(1, box, "Alpha | beta", 8, 10), words) == [(50, 0, 60, 10)]
    # The lines of a cell stand above each other, beside those of the next cell.
    stacked = [Word("June", 10, 0, 30, 10, 10, False), Word("25,", 12, 11, 20, 21, 10, False)]
    stacked += [Word("June", 50, 0, 70, 10, 10, False), Word("26,", 52, 11, 60, 21, 10, False)]
    cells = Part(1, (10.0, 0.0, 70.0, 21.0), "June 25, | June 26,", 11, 19)
    assert marked(cells, stacked) == [(50, 0, 70, 10), (52, 11, 60, 21)]
    # Where the words are not the line's, a share of the line is marked.
    assert marked(Part(1, box, "other words", 0, 11), words) == [(10, 0, 70, 10)]


def test_the_search_for_words_in_a_new_version_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_MAX_CHARACTERS", 100)
    near, far = uuid4(), uuid4()
    filling = [(uuid4(), f"{number} " + "x" * 48) for number in range(3)]
    found = sources._first_span([*filling[:1], (near, "It costs 420 EUR.")], "420  eur")
    assert found == (near, 9, 16, "420 EUR")
    assert sources._first_span([*filling, (far, "It costs 420 EUR.")], "420  eur") is None


def test_the_mark_is_where_the_citation_is() -> None:
    chunk = Chunk(content="In 2012 sales were weak. The order held 12 units.")
    span = find_span(chunk.content, "12")
    assert span is not None
    assert span_of(chunk, "12") == (span.start, span.end) == (40, 42)
    assert span_of(chunk, "no such words") is None
