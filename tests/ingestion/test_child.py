"""The child process of a parse: its end in every case, and that nothing of it is left."""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from PIL import Image

from citewell.ingestion.parsing import DEFAULT, ParseFailed, parse
from citewell.ingestion.parsing.fork_server import FORK_NAME
from tests.ingestion.files import read
from tests.waiting import until


def children() -> list[psutil.Process]:
    """The parsers that this process has started and that still live."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and child.name() == FORK_NAME.decode()
    ]


async def a_child() -> psutil.Process:
    return (await until(children))[0]


@pytest.fixture
async def temp_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """Where parses keep their temporary files in this test; empty at its end, and no parser runs."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
    assert children() == []


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that no parser gets to the end of: a pipe that nobody writes to."""
    path = tmp_path / "endless.pdf"
    os.mkfifo(path)
    return path


async def test_a_parser_that_takes_too_long_is_ended(temp_folder: Path, endless: Path) -> None:
    limits = msgspec.structs.replace(DEFAULT, seconds=0.5)
    with pytest.raises(ParseFailed) as failed:
        await parse(endless, "text", limits=limits)
    assert failed.value.code == "timeout"
    assert not failed.value.retryable
    assert "longer than" in failed.value.message


@pytest.mark.parametrize(
    ("sent", "code", "retryable"),
    [(signal.SIGKILL, "memory", True), (signal.SIGTERM, "memory", True), (signal.SIGSEGV, "crashed", False)],
)
async def test_a_parser_that_is_killed_from_outside(
    temp_folder: Path, endless: Path, sent: signal.Signals, code: str, retryable: bool
) -> None:
    task = asyncio.create_task(parse(endless, "text"))
    (await a_child()).send_signal(sent)
    with pytest.raises(ParseFailed) as failed:
        await task
    assert (failed.value.code, failed.value.retryable) == (code, retryable)


async def test_a_fork_server_that_was_killed_is_replaced(temp_folder: Path, tmp_path: Path, endless: Path) -> None:
    task = asyncio.create_task(parse(endless, "text"))
    server = (await a_child()).parent()
    assert server is not None
    server.kill()
    with pytest.raises(ParseFailed) as failed:
        await task
    assert (failed.value.code, failed.value.retryable) == ("memory", True), "the file may be read again"
    assert (await read(tmp_path, "a.txt", b"some words")).text == "some words"


async def test_a_fork_server_that_is_busy_is_asked_again(
    temp_folder: Path, tmp_path: Path, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asyncio.create_task(parse(endless, "text"))
    child = await a_child()
    busy = [BlockingIOError(errno.EAGAIN, "its queue is full")] * 2
    send_fds = socket.send_fds

    def send(*arguments: Any) -> int:
        if busy:
            raise busy.pop()
        return send_fds(*arguments)

    monkeypatch.setattr(socket, "send_fds", send)
    assert (await read(tmp_path, "a.txt", b"some words")).text == "some words"
    assert not busy
    assert child.is_running(), "what runs goes on"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_cancelling_kills_the_parser(temp_folder: Path, endless: Path) -> None:
    task = asyncio.create_task(parse(endless, "text"))
    child = await a_child()
    assert list(temp_folder.iterdir())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not child.is_running()


@pytest.fixture
def recognising(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A picture whose recognition never ends, and the file that the program for it writes its process id to."""
    picture, pid = tmp_path / "a.png", tmp_path / "pid"
    Image.new("L", (50, 50)).save(picture)
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho $$ > {pid}.part\nmv {pid}.part {pid}\nexec sleep 1000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return picture, pid


async def pid_in(path: Path) -> psutil.Process:
    await until(path.exists)
    return psutil.Process(int(path.read_text()))


async def test_programs_end_with_their_parse(temp_folder: Path, recognising: tuple[Path, Path]) -> None:
    picture, pid = recognising
    task = asyncio.create_task(parse(picture, "image"))
    program = await pid_in(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    psutil.wait_procs([program], timeout=60)
    assert not program.is_running() or program.status() == psutil.STATUS_ZOMBIE


async def test_parsers_and_their_programs_end_with_a_killed_server(
    recognising: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, pid = recognising
    monkeypatch.setenv("TMPDIR", str(tmp_path / "left"))
    (tmp_path / "left").mkdir()
    script = f"""import asyncio, pathlib
from citewell.ingestion.parsing import parse
asyncio.run(parse(pathlib.Path({str(picture)!r}), "image"))"""
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    program = await pid_in(pid)
    parser = program.parent()
    assert parser is not None
    server.kill()
    await asyncio.wait_for(server.wait(), 60)
    _, alive = psutil.wait_procs([parser, program], timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


async def test_many_parses_at_once_do_not_disturb_each_other(temp_folder: Path, tmp_path: Path, endless: Path) -> None:
    limits = msgspec.structs.replace(DEFAULT, seconds=1.0)
    for number in range(6):
        (tmp_path / str(number)).mkdir()
    found = await asyncio.gather(
        parse(endless, "text", limits=limits),
        *(read(tmp_path / str(number), "a.txt", b"text number %d" % number) for number in range(6)),
        return_exceptions=True,
    )
    assert isinstance(found[0], ParseFailed)
    assert [getattr(parsed, "text", None) for parsed in found[1:]] == [f"text number {number}" for number in range(6)]


async def test_the_memory_limit_holds(temp_folder: Path, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(DEFAULT, memory_bytes=64 * 2**20)
    with pytest.raises(ParseFailed) as failed:
        await read(tmp_path, "large.txt", b"some words in a line\n" * 900_000, limits)
    assert failed.value.code == "memory"
    assert not failed.value.retryable
    assert "split it" in failed.value.message


async def test_a_parser_sees_no_secrets(temp_folder: Path, endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_MODEL_API_KEY", "a secret")
    task = asyncio.create_task(parse(endless, "text"))
    child = await a_child()
    seen = child.environ()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "PATH" in seen
    assert not [name for name in seen if name.startswith("CITEWELL_")]
