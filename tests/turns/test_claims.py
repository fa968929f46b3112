"""What an answer claims without a source is said to the client, in the stream and in the history."""

from tests.turns.conftest import Talk


async def test_claims_without_a_citation_are_listed_in_the_message(talk: Talk) -> None:
    await talk.use("flood:tokens=23")
    events = await talk.ask()
    [answer] = [m for m in events[-1]["payload"]["chat_history"] if m["role"] == "assistant"]
    assert answer["citations"]
    for entry in answer["citations"]:
        assert (entry["status"], entry["reason"], entry["reference_url"]) == ("unverified", "no_citation", None)
        assert answer["content"][entry["start"] : entry["end"]].split() == entry["claim"].split()
    stored = (await talk.history())[-1]
    assert stored["citations"] == answer["citations"]


async def test_a_verified_citation_stands_beside_the_claims_that_nothing_backs(informed: Talk) -> None:
    await informed.use("tool:tokens=23")
    events = await informed.ask()
    [answer] = [m for m in events[-1]["payload"]["chat_history"] if m["type"] == "message" and m["role"] == "assistant"]
    kinds = [(entry["status"], "claim" in entry) for entry in answer["citations"]]
    assert kinds[0] == ("verified", False)
    assert ("unverified", True) in kinds


async def test_a_citation_of_a_deleted_document_says_so(informed: Talk) -> None:
    await informed.use("tool:tokens=3")
    await informed.ask()
    cited = next(entry for entry in (await informed.history())[-1]["citations"] if entry["document_id"])
    assert cited["status"] == "verified"
    await informed.api.delete(f"/documents/{cited['document_id']}/")
    [entry, *_] = (await informed.history())[-1]["citations"]
    assert (entry["status"], entry["verified"], entry["reason"]) == ("unverified", False, "document_deleted")
    assert entry["verbatim"] == cited["verbatim"]
