"""A server with the built web app, a scripted model, documents of several kinds and two users."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from citewell.accounts.setup import new_setup_code
from citewell.auth.tokens import create_token
from citewell.models import ProjectPermission, User
from citewell.process import Process, open_process
from citewell.users.service import ensure_user
from tests.conftest import make_settings, serving
from tests.processes import DevModel
from tests.web.files import HAS_OCR, write_files

ROOT = Path(__file__).parents[2]
PASSWORD = "plum harbour violin 7"
EMAIL, OTHER = "web-owner@example.org", "web-reader@example.org"
# The headless shell draws the same pages without a browser around them, for half of the processor's time.
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _BROWSERS)), None)


@dataclass(frozen=True)
class Site:
    """What the tests in the browser are told, as environment variables."""

    environment: dict[str, str]


@pytest.fixture(scope="session")
def web_app() -> None:
    """The built app. Skips where Node, its packages or a browser are missing."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium-headless-shell)")
    built = ROOT / "src/citewell/web/dist/index.html"
    newest = max(path.stat().st_mtime for path in (ROOT / "ui/src").rglob("*") if path.is_file())
    if built.exists() and built.stat().st_mtime > newest and (ROOT / "ui/node_modules/playwright-core").exists():
        return
    made = subprocess.run([sys.executable, str(ROOT / "ui/build.py")], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"the web app cannot be built here: {made.stderr.strip()[-300:]}")


@pytest.fixture(scope="session")
async def site(web_app: None, clone: Any, models_dir: Path, tmp_path_factory: Any) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("web")
    write_files(folder)
    model = DevModel()
    more = {"model_base_url": model.url, "model_aliases": {"slow": "openai/tool:tokens=3000,rate=30"}}
    settings = make_settings(clone(), folder / "data", models_dir=models_dir, model_timeout=20, **more)
    try:
        async with open_process(settings, worker=True) as process, serving(process) as address:
            yield Site(await _prepare(process, address, folder))
    finally:
        model.stop()


async def _prepare(process: Process, address: str, folder: Path) -> dict[str, str]:
    hashed = await process.passwords.hash(PASSWORD)
    async with process.database.write() as session:
        owner = await ensure_user(session, EMAIL, superuser=True)
        other = await ensure_user(session, OTHER)
        newcomer = await ensure_user(session, "web-newcomer@example.org", superuser=True)
        owner.password_hash = other.password_hash = hashed
        code = await new_setup_code(session, newcomer)
        token = await create_token(session, owner.id)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", headers=headers, timeout=120) as api:
        project = (await api.post("/projects/", json={"name": "Kestrel"})).json()["id"]
        await _upload(api, project, folder)
        await _slow_agent(api, project)
    async with process.database.write() as session:
        reader = await session.get_one(User, other.id)
        session.add(ProjectPermission(project_id=UUID(project), user_id=reader.id, permissions=["CAN_VIEW_DATA"]))
    return {
        "BASE": address,
        "EMAIL": EMAIL,
        "OTHER_EMAIL": OTHER,
        "PASSWORD": PASSWORD,
        "PROJECT": project,
        "FILES": str(folder / "files"),
        "FIRST_FILE": str(ROOT / "tests/web/reports/2023 Q3 AAPL.pdf"),
        "HAS_OCR": "1" if HAS_OCR else "",
        "SETUP_CODE": code or "",
        "CHROMIUM": CHROMIUM or "",
    }


async def _upload(api: httpx.AsyncClient, project: str, folder: Path) -> None:
    demo = ROOT / "src/citewell/demo/documents"
    paths = [*sorted(demo.iterdir()), *sorted((folder / "documents").iterdir())]
    files = [("files", (path.name, path.read_bytes())) for path in paths if path.is_file()]
    answer = await api.post(f"/projects/{project}/documents/bulk-upload/", files=files)
    assert answer.status_code == 201, answer.text
    for _ in range(600):
        rows = (await api.get(f"/projects/{project}/documents/indexing-status/")).json()
        if all(row["stage"] in ("published", "failed") for row in rows):
            break
        await asyncio.sleep(0.2)
    assert {row["stage"] for row in rows} == {"published"}, rows


async def _slow_agent(api: httpx.AsyncClient, project: str) -> None:
    """An agent whose scripted model writes for some seconds: time to reload, to stop, to lose the network."""
    agents = (await api.get(f"/projects/{project}/agent-settings/")).json()["results"]
    draft = {"name": "Slow", "model": "slow", "tools": agents[0]["tools"]}
    answer = await api.post(f"/projects/{project}/agent-settings/", json=draft)
    assert answer.status_code == 201, answer.text
