"""The Python examples of the pages for clients run as they are written, with this server's address and token."""

import asyncio
import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.conftest import Api

CLIENTS = Path(__file__).parents[2] / "docs" / "clients"
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["openai-python", "ollama"])
async def test_an_example_runs_as_it_is_written(handbook: Api, page: str) -> None:
    agent = (await handbook.get("/agent-settings/")).json()["results"][0]
    here = {
        "http://127.0.0.1:8000": handbook.server,
        "cw_...": handbook.token,
        "Quarterly reports/Default agent": f"{handbook.project}/{agent['id']}",
        "What were the total net sales?": "How much may a hotel room cost a night?",
    }
    [code] = _PYTHON.findall((CLIENTS / f"{page}.md").read_text())
    for written, value in here.items():
        assert written in code
        code = code.replace(written, value)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        await asyncio.to_thread(exec, code, {})
    assert f"{handbook.server}/{handbook.project}/reference/" in shown.getvalue()
