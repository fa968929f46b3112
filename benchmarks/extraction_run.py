"""One extractor over many documents, killed on the way: is any document extracted twice, and how long does it take?

    python -m benchmarks.extraction_run                     # 10,000 documents
    python -m benchmarks.extraction_run --documents 1000

The documents have one line of text each and are inserted as the pipeline leaves them; no file is parsed. A scripted
model answers. The worker is a process of its own, which is killed with SIGKILL after a third of the documents, and
started again. The run is stopped after two thirds, and another one goes on. A second extractor has run over a hundred
of the documents. At the end the prompt of the first one changes.

Prints how often each document was asked for. A call that is under way at the kill is made again, no other: the exit
status is 1 where more calls than those were.
"""

import argparse
import asyncio
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.report import machine, table
from citewell import devmodel
from citewell.auth.access import Access
from citewell.auth.caller import Caller
from citewell.devmodel import Recorder
from citewell.extractors.families import BY_NAME
from citewell.extractors.schemas import ExtractorRun, ObjectExtractor
from citewell.extractors.service import change_extractor, create_extractor, node_stats, start_run
from citewell.kit.ids import new_id
from citewell.models import Chunk, Document, DocumentVersion, ExtractionResult, PipelineRun, User
from citewell.process import open_process
from citewell.projects.schemas import ProjectCreate
from citewell.projects.service import create_project
from citewell.resources import Resources
from citewell.settings import Settings
from citewell.users.service import ensure_user

_CLASS = "class Contract(BaseModel):\n    contract_number: str\n    party: str\n"
_AT_ONCE = 500
_UNDER_WAY = 4  # documents that a worker asks for at the same time
_OF_SECOND = 100  # documents
_LOOK_SECONDS = 0.2
_NUMBER = re.compile(r"Contract number: (C-\d+)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.worker:
        asyncio.run(_work(Path(wanted.worker[0]), wanted.worker[1]))
        return
    with tempfile.TemporaryDirectory(prefix="cw-run-") as folder:
        if not asyncio.run(_run(Path(folder), wanted.documents)):
            sys.exit(1)


def _settings(folder: Path, model: str, **more: object) -> Settings:
    values = {"data_dir": folder, "embedding": "none", "model": "openai/extract", "model_base_url": model}
    return Settings(**{**values, **more})  # type: ignore[arg-type]


async def _work(folder: Path, model: str) -> None:
    """The worker, until it is killed."""
    async with open_process(_settings(folder, model), worker=True, embed=False):
        await asyncio.Event().wait()


async def _run(folder: Path, count: int) -> bool:
    async with devmodel.serving() as (model, recorder):
        asked = _counting(recorder)
        async with open_process(_settings(folder, model), embed=False) as process:
            access = await _access(process)
            await _fill(process, access.project_id, count)
            first, second = [await _extractor(process, access, name) for name in ("first", "second")]
            run = await _start(process, access, first)
            seconds = -time.perf_counter()
            worker = await _spawn(folder, model)
            await _until(process, access, lambda kept: kept >= count // 3)
            worker.send_signal(signal.SIGKILL)
            await worker.wait()
            killed_at, seconds_to_kill = await _kept(process, access), time.perf_counter() + seconds
            worker = await _spawn(folder, model)
            await _until(process, access, lambda kept: kept >= 2 * count // 3)
            await _stop(process, access, run)
            stopped_at = await _kept(process, access)
            again = await _start(process, access, first)
            await _until_ended(process, access, again)
            seconds += time.perf_counter()
            times = Counter(asked.values())
            some = await _some(process, access)
            await _until_ended(process, access, await _start(process, access, second, some))
            before = [await _recomputed(process, access, one) for one in ((first, []), (second, some))]
            await _change_prompt(process, access, first)
            after = [await _recomputed(process, access, one) for one in ((first, []), (second, some))]
            worker.send_signal(signal.SIGKILL)
            await worker.wait()
    print(machine())
    rows = [
        ("kept when the worker was killed", f"{killed_at:,}"),
        ("kept when the run was stopped", f"{stopped_at:,}"),
        ("asked for once", f"{times[1]:,}"),
        (f"asked for twice (at most the {_UNDER_WAY} calls under way at the kill)", f"{count - times[1]:,}"),
        ("seconds, with the kill and the pause after it", f"{seconds:,.0f}"),
        ("documents a second, until the kill", f"{killed_at / seconds_to_kill:,.0f}"),
        ("to be made anew: first extractor, second extractor", f"{before[0]:,}, {before[1]:,}"),
        ("the same after another prompt for the first", f"{after[0]:,}, {after[1]:,}"),
    ]
    print(table(["", f"{count:,} documents"], rows))
    return count - times[1] <= _UNDER_WAY and before == [0, 0] and after == [count, 0]


def _counting(recorder: Recorder) -> Counter[str]:
    """How often each document is asked for, by its number; the recorder itself keeps the latest exchanges alone."""
    asked: Counter[str] = Counter()
    begin = recorder.begin

    def counting(exchange: devmodel.Exchange) -> int:
        found = _NUMBER.search(str(exchange.body["messages"][-1]["content"]))
        asked[found[1] if found else ""] += 1
        return begin(exchange)

    recorder.begin = counting  # type: ignore[method-assign]
    return asked


async def _spawn(folder: Path, model: str) -> asyncio.subprocess.Process:
    arguments = ["-m", "benchmarks.extraction_run", "--worker", str(folder), model]
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=quiet, stderr=quiet)


async def _access(resources: Resources) -> Access:
    async with resources.database.write() as session:
        owner: User = await ensure_user(session, "reader@example.org")
        caller = Caller(owner.id, owner.email, is_superuser=False)
        project = await create_project(session, resources.extensions, owner.id, ProjectCreate(name="Contracts"))
    return Access(project.id, caller, caller, frozenset({"CAN_PERFORM_ADMIN_ACTIONS"}))


async def _fill(resources: Resources, project_id: UUID, count: int) -> None:
    """Published documents of one chunk each."""
    for start in range(0, count, _AT_ONCE):
        made = [_document(project_id, number) for number in range(start, min(start + _AT_ONCE, count))]
        async with resources.database.write() as session:
            for rows in zip(*made, strict=True):  # documents, then their versions, then chunks
                session.add_all(rows)
                await session.flush()


def _document(project_id: UUID, number: int) -> tuple[Document, DocumentVersion, Chunk]:
    text = f"Contract number: C-{number}\n\nParty: Company {number} Ltd\n"
    document = Document(
        project_id=project_id, id=new_id(), name=f"{number}.txt", content_type="text/plain", file_key="", file_size=0
    )
    mine = {"project_id": project_id, "document_id": document.id}
    version = DocumentVersion(**mine, id=new_id(), file_key="", sha256=b"", stage="published", started=True)
    document.live_version_id = version.id
    place = {"ordinal": 0, "start_offset": 0, "end_offset": len(text)}
    return document, version, Chunk(**mine, **place, id=new_id(), version_id=version.id, content=text)


async def _extractor(resources: Resources, access: Access, name: str) -> UUID:
    asked = ObjectExtractor(name=name, extractable_pydantic_class=_CLASS, extraction_prompt=f"Extract, {name}.")
    async with resources.database.write() as session:
        return (await create_extractor(session, access, BY_NAME["object"], asked)).id


async def _start(resources: Resources, access: Access, extractor: UUID, documents: list[UUID] | None = None) -> UUID:
    wanted = ExtractorRun(document_ids=documents or [])
    async with resources.database.write() as session:
        return await start_run(session, resources.queue, access, BY_NAME["object"], extractor, wanted)


async def _some(resources: Resources, access: Access) -> list[UUID]:
    query = select(Document.id).where(Document.project_id == access.project_id).order_by(Document.id).limit(_OF_SECOND)
    async with resources.database.read() as session:
        return list(await session.scalars(query))


async def _recomputed(resources: Resources, access: Access, one: tuple[UUID, list[UUID]]) -> int:
    """How many results a run of the extractor over these documents (none: all) would make."""
    wanted = ExtractorRun(document_ids=one[1])
    async with resources.database.read() as session:
        found = await node_stats(session, resources.models, access, BY_NAME["object"], one[0], wanted)
    return found["recomputed"]


async def _change_prompt(resources: Resources, access: Access, extractor: UUID) -> None:
    request = ObjectExtractor(extraction_prompt="Extract with more care.")
    async with resources.database.write() as session:
        await change_extractor(session, access, BY_NAME["object"], extractor, request, default=True)


async def _stop(resources: Resources, access: Access, run: UUID) -> None:
    async with resources.database.write() as session:
        (await session.get_one(PipelineRun, (access.project_id, run))).status = "aborted"


async def _kept(resources: Resources, access: Access) -> int:
    query = select(func.count()).where(ExtractionResult.project_id == access.project_id)
    async with resources.database.read() as session:
        return await session.scalar(query) or 0


async def _until(resources: Resources, access: Access, met: Callable[[int], bool]) -> None:
    while not met(await _kept(resources, access)):
        await asyncio.sleep(_LOOK_SECONDS)


async def _until_ended(resources: Resources, access: Access, run: UUID) -> None:
    while True:
        async with resources.database.read() as session:
            status = (await session.get_one(PipelineRun, (access.project_id, run))).status
        if status not in ("pending", "running"):
            print(f"The run ended {status}.")
            return
        await asyncio.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main()
