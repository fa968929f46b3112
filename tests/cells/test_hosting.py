"""Keeping cells open, whatever happens to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from citewell.cells import hosting
from citewell.cells.hosting import Cell
from citewell.kit.loops import Supervisor
from tests.conftest import make_settings


async def test_a_cell_is_opened_again_after_any_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = SimpleNamespace(database=None, loops=Supervisor(), placement=None)
    errors, reasons = iter([KeyError("unexpected"), OSError("away")]), list[str]()

    @asynccontextmanager
    async def opened(*_: Any, **__: Any) -> AsyncIterator[Any]:
        reasons.append(cell.reason)
        for error in errors:
            raise error
        yield process

    async def run() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(hosting, "open_process", opened)
    monkeypatch.setattr(hosting, "AccountCopies", lambda *_: SimpleNamespace(run=run))
    monkeypatch.setattr(hosting, "_RETRY_SECONDS", 0.01)
    cell, stopping = Cell("north", make_settings("postgresql://nobody@localhost/nothing", tmp_path)), asyncio.Event()
    cells: Any = SimpleNamespace(home=process)
    kept = asyncio.create_task(hosting._keep_open(cells, cell, None, stopping, worker=False))
    async with asyncio.timeout(120):
        while cell.process is None:
            await asyncio.sleep(0)
            if kept.done():
                await kept
    assert reasons[1:] == ["it could not be opened; the server's log says why", "away"]
    stopping.set()
    await kept
    assert cell.process is None
