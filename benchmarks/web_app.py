"""How fast the web app is in a real browser.

Usage: python -m benchmarks.web_app [--turns N] [--pages N]

Starts a server with the scripted model and drives Chromium: first paint on a CPU slowed down four times, from a click
on a citation to its marked page, long tasks while an answer of 200 tokens a second grows below a long history, and a
page in the middle of a PDF of 500 pages. Needs Chromium and the packages of the web app (`make ui`).
"""

import argparse
import asyncio
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2 as httpx
from fpdf import FPDF
from PIL import Image
from tests.processes import DevModel, Serving

from benchmarks.report import machine, table

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "src" / "citewell" / "demo" / "documents"
PASSWORD = "plum harbour violin 7"
QUESTION = "How long may a K2 sensor stay in the field before its battery must be replaced?"
SLOW = "openai/tool:tokens=2000,rate=200"


def big_pdf(pages: int) -> bytes:
    """A PDF with a picture on each page, of about 60 KB."""
    chance = random.Random(5)
    pdf = FPDF(format="A4")
    pdf.set_font("helvetica", size=11)
    for number in range(1, pages + 1):
        pdf.add_page()
        pdf.cell(0, 8, f"Page {number}: the gate of section {number} opens with {number * 37}.")
        picture = Image.frombytes("RGB", (150, 150), chance.randbytes(150 * 150 * 3))
        pdf.image(picture, x=20, y=40, w=120)
    out = io.BytesIO()
    pdf.output(out)
    return out.getvalue()


async def prepare(url: str, token: str, turns: int, pages: int) -> dict[str, str]:
    """Documents, and a conversation of many turns whose agent then answers slowly; as environment variables."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=600) as api:
        project = (await api.post("/projects/", json={"name": "Speed"})).json()["id"]
        base, big = f"/projects/{project}", big_pdf(pages)
        files = [("files", (path.name, path.read_bytes())) for path in DEMO.iterdir()]
        files.append(("files", ("big.pdf", big)))
        made = (await api.post(f"{base}/documents/bulk-upload/", files=files)).json()
        while any(row["stage"] != "published" for row in (await api.get(f"{base}/documents/indexing-status/")).json()):
            await asyncio.sleep(1)
        [agent] = (await api.get(f"{base}/agent-settings/")).json()["results"]
        slow = {"name": "Slow", "model": "slow", "tools": agent["tools"]}
        body = {"agent_settings": agent["id"], "name": "Long", "type": "playground"}
        talk = (await api.post(f"{base}/playground-conversations/", json=body)).json()["id"]
        for _ in range(turns):
            await api.post(f"{base}/playground-conversations/{talk}/send_message_stream/", json={"message": QUESTION})
        await api.put(f"{base}/agent-settings/{agent['id']}/", json=slow)
        other = {"name": "Quick", "tools": agent["tools"], "is_default": True}
        await api.post(f"{base}/agent-settings/", json=other)
    document = next(row["id"] for row in made if row["name"] == "big.pdf")
    told = {"PROJECT": project, "TALK": talk, "QUESTION": QUESTION}
    return told | {"BIG": document, "BIG_BYTES": str(len(big)), "MIDDLE": str(pages // 2)}


def measure(server: Serving, chromium: str, turns: int, pages: int) -> dict[str, Any]:
    token = server.read_until(r"(cw_\S+)")[1]
    code = server.read_until(r"/setup\?code=(\S+)")[1]
    answer = httpx.post(f"{server.address}/api/v1/auth/setup/", json={"code": code, "password": PASSWORD}, timeout=60)
    assert answer.status_code == 201, answer.text
    told = asyncio.run(prepare(server.address, token, turns, pages))
    told |= {"BASE": server.address, "EMAIL": "owner@localhost", "PASSWORD": PASSWORD, "CHROMIUM": chromium}
    command = [sys.executable, str(ROOT / "ui" / "build.py"), "speed"]
    node = subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=False)
    if node.returncode:
        raise SystemExit(node.stderr[-2000:] or node.stdout[-2000:])
    result: dict[str, Any] = json.loads(node.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="turns of the long conversation")
    parser.add_argument("--pages", type=int, default=500, help="pages of the large PDF")
    wanted = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("This needs Chromium (Debian: apt-get install chromium).")
    model = DevModel()
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        aliases = json.dumps({"slow": SLOW})
        server = Serving(Path(folder), CITEWELL_MODEL_BASE_URL=model.url, CITEWELL_MODEL_ALIASES=aliases)
        try:
            found = measure(server, chromium, wanted.turns, wanted.pages)
        finally:
            server.stop()
            model.stop()
    first, stream, big = found["first"], found["streaming"], found["big"]
    clock, cpu = stream["clock"], stream["cpu"]
    rows = [
        ["first paint of the sign-in page, CPU slowed down 4 times", f"{first['paint']:.0f} ms", "1,000 ms"],
        ["its form can be used, CPU slowed down 4 times", f"{first['form']:.0f} ms", ""],
        ["click on a citation to the marked page, first time", f"{found['citation']['first']:.0f} ms", ""],
        ["the same again, the file is there", f"{found['citation']['again']:.0f} ms", "400 ms"],
        [f"longest task while an answer streams below {stream['turns']} turns", f"{clock['longest']:.0f} ms", ""],
        ["the same in time of a processor", f"{cpu['longest']:.0f} ms", "50 ms"],
        [f"tasks above 50 ms in {stream['seconds']:.0f} s of it, by the clock", str(clock["count"]), ""],
        ["the same in time of a processor", str(cpu["count"]), "0"],
        [f"page {wanted.pages // 2} of {wanted.pages} of a PDF, from opening the address", f"{big['ms']:.0f} ms", ""],
        ["share of that file that was loaded", f"{big['share']:.1%}", ""],
    ]
    print(f"load {os.getloadavg()[0]:.0f}")
    print(f"{machine()}\n")
    print(table(["measure", "result", "to reach"], rows))


if __name__ == "__main__":
    main()
