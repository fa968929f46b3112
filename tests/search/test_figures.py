"""Questions for figures find the rows that state them, not only the passages that talk about them."""

import threading
from typing import Any

import pytest

from citewell.search import retrieve
from citewell.search.analyse import analysed_text
from citewell.search.figures import by_chunk, combined, stated, wanted_figures
from tests.search.store import Store

STATEMENT = (
    "CONSOLIDATED STATEMENTS OF OPERATIONS\n\n| 2023 | 2022\nTotal net sales | 81,797 | 82,959\n"
    "Research and development | 7,442 | 6,797\nOperating income | 22,998 | 23,076"
)
TALK = "Operating income and net sales rose. Net sales are seasonal, and operating income depends on net sales. " * 3


def scored(question: str, text: str) -> float:
    found = wanted_figures(question)
    lines = stated(found, text, analysed_text(text, "en")) if found else ()
    return combined(found, lines) if found and lines else 0.0


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("What were the net sales in 2023?", {"total net sales"}),
        ("How much was spent on R&D?", {"research and development"}),
        ("What is the quick ratio?", {"total current assets", "inventories", "total current liabilities"}),
    ],
)
def test_a_question_wants_the_rows_of_its_figures(question: str, labels: set[str]) -> None:
    found = wanted_figures(question)
    assert found is not None
    assert labels <= {label for known in found.labels for label in known}


def test_a_question_for_no_figure_wants_none() -> None:
    assert wanted_figures("Who wrote the manual?") is None


def test_rows_count_and_talk_does_not() -> None:
    assert scored("What were the net sales?", STATEMENT) > 1
    assert scored("What were the net sales?", TALK) == 0


def test_a_row_of_another_figure_counts_little() -> None:
    other = "Deferral of net sales | 12 | 13\nNet sales, Japan | 5,821 | 5,446"
    assert 0 < scored("What were the net sales?", other) < 0.5


def test_the_statement_that_is_named_counts_more() -> None:
    cash = "STATEMENTS OF CASH FLOWS\n\nNet income | 9,243 | 680"
    income = "STATEMENTS OF INCOME\n\nNet income | 9,243 | 680"
    question = "What is the net income according to the cash flow statement?"
    assert scored(question, cash) > scored(question, income)


async def test_the_statement_comes_before_the_talk_about_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Acorn 2023", "Birch 2023"):
        await store.add(f"{name}.pdf", *[TALK + f"Chapter {number}." for number in range(8)], STATEMENT)
    threads = set()

    def noted(*arguments: Any) -> Any:
        threads.add(threading.get_ident())
        return by_chunk(*arguments)

    monkeypatch.setattr(retrieve, "by_chunk", noted)
    hits = await store.find("What were the net sales and the operating income of Acorn in 2023?")
    assert threads
    assert threading.get_ident() not in threads, "rows are compared beside the event loop"
    first = hits[0]
    assert first.document_name == "Acorn 2023.pdf"
    assert "81,797" in first.content[first.passage_start : first.passage_end]
