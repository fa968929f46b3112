"""A long dialogue is trimmed by the stated rule and keeps its question."""

from citewell.agent.context import fit, message_tokens
from citewell.agent.protocol import Message, ToolCall

SYSTEM = Message("system", "rules " * 50)
QUESTION = Message("user", "What is it?")


def total(dialogue: list[Message]) -> int:
    return sum(map(message_tokens, dialogue))


def history(count: int) -> list[Message]:
    return [Message("assistant" if number % 2 else "user", f"{number} " * 100) for number in range(count)]


def called(number: int) -> Message:
    return Message("assistant", "", [ToolCall(f"call_{number}", "search_documents", {"query": "x"})])


def result(number: int, size: int = 4000) -> Message:
    return Message("tool", f"{number}" * size, tool_call_id=f"call_{number}")


def test_what_fits_stays_as_it_is() -> None:
    dialogue = [SYSTEM, *history(4), QUESTION]
    assert fit(dialogue, 10_000) == dialogue


def test_the_oldest_exchanges_go_first_and_as_a_whole() -> None:
    dialogue = [SYSTEM, *history(6), QUESTION]
    kept = fit(dialogue, total(dialogue) - 1)
    assert kept == [SYSTEM, *dialogue[3:]]
    assert kept[1].role == "user"


def test_then_the_oldest_tool_results_then_the_newest_are_cut() -> None:
    dialogue = [SYSTEM, *history(6), QUESTION, called(1), result(1), called(2), result(2), result(3)]
    kept = fit(dialogue, 1800)
    assert total(kept) <= 1800
    assert [message.role for message in kept] == ["system", "user", "assistant", "tool", "assistant", "tool", "tool"]
    assert kept[1] == QUESTION
    assert "left out" in kept[3].content
    assert kept[5].content.startswith("222")
    assert len(kept[5].content) == len(kept[6].content) < 4000
    assert [message.tool_call_id for message in kept[-2:]] == ["call_2", "call_3"]


def test_the_question_stays_even_where_nothing_fits() -> None:
    kept = fit([SYSTEM, *history(4), QUESTION, called(1), result(1)], 1)
    assert kept[:2] == [SYSTEM, QUESTION]
    assert 0 < len(kept[-1].content) < 400
