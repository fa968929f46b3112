"""Feedback and signals, and the views of those who review them."""

from typing import Any
from uuid import uuid4

from tests.conftest import Api
from tests.people.conftest import VIEW, Join, Member
from tests.sse import ask, new_conversation

GROUPED = "/feedbacks/grouped_by_conversation/"


async def talk_with_question(api: Api, question: str, **more: Any) -> str:
    talk = await new_conversation(api, **more)
    await ask(api, question, talk)
    return talk


async def give(api: Api, talk: str, text: str, *, positive: bool | None = None, query_id: int = 0) -> str:
    context = {"conversation_id": talk, "query_id": query_id, "source": "PlaygroundConversation"}
    answer = await api.post("/feedbacks/", json={"context": context, "feedback": text, "is_positive": positive})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def texts(api: Api, path: str = "/feedbacks/", **params: str) -> list[str]:
    return [row["feedback"] for row in (await api.get(path, params=params)).json()["results"]]


async def groups(api: Api, **params: str) -> list[dict[str, Any]]:
    answer = await api.get(GROUPED, params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def test_feedback_names_its_question_and_conversation(api: Api) -> None:
    talk = await talk_with_question(api, "Who pays for the hotel?", name="Travel")
    feedback = await give(api, talk, "Too short", positive=False)
    [row] = (await api.get("/feedbacks/")).json()["results"]
    assert row["id"] == feedback
    assert (row["user_message"], row["conversation_title"]) == ("Who pays for the hotel?", "Travel")
    assert row["context"] == {"conversation_id": talk, "query_id": 0, "source": "PlaygroundConversation"}
    assert (row["status"], row["is_positive"]) == ("to_review", False)


async def test_feedback_about_what_is_not_there(api: Api, join: Join) -> None:
    talk = await talk_with_question(api, "Who?")
    stranger = await join(VIEW)
    good = {"conversation_id": talk, "query_id": 0, "source": "PlaygroundConversation"}
    for client, wrong, field in (
        (api, {"query_id": 7}, "context.query_id"),
        (api, {"conversation_id": str(uuid4())}, "context.conversation_id"),
        (stranger, {}, "context.conversation_id"),
        (api, {"source": "Elsewhere"}, "context.source"),
        (api, {"query_id": -1}, "context.query_id"),
    ):
        answer = await client.post("/feedbacks/", json={"context": good | wrong})
        assert (answer.status_code, list(answer.json())) == (400, [field])


async def test_admins_see_all_feedback_and_others_what_they_gave(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    own = await talk_with_question(api, "One?")
    theirs = await talk_with_question(viewer, "Two?")
    await give(api, own, "from the admin")
    given = await give(viewer, theirs, "from the viewer")
    admins = await give(api, theirs, "from the admin on theirs")
    assert await texts(viewer) == ["from the viewer"]
    assert await texts(api) == ["from the admin on theirs", "from the viewer", "from the admin"]
    [group] = await groups(viewer)
    assert [row["feedback"] for row in group["feedbacks"]] == ["from the viewer"]
    assert group["to_review_count"] == 1
    assert (await viewer.patch(f"/feedbacks/{admins}/", json={"feedback": "x"})).status_code == 403
    assert (await viewer.delete(f"/feedbacks/{admins}/")).status_code == 403
    assert (await viewer.patch(f"/feedbacks/{given}/", json={"feedback": "better"})).json()["feedback"] == "better"
    assert (await viewer.delete(f"/feedbacks/{given}/")).status_code == 204
    assert (await viewer.get("/feedbacks/counts/")).json()["to_review"] == 0


async def test_feedback_is_filtered_by_opinion_conversation_words_and_status(api: Api) -> None:
    talk = await talk_with_question(api, "Where is the xylophone?")
    await give(api, talk, "wrong page", positive=False)
    other = await talk_with_question(api, "What else?")
    good = await give(api, other, "good", positive=True)
    await give(api, other, "no opinion")
    assert await texts(api, is_positive="true") == ["good"]
    assert await texts(api, is_positive="false") == ["wrong page"]
    assert await texts(api, conversation_id=talk) == ["wrong page"]
    assert await texts(api, search="WRONG") == ["wrong page"]
    assert await texts(api, search="xylophone") == ["wrong page"]
    await api.patch(f"/feedbacks/{good}/", json={"status": "reviewed"})
    assert await texts(api, status="reviewed") == ["good"]
    assert await texts(api, status="to_review") == ["no opinion", "wrong page"]


async def test_a_conversation_is_reviewed_when_all_its_feedback_is(api: Api) -> None:
    first = await talk_with_question(api, "One?", name="first")
    second = await talk_with_question(api, "Two?", name="second")
    one, _ = await give(api, first, "a"), await give(api, first, "b")
    await give(api, second, "c")
    assert [group["conversation_title"] for group in await groups(api)] == ["second", "first"]
    await api.patch(f"/feedbacks/{one}/", json={"status": "reviewed"})
    assert await groups(api, status="reviewed") == []
    # By the latest update within the filter: "a" was changed last, and is not to be reviewed any more.
    assert [group["conversation_title"] for group in await groups(api)] == ["first", "second"]
    waiting = await groups(api, status="to_review")
    assert [group["conversation_title"] for group in waiting] == ["second", "first"]
    assert [row["feedback"] for row in waiting[1]["feedbacks"]] == ["b"]
    assert (waiting[1]["to_review_count"], waiting[1]["reviewed_count"]) == (1, 1)
    assert (await api.get("/feedbacks/counts/")).json() == {
        "to_review": 2,
        "reviewed": 1,
        "conversations_to_review": 2,
        "conversations_reviewed": 0,
        "ungrouped_to_review": 0,
        "ungrouped_reviewed": 0,
    }
    marked = await api.post("/feedbacks/mark_conversation_reviewed/", json={"conversation_id": first})
    assert marked.json() == {"updated_count": 1, "conversation_id": first, "new_status": "reviewed"}
    assert [group["conversation_title"] for group in await groups(api, status="reviewed")] == ["first"]
    counts = (await api.get("/feedbacks/counts/")).json()
    assert (counts["conversations_to_review"], counts["conversations_reviewed"]) == (1, 1)


async def test_groups_are_paged_and_leave_archived_conversations_out(api: Api) -> None:
    talks = [await talk_with_question(api, f"Question {number}?", name=str(number)) for number in range(3)]
    for talk in talks:
        await give(api, talk, "x")
        await give(api, talk, "y")
    first = (await api.get(GROUPED, params={"limit": 2})).json()
    assert (first["count"], [group["conversation_title"] for group in first["results"]]) == (3, ["2", "1"])
    rest = (await api.http.get(first["next"])).json()
    assert [group["conversation_title"] for group in rest["results"]] == ["0"]
    await api.delete(f"/playground-conversations/{talks[1]}/")
    assert [group["conversation_title"] for group in await groups(api)] == ["2", "0"]
    everything = await groups(api, include_archived="true")
    assert [group["conversation_is_archived"] for group in everything] == [False, True, False]
    assert [group["conversation_title"] for group in await groups(api, search="question 0")] == ["0"]


async def test_a_signal_is_seen_by_its_giver_and_admins_who_review_it(api: Api, join: Join) -> None:
    viewer = await join(VIEW)
    talk = await talk_with_question(viewer, "Who pays?", name="Costs")
    context = {"additional_details": "The model refused", "conversation_id": talk, "query_id": 0, "score": 0.1}
    made = await viewer.post("/signals/", json={"context": context, "is_positive": False})
    assert made.status_code == 201, made.text
    signal = made.json()
    assert (signal["user_message"], signal["conversation_title"]) == ("Who pays?", "Costs")
    assert signal["context"] == context
    await api.post("/signals/", json={"context": {"conversation_id": "nonsense"}, "feedback": "plain"})
    assert await texts(viewer, "/signals/") == [""]
    assert await texts(api, "/signals/") == ["plain", ""]
    assert await texts(api, "/signals/", search="model refused") == [""]
    assert await texts(api, "/signals/", is_positive="false") == [""]
    reviewed = await api.patch(f"/signals/{signal['id']}/", json={"status": "reviewed"})
    assert reviewed.json()["status"] == "reviewed"
    assert await texts(api, "/signals/", status="to_review") == ["plain"]
    assert (await api.post("/signals/", json={"context": {"x": "y" * 70_000}})).status_code == 400
    assert (await api.post("/signals/", json={})).json() == {"context": ["This field is required."]}


async def test_a_signal_does_not_show_conversations_of_others(api: Api, join: Join) -> None:
    talk = await talk_with_question(api, "A secret question?", name="secret")
    viewer: Member = await join(VIEW)
    made = await viewer.post("/signals/", json={"context": {"conversation_id": talk, "query_id": 0}})
    assert (made.json()["user_message"], made.json()["conversation_title"]) == ("", "")
