"""How long the event loop of a server is held up while it works on documents and answers.

Usage: python -m benchmarks.loop_stalls [--reports FOLDER] [--seconds 60]

A server with the default embedding model and its worker takes in reports, a workbook, a deeply nested page and notes.
Meanwhile it answers questions without a model, searches, lists documents and reads pages. The table shows how late the
loop was (`citewell_event_loop_lag_seconds`, 20 looks a second), and which code held it for 50 ms of CPU or longer.
Without arguments the reports are ../shared/samples/sec-10q beside the repository.
"""

import argparse
import asyncio
import io
import random
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx2 as httpx
from openpyxl import Workbook
from tests.processes import Serving

from benchmarks.report import machine, table

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "sec-10q"
QUESTIONS = (
    "What were total net sales?",
    "How did operating income change from the year before?",
    "How long is the battery life?",
    "Which risks are named?",
)
_BUCKET = re.compile(r'citewell_event_loop_lag_seconds_bucket\{le="([^"]+)"\} ([\d.e+]+)')
_STALL = re.compile(r"event_loop_stalled.*?seconds=([\d.]+)")
_CALL = re.compile(r"'(citewell[\w.]+):\d+ (\w+)'")
_ANY_CALL = re.compile(r"'([\w.]+):\d+ (\w+)'")


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    for row in range(20_000):
        sheet.append([f"Order {row}", row * 7, row / 3, f"Customer {row % 90}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def nested_page() -> bytes:
    deep = 4_000
    return ("<div>" * deep + "<p>The gate opens at nine.</p>" + "</div>" * deep).encode()


def notes(number: int) -> bytes:
    chosen = random.Random(number)
    lines = (" ".join(f"word{chosen.randint(1, 20_000)}" for _ in range(12)) + "." for _ in range(5_000))
    return "\n\n".join(lines).encode()


def files_of(reports: Path) -> list[tuple[str, bytes]]:
    """Returns (name, content) of the reports and of the made files."""
    files = [(path.name, path.read_bytes()) for path in sorted(reports.iterdir())]
    files += [("orders.xlsx", workbook()), ("nested.html", nested_page())]
    return files + [(f"notes-{number}.md", notes(number)) for number in range(4)]


async def work(url: str, token: str, files: list[tuple[str, bytes]], seconds: float) -> dict[str, int]:
    """Upload, ask, search and list for so long. Returns how often each was done."""
    done: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=600) as api:
        project = (await api.post("/projects/", json={"name": "Stalls"})).json()["id"]
        base = f"/projects/{project}"
        [agent] = (await api.get(f"{base}/agent-settings/")).json()["results"]
        end = time.monotonic() + seconds

        async def upload() -> None:
            for name, content in files:
                answer = await api.post(f"{base}/documents/bulk-upload/", files=[("files", (name, content))])
                answer.raise_for_status()
                done["files uploaded"] += 1

        async def ask() -> None:
            while time.monotonic() < end:
                body = {"agent_settings": agent["id"]}
                talk = (await api.post(f"{base}/playground-conversations/", json=body)).json()["id"]
                message = {"message": QUESTIONS[done["questions"] % len(QUESTIONS)]}
                answer = await api.post(f"{base}/playground-conversations/{talk}/send_message_stream/", json=message)
                answer.raise_for_status()
                done["questions"] += 1

        async def look() -> None:
            while time.monotonic() < end:
                (await api.get(f"{base}/documents/")).raise_for_status()
                (await api.get(f"{base}/documents/indexing-status/")).raise_for_status()
                done["lists"] += 2

        await asyncio.gather(upload(), ask(), ask(), look())
    return done


def lags(metrics: str) -> dict[str, float]:
    """Returns the number of looks at the loop that were at most so late, by the bucket's bound in seconds."""
    return {bound: float(count) for bound, count in _BUCKET.findall(metrics)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, default=SAMPLES)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    files = files_of(options.reports)
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        server = Serving(Path(folder), CITEWELL_LOOP_STALL_SECONDS="0.05")
        try:
            token = server.read_until(r"(cw_\S+)")[1]
            before = lags(httpx.get(f"{server.address}/metrics").text)
            done = asyncio.run(work(server.address, token, files, options.seconds))
            after = lags(httpx.get(f"{server.address}/metrics").text)
        finally:
            server.stop()
    print(f"{machine()}; {', '.join(f'{count} {name}' for name, count in sorted(done.items()))}\n")
    looks = after["+Inf"] - before["+Inf"]
    later = [
        [f"later than {float(bound) * 1000:.0f} ms", f"{looks - count + before[bound]:.0f} of {looks:.0f}"]
        for bound, count in after.items()
        if bound != "+Inf"
    ]
    print(table(["the loop was", "looks"], later))
    held = [line for line in server.output if "event_loop_stalled" in line]
    places: Counter[str] = Counter()
    longest: dict[str, float] = {}
    for line in held:
        call = _CALL.search(line) or _ANY_CALL.search(line)
        place = f"{call[1]}.{call[2]}" if call else "unknown"
        seconds = float(found[1]) if (found := _STALL.search(line)) else 0.0
        places[place] += 1
        longest[place] = max(longest.get(place, 0.0), seconds)
    rows = [[place, count, f"{longest[place] * 1000:.0f} ms"] for place, count in places.most_common(15)]
    print(f"\n{table(['code that held the loop for 50 ms of CPU', 'times', 'longest'], rows)}")


if __name__ == "__main__":
    main()
