"""Passages: all of a chunk, in parts that an embedding model reads whole."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from citewell.embedding.weights import find_minilm
from citewell.ingestion.context import indexed_text
from citewell.ingestion.passages import MAX_TOKENS, estimate_tokens, split

WORDS = st.sampled_from(
    [
        "train",
        "a",
        "Übernachtung",
        "3.5",
        "end.",
        "Really?!",
        "六時間以内の出張。",
        "ISO-9001",
        "x" * 900,
        "…",
        "\n",
        "\n\n",
        " | ",
    ]
)
TEXT = st.lists(WORDS, max_size=400).map(" ".join)
ODD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=800)


@settings(max_examples=300, deadline=None)
@given(TEXT | ODD, st.integers(8, 300))
def test_passages_cover_everything_and_are_small(text: str, tokens: int) -> None:
    end = 0
    for ordinal, passage in enumerate(split(text, tokens)):
        assert passage.ordinal == ordinal
        assert not text[end : passage.start].strip()
        content = text[passage.start : passage.end]
        assert content == content.strip()
        assert content
        assert estimate_tokens(content) <= tokens
        end = passage.end
    assert not text[end:].strip()


def test_rows_and_sentences_stay_whole() -> None:
    rows = "\n".join(f"Oslo number {number} | Grand hotel. Best one. | 210 EUR" for number in range(100))
    for passage in split(rows):
        assert set(rows[passage.start : passage.end].split("\n")) <= set(rows.split("\n"))
    prose = "The fare is 3.5 EUR. See example.com for more! " * 60
    for passage in split(prose):
        assert prose[passage.start : passage.end].startswith(("The fare", "See example"))
        assert prose[passage.start : passage.end].endswith(("EUR.", "more!"))


@pytest.mark.parametrize(
    "text", ["." * 200_000, "a." * 100_000, "! " * 100_000, '."' * 100_000, "x" * 500_000, "\n" * 300_000]
)
def test_texts_of_nothing_but_marks_take_no_time(text: str) -> None:
    started = time.thread_time()
    passages = split(text)
    assert time.thread_time() - started < 5
    assert all(estimate_tokens(text[passage.start : passage.end]) <= MAX_TOKENS for passage in passages)


def test_the_estimate_is_not_below_what_the_model_counts() -> None:
    model = find_minilm()
    assert model is not None
    tokenizer = Tokenizer.from_file(str(model.file.with_name("tokenizer.json")))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for text in (
        "Employees travel by train when the journey takes less than six hours. " * 5,
        "Net sales | $117,154 | $123,945 | (5.5)% | 2023-07-01\n" * 8,
        "六時間以内の出張には電車を使います。" * 10,
    ):
        true = len(tokenizer.encode(text, add_special_tokens=False).ids)
        assert true <= estimate_tokens(text)


def test_a_passage_is_indexed_with_its_document_and_headings() -> None:
    text = indexed_text("travel-rules.PDF", ["A", "B", "C", "D"], "Body.")
    assert text == "travel-rules\nB\nC\nD\nBody."
    assert indexed_text("v1.2 notes", [], "Body.") == "v1.2 notes\nBody."


def test_a_sentence_too_long_for_one_passage_is_cut_at_its_page() -> None:
    first, rest = "The words of a page " * 30 + "have", "no end " * 30 + "on it."
    content = f"{first}\n\n{rest}"
    found = split(content, 40, [len(first) + 2], [(len(first), len(first) + 2)])
    assert any(passage.start == len(first) + 2 for passage in found)
