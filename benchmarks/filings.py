"""Questions over quarterly reports: how many get an answer, from the right report, with the right figures?

Usage: python -m benchmarks.filings [--questions FILE] [--reports FOLDER] [--data FOLDER] [--show] [--only WORD]

The reports go into one project of the product, and every question is asked in a conversation of its own, through the
agent loop with the built-in model. Measures: answered (at least one verified citation); the right report cited first;
all figures of the reference answer in the answer, and at least half of them; wrong figures: questions about amounts
where an answer states figures and none of the reference's is among them; all words that an answer must hold; refused,
of the questions that no report answers. A figure counts in any unit (36,413 million, 36.4 billion). With --data the
indexed reports are kept in this folder and used again. Without arguments the questions are ../shared/eval/filings and
the reports ../shared/samples/sec-10q beside the repository.
"""

import argparse
import asyncio
import json
import mimetypes
import re
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from sqlalchemy import select

from benchmarks.report import machine, table
from citewell.auth.access import Access, resolve_access
from citewell.auth.caller import Caller
from citewell.conversations.schemas import ConversationCreate
from citewell.conversations.service import create_conversation
from citewell.conversations.turns import ask as ask_in
from citewell.documents.uploads import Upload, add_documents
from citewell.models import AgentSettings, Document, Project
from citewell.process import Process, open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.settings import Settings
from citewell.turns import entries
from citewell.turns.reader import read_log
from citewell.users.service import ensure_user

SHARED = Path(__file__).parents[2] / "shared"
_PROJECT = "benchmarks.filings"
_OWNER = "owner@localhost"
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_LINK = re.compile(r"\]\([^)\s]*\)")
_YEAR = re.compile(r"(?:19|20)\d\d")


class Asked(msgspec.Struct, rename={"id": "_id"}):
    """A question with its reference answer.

    `figures` have no thousands separators, `holds` are words that the answer must have, `before` the questions of the
    conversation. Without `documents` no report answers it, and the right answer is a refusal.
    """

    id: str
    question: str
    documents: list[str]
    figures: list[str] = []
    holds: list[str] = []
    answer: str = ""
    kind: str = ""
    before: list[str] = []


class Given(msgspec.Struct):
    """What the product answered; `reports` are the documents of its verified citations, in their order."""

    text: str
    reports: list[str]
    seconds: float

    @property
    def plain(self) -> str:
        """The text without the addresses of its links."""
        return _LINK.sub("]", self.text)


async def ask(process: Process, access: Access, question: str, before: Sequence[str] = ()) -> Given:
    """Ask in a new conversation, behind other questions, and wait for the whole answer."""
    began = time.perf_counter()
    message = await answer_message(process, access, question, before)
    cited = [entry for entry in message.get("citations", []) if "claim" not in entry]
    names = [entry["document_name"] for entry in cited if entry["verified"]]
    return Given(message.get("content", ""), names, time.perf_counter() - began)


async def answer_message(process: Process, access: Access, question: str, before: Sequence[str] = ()) -> dict[str, Any]:
    """The assistant's last message as clients get it, with its citations; empty where there is none."""
    async with process.database.write() as session:
        query = select(AgentSettings.id).where(AgentSettings.project_id == access.project_id)
        agent_id = (await session.scalars(query.limit(1))).one()
        conversation, _ = await create_conversation(session, access, ConversationCreate(agent_settings=agent_id))
        conversation_id = conversation.id
    for text in (*before, question):
        key = await ask_in(process.turns, access, conversation_id, text, "citewell:")
        batches = [batch async for batch in read_log(process.turns, key) if batch is not None]
    payloads = [entry["p"] for batch in batches for entry in batch.entries if entry["k"] == entries.PAYLOAD]
    messages: list[dict[str, Any]] = [payload for payload in payloads if payload["type"] == "message"]
    return messages[-1] if messages else {}


def held(figures: Sequence[str], text: str) -> int:
    """How many of the figures stand in the text, as they are or in another unit (1,234 million as 1.2 billion)."""
    found = [float(number.replace(",", "")) for number in _NUMBER.findall(_LINK.sub("]", text))]
    return sum(any(_same(float(figure), number, figure) for number in found) for figure in figures)


def _same(figure: float, number: float, written: str) -> bool:
    if figure == number:
        return True
    places = len(written.partition(".")[2])
    if places:  # 122.584 billion as 122,584 million; 11.4 billion as 11,404 million
        return any(round(number / unit, places) == figure for unit in (1e3, 1e6, 1e9))
    return figure >= 1000 and any(number * unit == figure for unit in (1e3, 1e6))


def states_figures(text: str) -> bool:
    """Whether there is a number in the text other than years and small ones."""
    plain = _LINK.sub("]", text)
    return any("," in number or "." in number for number in _NUMBER.findall(plain) if not _YEAR.fullmatch(number))


def measures(questions: Sequence[Asked], given: Sequence[Given]) -> list[list[str]]:
    """Rows of (measure, count, share)."""
    refusals = [answer for question, answer in zip(questions, given, strict=True) if not question.documents]
    worded = [(question, answer) for question, answer in zip(questions, given, strict=True) if question.holds]
    pairs = [(question, answer) for question, answer in zip(questions, given, strict=True) if question.documents]
    figures = [(question, answer) for question, answer in pairs if question.figures]
    counts = [(held(question.figures, answer.text), len(question.figures), answer) for question, answer in figures]
    rows = [
        ("answered (with a verified citation)", sum(bool(answer.reports) for _, answer in pairs), len(pairs)),
        (
            "right report cited first",
            sum(bool(answer.reports) and answer.reports[0] in question.documents for question, answer in pairs),
            len(pairs),
        ),
        ("all figures", sum(count == total for count, total, _ in counts), len(figures)),
        ("half of the figures", sum(2 * count >= total for count, total, _ in counts), len(figures)),
        (
            "wrong figures stated",
            sum(count == 0 and bool(answer.reports) and states_figures(answer.text) for count, _, answer in counts),
            len(figures),
        ),
    ]
    if worded:
        said = sum(
            all(word in " ".join(answer.plain.split()) for word in question.holds) for question, answer in worded
        )
        rows.append(("all words", said, len(worded)))
    if refusals:
        rows.append(("refused what no report says", sum(not answer.reports for answer in refusals), len(refusals)))
    return [[name, f"{count} of {total}", f"{100 * count / max(total, 1):.0f} %"] for name, count, total in rows]


@asynccontextmanager
async def store(data: Path, reports: Sequence[Path]) -> AsyncIterator[tuple[Process, Access]]:
    """The product with the reports in one project; they are indexed where that has not been done before."""
    settings = Settings(data_dir=data, log_level="warning")
    async with open_process(settings, worker=True) as process:
        async with process.database.write() as session:
            owner = await ensure_user(session, _OWNER, superuser=True)
            known = select(Project.id).where(Project.name == _PROJECT)
            project_id = (await session.scalars(known)).one_or_none()
            if project_id is None:
                request = ProjectCreate(name=_PROJECT)
                project_id = (await create_project(session, process.extensions, owner.id, request)).id
            caller = Caller(owner.id, owner.email, owner.is_superuser)
            access = await resolve_access(session, project_id, caller)
        for path in reports:
            with path.open("rb") as file:
                content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                upload = Upload(path.name, content_type, file, [])
                await add_documents(process, project_id, owner.id, [upload])
        await _indexed(process, len(reports))
        yield process, access


async def _indexed(process: Process, count: int) -> None:
    while True:
        async with process.database.read() as session:
            ready = list(await session.scalars(select(Document.id).where(Document.live_version_id.is_not(None))))
        if len(ready) >= count:
            return
        await asyncio.sleep(1)


async def run(questions: Sequence[Asked], reports: Sequence[Path], data: Path, *, show: bool) -> None:
    async with store(data, reports) as (process, access):
        given = []
        for question in questions:
            given.append(await ask(process, access, question.question, question.before))
            if show:
                _print(question, given[-1])
    print(machine())
    print()
    print(table(["measure", "questions", "share"], measures(questions, given)))
    print(f"\nSeconds for a question, median: {median(answer.seconds for answer in given):.2f}")


def _print(question: Asked, given: Given) -> None:
    right = bool(given.reports) and given.reports[0] in question.documents
    count = held(question.figures, given.text)
    print(f"== {question.id} {question.question}")
    print(f"   {'right' if right else 'WRONG'} report {question.documents} | {count} of {question.figures}")
    print("   " + given.plain.replace("\n", "\n   "))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--questions", type=Path, default=SHARED / "eval" / "filings" / "questions.jsonl")
    parser.add_argument("--reports", type=Path, default=SHARED / "samples" / "sec-10q")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--show", action="store_true", help="print each answer")
    parser.add_argument("--only", default="", help="only questions with this id or this text")
    chosen = parser.parse_args()
    if not chosen.questions.exists() or not chosen.reports.exists():
        print(f"Skipped: no {chosen.questions} or no {chosen.reports}.")
        return
    lines = chosen.questions.read_text().splitlines()
    questions = [msgspec.convert(json.loads(line), Asked) for line in lines]
    questions = [one for one in questions if chosen.only == one.id or chosen.only in one.question]
    reports = sorted(chosen.reports.glob("*.pdf"))
    with tempfile.TemporaryDirectory(prefix="cw-f-") as folder:
        asyncio.run(run(questions, reports, chosen.data or Path(folder), show=chosen.show))


if __name__ == "__main__":
    main()
