"""The web app in a real browser. Each test is a function in ui/tests, driven by playwright-core."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.conftest import ROOT, Site

FOLDER = ROOT / "ui" / "tests"
_NAME = re.compile(r'^  (?:async )?"([^"]+)"', re.MULTILINE)
SECONDS = 400


def names() -> list[tuple[str, str]]:
    files = [path for path in sorted(FOLDER.glob("*.mjs")) if path.name not in ("helpers.mjs", "run.mjs")]
    return [(path.name, name) for path in files for name in _NAME.findall(path.read_text(encoding="utf-8"))]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("file", "name"), names())
async def test_in_browser(site: Site, file: str, name: str) -> None:
    node = await asyncio.to_thread(_run, site, file, name)
    assert node.returncode == 0, f"{node.stdout}\n{node.stderr}"


def _run(site: Site, file: str, name: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | site.environment
    shots = os.environ.get("CITEWELL_SCREENSHOTS")
    if shots:
        Path(shots).mkdir(parents=True, exist_ok=True)
        environment["SHOTS"] = shots
    command = [sys.executable, str(ROOT / "ui" / "build.py"), "test-browser", file, name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)
