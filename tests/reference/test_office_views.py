"""Decks as slides and workbooks as cells: what a viewer beside an answer is given, and what of it is marked."""

import io
from collections.abc import AsyncIterator

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from pptx import Presentation

from citewell.ingestion.blocks import Builder
from citewell.process import Process
from citewell.reference.sheets import sheet_of
from tests.conftest import Api, client_of, until_ended
from tests.documents.test_upload import upload

ROWS = 120


def workbook() -> bytes:
    book = Workbook()
    prices = book.active
    prices.title = "Prices"
    prices["A1"] = "Prices of pumps"
    for column, name in enumerate(("Pump", "Price", "Stock"), start=2):
        prices.cell(3, column, name)
    for row in range(ROWS):
        for column, value in enumerate((f"Falcon {row}", 1000 + row, row), start=2):
            prices.cell(4 + row, column, value)
    prices["C9"].comment = Comment("Agreed in May", "Ada")
    book.create_sheet("Terms")["A1"] = "Payable within 30 days"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def deck() -> bytes:
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "The harbour in May"
    slide.placeholders[1].text = "Nine ships came\nTwo left early"
    slide.notes_slide.notes_text_frame.text = "Say why the two left"
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
async def office(process: Process, server: str) -> AsyncIterator[Api]:
    async with client_of(process, server, "reader-of-office@example.org") as client:
        made = await client.http.post("/api/v1/projects/", json={"name": "Office", "business_brief": ""})
        client.project = made.json()["id"]
        rows = await upload(
            client, {"prices.xlsx": workbook(), "harbour.pptx": deck(), "ships.csv": b"a,b\n1,2\n3,4\n"}
        )
        await until_ended(client, [row["id"] for row in rows])
        yield client


async def chunk_with(api: Api, name: str, words: str) -> str:
    documents = (await api.get("/documents/")).json()["results"]
    [document] = [row["id"] for row in documents if row["name"] == name]
    chunks = (await api.get(f"/documents/{document}/chunks/")).json()["results"]
    return next(str(row["id"]) for row in chunks if words in row["content"])


async def test_quoted_cells_are_marked_in_their_sheet(office: Api) -> None:
    words = "Falcon 90 | 1090"
    chunk = await chunk_with(office, "prices.xlsx", words)
    address = f"/sources/{chunk}/sheets/1/"
    sheet = (await office.get(address, params={"verbatim": words, "offset": 90, "limit": 10})).json()
    assert (sheet["name"], [each["name"] for each in sheet["sheets"]]) == ("Prices", ["Prices", "Terms"])
    assert sheet["marked"] == [{"top": 94, "left": 2, "bottom": 94, "right": 3}]
    assert sheet["row_count"] == ROWS + 2, "the title, the header, and each row once"
    [row] = [row for row in sheet["rows"] if row["number"] == 94]
    assert row["cells"] == ["", "Falcon 90", "1090", "90"]
    assert sheet["marked_row"] == 90 + sheet["rows"].index(row)
    [note] = sheet["notes"]
    assert note["place"] == "Prices!C9"
    assert "Agreed in May" in note["text"]
    first = (await office.get(address, params={"limit": 3})).json()
    assert [row["cells"] for row in first["rows"]][:2] == [["Prices of pumps"], ["", "Pump", "Price", "Stock"]]
    assert first["marked"] == []


async def test_a_slide_has_its_blocks_and_the_quoted_words(office: Api) -> None:
    words = "Two left early"
    chunk = await chunk_with(office, "harbour.pptx", words)
    slide = (await office.get(f"/sources/{chunk}/slides/1/", params={"verbatim": words})).json()
    assert (slide["number"], slide["count"]) == (1, 1)
    assert [(block["part"], block["type"]) for block in slide["blocks"]] == [
        ("slide", "title"),
        ("slide", "list"),
        ("notes", "text"),
    ]
    marked = [block["text"][block["start"] : block["end"]] for block in slide["blocks"] if block["start"] is not None]
    assert marked == [words]


async def test_what_a_document_does_not_have_is_said(office: Api) -> None:
    cells = await chunk_with(office, "prices.xlsx", "Falcon")
    slides = await chunk_with(office, "harbour.pptx", "harbour")
    for path in (f"{cells}/sheets/3/", f"{cells}/slides/1/", f"{slides}/slides/2/", f"{slides}/sheets/1/"):
        answer = await office.get(f"/sources/{path}")
        assert answer.status_code == 404, path
        assert "There is no such" in answer.text


async def test_a_csv_is_a_sheet_of_its_own(office: Api) -> None:
    chunk = await chunk_with(office, "ships.csv", "3 | 4")
    sheet = (await office.get(f"/sources/{chunk}/sheets/1/", params={"verbatim": "3 | 4"})).json()
    assert [row["cells"] for row in sheet["rows"]] == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert sheet["marked"] == [{"top": 3, "left": 1, "bottom": 3, "right": 2}]


def test_a_repeated_header_is_marked_where_it_stands() -> None:
    builder = Builder()
    for first in (1, 3):
        rows = [["ship", "tons"], *([f"s{number}", str(number)] for number in (first, first + 1))]
        builder.add("table", "\n".join(" | ".join(row) for row in rows), rows=rows)
    document = builder.document()
    start = document.text.rindex("ship | tons")
    sheet = sheet_of(document, 1, (start, start + 11), 0, 10)
    assert sheet is not None
    assert [row.cells for row in sheet.rows] == [["ship", "tons"], ["s1", "1"], ["s2", "2"], ["s3", "3"], ["s4", "4"]]
    assert [(cells.top, cells.left, cells.right) for cells in sheet.marked] == [(1, 1, 2)]
    rows_below = document.text.index("s2 | 2"), document.text.index("s3 | 3") + 6
    below = sheet_of(document, 1, rows_below, 0, 10)
    assert below is not None
    assert [cells.top for cells in below.marked] == [3, 4], "the header between them is repeated for readers alone"


@pytest.mark.parametrize(
    ("name", "words", "view"),
    [("prices.xlsx", "Falcon 90", "sheets"), ("ships.csv", "3", "sheets"), ("harbour.pptx", "Nine ships", "slides")],
)
async def test_a_viewer_is_told_how_to_show_the_document(office: Api, name: str, words: str, view: str) -> None:
    chunk = await chunk_with(office, name, words)
    source = (await office.get(f"/sources/{chunk}/")).json()
    [version] = (await office.get(f"/documents/{source['document_id']}/versions/")).json()["results"]
    assert (source["view"], version["view"]) == (view, view)
