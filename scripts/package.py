"""Build the wheel by the Dockerfile's own steps in an empty folder, and do the main job with what came out of it.

The steps of the Dockerfile's first stage run as they stand there, with its folders below a temporary one. Then, outside
of the repository and without its environment: is the web app inside, and the manual; is a PDF read, and a question
answered with a citation?
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
INSIDE = ("citewell/web/dist/index.html", "citewell/manual/text/documents.md", "citewell/demo/documents/")
QUESTION = "How long may a K2 sensor stay in the field before its battery must be replaced?"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cw-p-") as name:
        folder = Path(name)
        build(folder)
        wheel = next((folder / "build" / "dist").glob("*.whl"))
        contents = zipfile.ZipFile(wheel).namelist()
        for wanted in INSIDE:
            assert any(path.startswith(wanted) for path in contents), f"{wanted} is not in the wheel"
        work(folder)
        print(f"package: {wheel.name}, {wheel.stat().st_size / 2**20:.1f} MiB, does the main job")
    return 0


def build(folder: Path) -> None:
    """The steps of the first stage. `pip install uv` is left out where there is a uv."""
    for word, rest in steps((ROOT / "deploy" / "Dockerfile").read_text()):
        if word == "COPY":
            source, target = rest.split()
            copy(ROOT / source, folder / "build" / target)
        elif word == "RUN":
            command = rest.replace("/opt/citewell", str(folder / "opt"))
            command = re.sub(r"pip install --no-cache-dir uv==\S+", "command -v uv", command)
            command = command.replace("uv venv ", f"uv venv --python {sys.executable} ")
            run(["/bin/sh", "-ec", command], folder / "build")


def steps(dockerfile: str) -> list[tuple[str, str]]:
    """(word, rest) of the first stage's steps."""
    first = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[1].replace("\\\n", " ")
    found = (line.partition(" ") for line in first.splitlines()[1:] if line and not line.startswith("#"))
    return [(word, rest) for word, _, rest in found]


def copy(source: Path, target: Path) -> None:
    """What git knows of the folder: as .dockerignore, it leaves out what was built or installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", "."], cwd=source, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (source / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, target / name)


def work(folder: Path) -> None:
    """The main job with the installed package: a PDF, a question, a citation."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    pdf = next((ROOT / "src" / "citewell" / "demo" / "documents").glob("*.pdf"))
    shutil.copy(pdf, elsewhere)
    answer = run([str(folder / "opt" / "bin" / "citewell"), "ask", QUESTION, pdf.name], elsewhere)
    assert "26 months" in answer, f"the answer is not in the text: {answer}"
    assert pdf.name in answer, f"no citation: {answer}"


def run(command: list[str], folder: Path) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CITEWELL_", "PYTHON", "VIRTUAL_"))}
    kept["PATH"] = f"{Path(os.environ['UV']).parent}:{kept['PATH']}"  # which make sets
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[-1]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
