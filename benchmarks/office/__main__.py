"""Questions over invoices, contracts, manuals and policies without a model: how many are answered rightly?

Usage: python -m benchmarks.office [--data FOLDER] [--show] [--only WORD] [--set NAME]

The documents of `benchmarks/office/documents` go into one project of the product, and every question is asked in a
conversation of its own, or behind the questions before it. An answer is right if it holds what it should, lacks what it
should not, and cites the right document first; a refusal is right where the documents do not say. With --data the
indexed documents are kept in this folder and used again.
"""

import argparse
import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.filings import Given, ask, store
from benchmarks.office.busy_questions import BUSY_QUESTIONS, MORE_BUSY_QUESTIONS
from benchmarks.office.last_questions import LAST_QUESTIONS
from benchmarks.office.lists_questions import LISTS_QUESTIONS
from benchmarks.office.more_questions import MORE_QUESTIONS
from benchmarks.office.new_kinds_questions import NEW_KINDS_QUESTIONS
from benchmarks.office.questions import QUESTIONS, Question
from benchmarks.office.render import documents
from benchmarks.office.second_store_questions import SECOND_STORE_QUESTIONS
from benchmarks.office.team_store_questions import TEAM_STORE_QUESTIONS
from benchmarks.office.third_store_questions import THIRD_STORE_QUESTIONS
from benchmarks.report import machine, table

SETS = {
    "office": QUESTIONS,
    "more": MORE_QUESTIONS,
    "last": LAST_QUESTIONS,
    "new-kinds": NEW_KINDS_QUESTIONS,
    "team-store": TEAM_STORE_QUESTIONS,
    "second-store": SECOND_STORE_QUESTIONS,
    "third-store": THIRD_STORE_QUESTIONS,
    "busy": BUSY_QUESTIONS,
    "more-busy": MORE_BUSY_QUESTIONS,
    "lists": LISTS_QUESTIONS,
}
SETS["all"] = [question for questions in SETS.values() for question in questions]


def is_right(question: Question, given: Given) -> bool:
    """Whether the answer is the expected one."""
    if not question.holds:
        return not given.reports
    text = " ".join(given.plain.split())
    found = all(part in text for part in question.holds) and not any(part in text for part in question.lacks)
    return found and bool(given.reports) and given.reports[0] == question.document


def rows(questions: Sequence[Question], right: Sequence[bool]) -> list[list[str]]:
    """(kind, right of all, share) for each kind of question, and for all."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    for question, is_good in zip(questions, right, strict=True):
        kinds[question.kind].append(is_good)
    kinds["all"] = list(right)
    return [
        [kind, f"{sum(all_of)} of {len(all_of)}", f"{100 * sum(all_of) / len(all_of):.0f} %"]
        for kind, all_of in kinds.items()
    ]


async def run(questions: Sequence[Question], data: Path, *, show: bool) -> None:
    folder = data / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in documents():
        (folder / name).write_bytes(content)
    right = []
    async with store(data / "store", sorted(folder.iterdir())) as (process, access):
        for question in questions:
            given = await ask(process, access, question.text, question.before)
            right.append(is_right(question, given))
            if show:
                _print(question, given, is_good=right[-1])
    print(machine())
    print()
    print(table(["kind", "questions", "share"], rows(questions, right)))


def _print(question: Question, given: Given, *, is_good: bool) -> None:
    print(f"== {'right' if is_good else 'WRONG'} [{question.kind}] {question.text}")
    print(
        f"   expected: {', '.join(question.holds) or 'a refusal'}; not {', '.join(question.lacks)}; {question.document}"
    )
    print("   " + given.plain.replace("\n", "\n   "), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--show", action="store_true", help="print each answer")
    parser.add_argument("--only", default="", help="only questions with this text or of this kind")
    parser.add_argument("--set", choices=SETS, default="office", help="which questions (default: office)")
    chosen = parser.parse_args()
    questions = [one for one in SETS[chosen.set] if chosen.only in one.text or chosen.only == one.kind]
    with tempfile.TemporaryDirectory(prefix="cw-o-") as folder:
        asyncio.run(run(questions, chosen.data or Path(folder), show=chosen.show))


if __name__ == "__main__":
    main()
