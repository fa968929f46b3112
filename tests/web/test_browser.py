"""The web app in a real browser. Each test is a function in ui/tests; those of a file share a browser."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import ROOT, Site

FOLDER = ROOT / "ui" / "tests"
_NAME = re.compile(r'^  (?:async )?"([^"]+)"[(:]', re.MULTILINE)
_SHARED = ("helpers.mjs", "run.mjs")
SECONDS_EACH = 300

# What was wrong with each test of a file, by name; None for nothing.
Faults = dict[str, str | None]


def names() -> list[tuple[str, str]]:
    files = [path for path in sorted(FOLDER.glob("*.mjs")) if path.name not in _SHARED]
    return [(path.name, name) for path in files for name in _NAME.findall(path.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def faults_of(site: Site, request: pytest.FixtureRequest) -> Callable[[str], Coroutine[Any, Any, Faults]]:
    """Runs the chosen tests of a file in one browser, the first time that it is asked for them."""
    known: dict[str, Faults] = {}
    chosen = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]

    async def run(file: str) -> Faults:
        if file not in known:
            wanted = [params["name"] for params in chosen if params.get("file") == file]
            known[file] = await asyncio.to_thread(_run, site, file, wanted)
        return known[file]

    return run


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("file", "name"), names())
async def test_the_web_app_does_in_a_browser_what_its_test_expects(
    faults_of: Callable[[str], Coroutine[Any, Any, Faults]], file: str, name: str
) -> None:
    faults = await faults_of(file)
    fault = faults.get(name, f"It did not run: {faults.get('')}")
    assert fault is None, fault


def _run(site: Site, file: str, wanted: list[str]) -> Faults:
    environment = os.environ | site.environment
    shots = os.environ.get("CITEWELL_SCREENSHOTS")
    if shots:
        Path(shots).mkdir(parents=True, exist_ok=True)
        environment["SHOTS"] = shots
    command = [sys.executable, str(ROOT / "ui" / "build.py"), "test-browser", file, *wanted]
    seconds = SECONDS_EACH * len(wanted)
    node = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=seconds)
    rows = [json.loads(line) for line in node.stdout.splitlines() if line.startswith("{")]
    return {row["name"]: row["fault"] for row in rows} | {"": node.stderr}
