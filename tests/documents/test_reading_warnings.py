"""What of a document could not be read is told wherever people look for it."""

from email.message import EmailMessage

from citewell.kit.places import Place
from tests.conftest import Api, until_ended
from tests.documents.test_upload import upload
from tests.sse import ask, final_answer


def mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "The order"
    message.set_content("Please find the order attached.")
    message.add_attachment(b"%PDF-1.7 cut off", maintype="application", subtype="pdf", filename="order.pdf")
    return message.as_bytes()


async def test_an_attachment_that_was_not_read(api: Api) -> None:
    [row] = await upload(api, {"order.eml": mail()})
    status = (await until_ended(api, [row["id"]]))[row["id"]]
    assert status["status"] == "active"
    [warning] = status["warnings"]
    assert "order.pdf" in warning
    found = (await api.get(f"/documents/{row['id']}/diagnosis/")).json()
    assert warning in found["reasons"]
    assert warning in [reason["text"] for reason in found["reason_details"] if reason["code"]]


async def test_a_document_that_is_mostly_unreadable(api: Api) -> None:
    """Its status, its diagnosis, the sources of an answer and the evidence page say so."""
    text = "The ferry to the island leaves at nine.\n\n" + "\ue010\ue011\ue012\ue013 " * 200
    [row] = await upload(api, {"ferry.txt": text.encode()})
    status = (await until_ended(api, [row["id"]]))[row["id"]]
    assert status["status"] == "active"
    [warning] = status["warnings"]
    assert "cannot be read" in warning
    assert warning in (await api.get(f"/documents/{row['id']}/diagnosis/")).json()["reasons"]
    answer = final_answer(await ask(api, "When does the ferry to the island leave?"))
    [cited] = [citation for citation in answer["citations"] if "claim" not in citation]
    assert "at nine" in cited["verbatim"]
    assert "little certainty (4 %)" in cited["warning"]
    assert cited["warning"] in (await api.http.get(cited["reference_url"])).text
    source = await api.get(f"/sources/{cited['chunk_id']}/", params={"verbatim": cited["verbatim"]})
    assert source.json()["warning"] == cited["warning"]


def test_a_quote_that_was_read_with_little_certainty() -> None:
    doubtful = Place(1, 1, "page 1", (), 0.55).warning
    assert doubtful is not None
    assert "55 %" in doubtful
    assert Place(1, 1, "page 1", (), 0.9).warning is None
    assert Place(1, 1, "page 1", ()).warning is None
