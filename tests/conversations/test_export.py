"""A conversation as a file: the quotes stand in it as footnotes, and nothing of an answer becomes markup."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pypdfium2
import pytest
from docx import Document

from citewell.conversations.export.blocks import read_blocks
from citewell.conversations.export.formats import write_transcript
from citewell.conversations.export.transcript import Transcript, make_transcript
from citewell.turns.messages import NewMessage
from tests.conftest import Api, until_ended
from tests.documents.test_upload import upload
from tests.sse import ask, new_conversation

LINK = "/01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71/reference/01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71?verbatim=x"
ANSWER = f"""A room costs **210 EUR** [1]({LINK}). The moon is near. Ключ <script>alert(1)</script>

| City | Price |
|---|---|
| Zurich | 210 [1]({LINK}) |

3. third
   - deeper
"""


def transcript() -> Transcript:
    claim = "The moon is near."
    citations: list[dict[str, Any]] = [
        {"number": 1, "document_name": "rates.pdf", "place": "page 4", "verbatim": "210\x00 EUR", "verified": True},
        {"number": 0, "claim": claim, "end": ANSWER.index(claim) + len(claim), "verified": False},
    ]
    now = datetime.now(UTC)
    question = NewMessage("user", "message", "What does a room cost?", 0, now, {})
    answer = NewMessage("assistant", "message", ANSWER, 0, now, {"citations": citations, "state": "stopped"})
    return make_transcript("Rooms & prices", [question, answer])


async def test_an_answer_is_exported_with_its_quotes(handbook: Api) -> None:
    talk = await new_conversation(handbook)
    await ask(handbook, "How much may a hotel room cost in Zurich?", talk)
    for name, kind in (("docx", "wordprocessingml"), ("pdf", "application/pdf"), ("markdown", "text/markdown")):
        answer = await handbook.get(f"/playground-conversations/{talk}/export/", params={"format": name})
        assert answer.status_code == 200
        assert kind in answer.headers["content-type"]
        assert answer.headers["content-disposition"].startswith("attachment")
    assert "[^1-1]: handbook.md" in answer.text
    assert "210 EUR" in answer.text


async def test_a_quote_says_that_its_document_was_deleted(api: Api) -> None:
    [document] = await upload(api, {"moths.md": b"# Moths\n\nA silk moth lays 512 eggs."})
    await until_ended(api, [document["id"]])
    talk = await new_conversation(api)
    await ask(api, "How many eggs does a silk moth lay?", talk)
    await api.delete(f"/documents/{document['id']}/")
    answer = await api.get(f"/playground-conversations/{talk}/export/", params={"format": "markdown"})
    assert "512 eggs.” (the document has been deleted since)" in answer.text


def test_word_has_native_footnotes() -> None:
    content = write_transcript("docx", transcript())
    footnotes = zipfile.ZipFile(io.BytesIO(content)).read("word/footnotes.xml").decode()
    assert footnotes.count("rates.pdf, page 4: “210 EUR”") == 2, "one for each place that cites it"
    document = Document(io.BytesIO(content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "The moon is near. [not in sources]" in text
    assert "<script>alert(1)</script>" in text
    assert document.tables[0].cell(1, 0).text == "Zurich"
    assert "The answer was stopped here." in text


def test_each_numbered_list_of_a_word_file_begins_with_its_own_number() -> None:
    now = datetime.now(UTC)
    lists = "1. one\n2. two\n\nBetween.\n\n1. again\n\nBetween.\n\n7. seven\n8. eight\n"
    answer = [NewMessage("user", "message", "?", 0, now, {}), NewMessage("assistant", "message", lists, 0, now, {})]
    document = Document(io.BytesIO(write_transcript("docx", make_transcript("", answer))))
    counts = {
        num.numId: num.xpath("./w:lvlOverride/w:startOverride/@w:val")
        for num in document.part.numbering_part.element.num_lst
    }
    items = [paragraph for paragraph in document.paragraphs if paragraph.style.name == "List Number"]
    of_items = [item._p.pPr.numPr.numId.val for item in items]
    assert [counts[number] for number in dict.fromkeys(of_items)] == [["1"], ["1"], ["7"]]
    assert [of_items.count(number) for number in dict.fromkeys(of_items)] == [2, 1, 2]


def test_pdf_has_the_quotes_below_the_answer() -> None:
    page = pypdfium2.PdfDocument(write_transcript("pdf", transcript()))[0]
    text = " ".join(page.get_textpage().get_text_range().split())
    for wanted in ("Rooms & prices", "210 EUR", "rates.pdf, page 4", "The moon is near. [not in sources]", "Zurich"):
        assert wanted in text


@pytest.mark.parametrize("markdown", ["", "- ", "| a |\n|---|", "> > >", "1. 2. 3.", "[x](", "```", "\u2028\x00\ud800"])
def test_every_answer_can_be_written(markdown: str) -> None:
    now = datetime.now(UTC)
    history = [NewMessage("user", "message", "?", 0, now, {}), NewMessage("assistant", "message", markdown, 0, now, {})]
    for kind in ("docx", "pdf"):
        assert write_transcript(kind, make_transcript("", history))


def test_items_keep_their_numbers_and_depth() -> None:
    items = [block for block in read_blocks(ANSWER) if block.kind in ("bullet", "number")]
    assert [(block.kind, block.number, block.level) for block in items] == [("number", 3, 0), ("bullet", 0, 1)]
