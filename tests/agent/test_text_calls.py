"""Tool calls as families of models write them into their text, and texts that only look like calls."""

import pytest

from citewell.agent.protocol import ToolCall
from citewell.agent.text_call_formats import known_name, read_object
from citewell.agent.text_calls import TextCallFilter

NAMES = ("search_documents", "math", "find_text")
OBJECT = '{"name": "search_documents", "arguments": {"query": "room"}}'
INVOKED = '<invoke name="search_documents">\n<parameter name="query">room</parameter>\n</invoke>'


def told(text: str, size: int) -> tuple[str, list[ToolCall]]:
    """What is said and called by a text that comes in pieces of this size."""
    text_filter = TextCallFilter(NAMES)
    said = "".join(text_filter.feed(text[start : start + size]) for start in range(0, len(text), size))
    rest, calls = text_filter.finish()
    return said + rest, calls


@pytest.mark.parametrize(
    "text",
    [
        OBJECT,
        '{"type": "function", "name": "search_documents", "parameters": {"query": "room"}}',
        '<|python_tag|>{"name": "search_documents", "parameters": {"query": "room"}}<|eom_id|>',
        '<|python_tag|>search_documents.call(query="room")',
        '[search_documents(query="room")]',
        '<|python_start|>[search_documents(query="room")]<|python_end|>',
        "search_documents(query='room')\n",
        '```tool_code\nprint(default_api.search_documents(query="room"))\n```',
        '```python\nsearch_documents(query="room")\n```',
        '[TOOL_CALLS] [{"name": "search_documents", "arguments": {"query": "room"}, "id": "abc"}]',
        '[TOOL_CALLS]search_documents{"query": "room"}',
        '[TOOL_CALLS]search_documents[CALL_ID]a1b2[ARGS]{"query": "room"}</s>',
        f"<tool_call>{OBJECT}",
        "<tool_call>\n{'name': 'search_documents', 'arguments': {'query': 'room'}}\n</tool_call>",
        '<tool_call>\n{"name": "search_documents", "arguments": {"query": "room",}}\n</tool_call>',
        "<tool_call>\n<function=search_documents>\n<parameter=query>\nroom\n</parameter>\n</function>\n</tool_call>",
        "<function=search_documents>\n<parameter=query>\nroom\n</function>",
        '<function name="search_documents">{"query": "room"}</function>',
        f"<function_calls>\n{INVOKED}\n</function_calls>",
        f"<minimax:tool_call>\n{INVOKED}\n</minimax:tool_call>",
        '<｜DSML｜function_calls><｜DSML｜invoke name="search_documents"><｜DSML｜parameter name="query" string="true">'
        "room</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search_documents\n```json\n"
        '{"query": "room"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>search_documents<｜tool▁sep｜>{"query": "room"}<｜tool▁call▁end｜>',
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.search_documents:0<|tool_call_argument_begin|>"
        '{"query": "room"}<|tool_call_end|><|tool_calls_section_end|>',
        "<tool_call>search_documents\n<arg_key>query</arg_key>\n<arg_value>room</arg_value>\n</tool_call>",
        'search_documents\n{"query": "room"}',
        "<start_function_call>call:search_documents{query:<escape>room<escape>}<end_function_call>",
        '<|tool_call>call:search_documents{query:<|"|>room<|"|>}<tool_call|>',
        '<|channel|>commentary to=functions.search_documents <|constrain|>json<|message|>{"query":"room"}<|call|>',
        '<|start|>assistant to=functions.search_documents<|channel|>commentary <|message|>{"query":"room"}<|call|>',
        '<|channel|>analysis to=functions.search_documents code<|message|>{"query": "room"}<|call|>',
        f"<|tool_call|>[{OBJECT}]<|/tool_call|>",
        f"functools[{OBJECT}]",
        'Action: ```json\n[{"tool_name": "search_documents", "parameters": {"query": "room"}}]\n```',
        '<|START_ACTION|>[{"tool_name": "search_documents", "parameters": {"query": "room"}}]<|END_ACTION|>',
        'Action: search_documents\nAction Input: {"query": "room"}\nObservation: none',
        '{"action": "search_documents", "action_input": {"query": "room"}}',
        '{"search_documents": {"query": "room"}}',
        '{"tool": "search_documents", "query": "room"}',
        '{"tool_calls": [{"function": {"name": "search_documents", "arguments": "{\\"query\\": \\"room\\"}"}}]}',
        '{"tool_uses": [{"recipient_name": "functions.search_documents", "parameters": {"query": "room"}}]}',
        f"<|action_start|><|plugin|>{OBJECT}<|action_end|>",
        f"[TOOL_REQUEST]{OBJECT}[END_TOOL_REQUEST]",
    ],
)
@pytest.mark.parametrize("before", ["", "I will look that up.\n\n"])
def test_each_family_is_understood_however_its_text_is_cut(text: str, before: str) -> None:
    for size in (1, 7, 10_000):
        said, calls = told(before + text, size)
        assert [(call.name, call.arguments) for call in calls] == [("search_documents", {"query": "room"})], size
        assert said.strip() == before.strip()


def test_several_calls_of_one_text_are_all_run() -> None:
    two = '[search_documents(query="room"), math(expression="1 + 1")]'
    for text in (two, f"```tool_code\n{two}\n```"):
        assert [call.name for call in told(text, 3)[1]] == ["search_documents", "math"]
    _, calls = told(f"<tool_call>{OBJECT}</tool_call>\n<tool_call>{OBJECT.replace('room', 'boat')}</tool_call>", 3)
    assert [call.arguments["query"] for call in calls] == ["room", "boat"]


@pytest.mark.parametrize(
    "text",
    [
        '{"price": 140}',
        '```json\n{"name": "Ada"}\n```\nThat is all.',
        "Use <b>bold</b>, <toolbox> and [math].",
        '{"name": "no_such_tool", "arguments": {}}',
        "math (the subject) is fun",
        "search_documents finds things.\nAnd (more) text.",
        '```python\nprint("a")\n```\nDone.',
        "Action: call the office.",
        "[1, 2, 3]\n[[c1|x]]",
        "find_text\nis a tool",
        "<tool_call>no call at all</tool_call> and more",
    ],
)
def test_other_texts_pass_unchanged(text: str) -> None:
    for size in (1, 7, 10_000):
        assert told(text, size) == (text, [])


def test_code_streams_while_it_comes() -> None:
    text_filter = TextCallFilter(NAMES)
    assert text_filter.feed('Here it is:\n```json\n{"price": 1') == 'Here it is:\n```json\n{"price": 1'


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SearchDocuments", "search_documents"),
        ("search-documents", "search_documents"),
        ("search_documents<|channel|>commentary", "search_documents"),
        ("assistant<|channel|>commentary to=functions.search_documents", "search_documents"),
        ("find_textfind_text", "find_text"),
        ("mcp__store__find_text", "find_text"),
        ("find", None),
        ("", None),
    ],
)
def test_a_name_in_another_spelling_is_known(written: str, meant: str | None) -> None:
    assert known_name(written, NAMES) == meant


def test_values_are_literals_and_nothing_runs() -> None:
    assert read_object("{'a': [True, None, 1.5], }") == {"a": [True, None, 1.5]}
    for text in ("{'a': __import__('os')}", "{1, 2}", "b'x'", "{'a': 1j}", "[" * 5000, "(" * 5000, ""):
        assert read_object(text) is None
    assert told('search_documents(query=open("x").read())', 9)[1] == []


@pytest.mark.timeout(60)
def test_hostile_texts_cost_little() -> None:
    pieces = (
        "<tool_call>",
        "search_documents(",
        "call:search_documents{",
        "<parameter=x>",
        "search_documents {",
        "{" * 9,
    )
    for piece in (*pieces, "<arg_key>a</arg_key><arg_value>", "```json\n{", "search_documents()" + ")" * 50):
        text = "<tool_call>" + piece * (60_000 // len(piece))
        assert told(text, 60_000)[1] == []
