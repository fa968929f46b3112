"""Citation marks in the spellings of many models, and the thinking and control tokens around them."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citewell.agent.citations import plain_history
from citewell.agent.marks import MarkReader
from citewell.agent.protocol import Message, ModelRequest
from citewell.agent.reply import Reply
from citewell.agent.sources import Sources
from citewell.agent.thoughts import ThoughtFilter
from tests.agent.library import Saying, sources_of

ROOM = "Welcome to the house. A room in the main house costs 140 euro a night, breakfast included. Dogs may stay."
BOAT = "The boat to the island leaves at 9:15 from pier 4."
SAID = "A room costs 140 euro a night"
WORDS = "costs 140 euro a night"


async def read(text: str, size: int, sources: Sources | None = None) -> Reply:
    reply = Reply(sources or sources_of(ROOM, BOAT), lambda _: None, 100_000)
    model = Saying([text[start : start + size] for start in range(0, len(text), size)])
    await reply.read(model, ModelRequest([Message("user", "What does a room cost?")], []))
    return reply


@pytest.mark.parametrize(
    "mark",
    [
        f"[[c1|{WORDS}]]",
        f"[c1|{WORDS}]",
        f"[1|{WORDS}]",
        f"[[1|{WORDS}]]",
        f"[[c1｜{WORDS}]]",
        f"[[c1\\|{WORDS}]]",
        f"\\[\\[c1\\|{WORDS}\\]\\]",
        f"{{{{c1|{WORDS}}}}}",
        f"【c1|{WORDS}】",
        f"[[c1: {WORDS}]]",
        f'[c1: "{WORDS}"]',
        f"[c1, “{WORDS}”]",
        f"[[Source c1|{WORDS}]]",
        f"[[c1][{WORDS}]]",
        "[[c1|costs **140 euro** a night]]",
        "[[c1|costs `140` euro a night]]",
    ],
)
async def test_words_behind_a_label_are_cited_in_every_spelling(mark: str) -> None:
    for size, gap in itertools.product((1, 7, 1000), (" ", "")):
        reply = await read(f"{SAID}{gap}{mark}.", size)
        assert plain_history(reply.content) == f"{SAID}{gap}[1]."
        assert [(one.verbatim, one.found_by) for one in reply.citations] == [(WORDS, "model")]


@pytest.mark.parametrize(
    "mark",
    [
        "[[c1]]", "[[1]]", "[c1]", "[C1]", "[^c1]", "^[1]", "(c1)", "(see c1)", "(Source: c1)", "(Source 1)", "〔c1〕",
        "〖1〗", "［c1］", "⟦c1⟧", "{c1}", "<c1>", "<sup>1</sup>", "<sup>[1]</sup>", "<cite>c1</cite>", "<ref>1</ref>",
        "[c1, p. 3]", "[c1, page 3]", "[1, pp. 3-4]", "[[c1, p. 3]]", "[cite: 1]", "[citation:1]", "[doc1]",
        "[Source: c1]", "[chunk c1]", "【c1】", "【1†source】", "[1†L3-L5]", "\\[c1\\]", "[c1](#c1)", "[1](http://x.example)",
        "[c1-c2]", "(c1, c2)", "Source: c1",
    ],
)  # fmt: skip
async def test_a_label_alone_is_linked_to_the_words_that_back_the_sentence(mark: str) -> None:
    for size in (1, 7, 1000):
        reply = await read(f"{SAID} {mark}.", size)
        assert plain_history(reply.content).startswith(f"{SAID} [1]")
        assert plain_history(reply.content)[len(SAID) + 4 :] in (".", "[2].")
        assert (reply.citations[0].verified, reply.citations[0].found_by) == (True, "server")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{SAID}.¹ The boat leaves at 9:15 from pier 4.²", f"{SAID}.[1] The boat leaves at 9:15 from pier 4.[2]"),
        (f"{SAID}.[^1]\n\n[^1]: report.pdf, page 1", f"{SAID}.[1]\n\n"),
        (f"Pay `140` [[c1|{WORDS}]].", "Pay `140` [1]."),
        (f"Run `pay [[c1|{WORDS}]] now` here.\nMore.", "Run `pay now` here. [1]\nMore."),
        (f"```\nroom = 140 [[c1|{WORDS}]]\n```\nDone.", "```\nroom = 140\n```\n[1]\nDone."),
        (
            f"| What | Price |\n|---|---|\n| Room | 140 [[c1\\|{WORDS}]] |\n",
            "| What | Price |\n|---|---|\n| Room | 140 [1] |\n",
        ),
        (f"{SAID} \ue200cite\ue202turn0file0\ue201.", f"{SAID}. [1]"),
        (f"[cite_start]{SAID}.[cite: 1]", f"{SAID}.[1]"),
        (f'<cite index="1-1">{SAID}.</cite>', f"{SAID}. [1]"),
        (f"{SAID} [[c1|{WORDS}]].<|im_end|>", f"{SAID} [1]."),
        (f"<|begin_of_box|>{SAID} [[c1|{WORDS}]].<|end_of_box|><|user|>", f"{SAID} [1]."),
        (f"<|channel|>final <|message|>{SAID} [[c1|{WORDS}]].<eos>", f"{SAID} [1]."),
        (f"<think>Hm</think><answer>{SAID} [1].</answer>", f"{SAID} [1]."),
    ],
)
async def test_marks_around_sentences_code_and_tables(text: str, shown: str) -> None:
    for size in (1, 5, 1000):
        assert plain_history((await read(text, size)).content) == shown


@pytest.mark.parametrize(
    "text",
    [
        "It is 5 m² (see below), (a) or (b): 3 km².",
        "`x[c1]`, `(c1)` and f(c1)",
        "```\na[(c1)] = <c1>\n```",
        "Company (C) 2020, vitamin (c), {a} and {b: c}.",
        "<b>bold</b> (company) [text] x^2",
        "Sources say so: many. Reference: the manual.",
    ],
)
async def test_what_is_no_mark_stays(text: str) -> None:
    for size in (1, 5, 1000):
        assert (await read(text, size)).content == text


async def test_what_a_source_writes_itself_is_no_mark() -> None:
    sources = sources_of("Vertebra (C1) carries the head.")
    reply = await read("The atlas (C1) turns.", 3, sources)
    assert reply.content == "The atlas (C1) turns."


PIECES = ["[", "]", "[[", "|", "\\", "c1", "c2", "1", "(", ")", "<", ">", "sup", "cite", "Source", ":", " ", "{", "}"]
TEXTS = st.lists(st.sampled_from([*PIECES, "`", "\n", "²", "†", ", p. 3", "words", "【", "】"]), max_size=30).map(
    "".join
)


@given(TEXTS, st.integers(1, 9))
@example("[[c1\n:\n", 1)
@example("[cite\nc1]", 1)
@example("{<c2\n>", 1)
@example("{c1}}words", 1)
@example("【c1, p. 3}²】", 1)
def test_any_cutting_of_the_text_gives_the_same_marks(text: str, size: int) -> None:
    sources = sources_of(ROOM, BOAT)
    whole, pieces = MarkReader(sources), MarkReader(sources)
    expected = whole.feed(text) + whole.finish()
    assert "".join(pieces.feed(text[at : at + size]) for at in range(0, len(text), size)) + pieces.finish() == expected


@pytest.mark.timeout(60)
def test_hostile_marks_cost_little() -> None:
    sources = sources_of(ROOM, BOAT)
    for piece in ("[", "[c1", "[[c1|", "(c1, ", "<sup>", "Source: ", "²", "\ue200", "`[c1]"):
        reader = MarkReader(sources)
        text = piece * (100_000 // len(piece))
        assert len(reader.feed(text) + reader.finish()) <= 2 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "<think>Hm</think>It costs.",
        "Hm</think>It costs.",
        '<think time="3">Hm</think>\n\nIt costs.',
        "[THINK]Hm[/THINK]It costs.",
        "Hm[/THINK]It costs.",
        "◁think▷Hm◁/think▷It costs.",
        "<|begin_of_thought|>Hm<|end_of_thought|>It costs.",
        "<|START_THINKING|>Hm<|END_THINKING|>It costs.",
        "<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>It costs.",
        "analysisHmassistantfinalIt costs.",
        "<|channel>thought\nHm<channel|>It costs.",
        "<seed:think>Hm</seed:think>It costs.",
        "It costs.\n<think>Hm</think>",
    ],
)
def test_thinking_is_told_from_the_answer_in_every_spelling(text: str) -> None:
    for size in (1, 4, 1000):
        told: dict[str, str] = {"answer": "", "thought": ""}
        whole = ThoughtFilter()
        fed = [piece for start in range(0, len(text), size) for piece in whole.feed(text[start : start + size])]
        for piece in (*fed, *whole.finish()):
            if piece.kind == "withdrawn":
                told = {"answer": "", "thought": told["answer"]}
            else:
                told[piece.kind] += piece.text
        assert {kind: said.strip() for kind, said in told.items()} == {"answer": "It costs.", "thought": "Hm"}
