"""Every format on its whole way: uploaded together, all become active and can be found."""

import json
import shutil

import pytest

from tests.conftest import Api, until_ended
from tests.documents.test_upload import upload
from tests.ingestion.containers import epub, msg, odf, ole
from tests.ingestion.files import report_pdf, sample_docx, sample_pptx, sample_xlsx
from tests.ingestion.test_recognition import encoded, picture

MAIL = b"From: ada@example.org\nSubject: A letter\nContent-Type: text/plain; charset=utf-8\n\nThe letter's words."


async def test_every_format_becomes_active(api: Api) -> None:
    files = {
        "report.pdf": report_pdf(1),
        "rules.docx": sample_docx(),
        "deck.pptx": sample_pptx(),
        "book.xlsx": sample_xlsx(),
        "rules.odt": odf("text", "<text:p>Rules of travel.</text:p>"),
        "novel.epub": epub({"one.xhtml": "<h1>One</h1><p>It begins.</p>"}),
        "prices.json": json.dumps({"product": "Falcon", "price": 12}).encode(),
        "staff.tsv": b"name\tteam\nAda\tResearch\n",
        "letter.eml": MAIL,
        "letter.msg": msg({"0037": "A letter", "1000": "The letter's words."}, {}),
        "note.txt": "Größere Züge".encode("cp1252"),
    }
    if shutil.which("tesseract"):
        files["scan.png"] = encoded(picture(["The hotel costs 140 EUR."]), "PNG")
    documents = await upload(api, files)
    statuses = await until_ended(api, [document["id"] for document in documents])
    ended = {row["document_name"]: (row["status"], row["error"]) for row in statuses.values()}
    assert ended == dict.fromkeys(files, ("active", None))


async def test_a_warning_is_in_the_log_of_the_run(api: Api) -> None:
    [document] = await upload(api, {"broken.json": b'{"city": "Oslo", '})
    await until_ended(api, [document["id"]])
    [run] = (await api.get("/pipeline-runs/")).json()["results"]
    assert "broken.json: This is no valid JSON" in run["raw_logs"]


async def test_what_is_missing_is_the_reason_of_the_failure(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    [document] = await upload(api, {"note.doc": ole({"WordDocument": b"words"})})
    [row] = (await until_ended(api, [document["id"]])).values()
    assert row["status"] == "failed"
    assert row["error"]["code"] == "no_converter"
    assert "LibreOffice" in row["error"]["message"]
