"""Build the wheel by the Dockerfile's own steps in an empty folder, and do the main job with what came out of it.

The steps of the Dockerfile's first stage run as they stand there, with its folders below a temporary one. Then, outside
of the repository and without its environment: is the web app inside, and the manual; is a PDF read, and a question
answered with a citation? Last, the server starts with the environment, the user and the command of the second stage,
until the image's own health check is content, and stops by the image's signal.
"""

import contextlib
import json
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
INSIDE = ("citewell/web/dist/index.html", "citewell/manual/text/documents.md", "citewell/demo/documents/")
START_SECONDS, STOP_SECONDS = 300, 120  # on a busy machine
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
        serve(folder)
        print(f"package: {wheel.name}, {wheel.stat().st_size / 2**20:.1f} MiB, does the main job, serves")
    return 0


def build(folder: Path) -> None:
    """The steps of the first stage. `pip install uv` is left out where there is a uv."""
    for word, rest in steps(1):
        if word == "COPY":
            source, target = rest.split()
            copy(ROOT / source, folder / "build" / target)
        elif word == "RUN":
            command = rest.replace("/opt/citewell", str(folder / "opt"))
            command = re.sub(r"pip install --no-cache-dir uv==\S+", "command -v uv", command)
            command = command.replace("uv venv ", f"uv venv --python {sys.executable} ")
            run(["/bin/sh", "-ec", command], folder / "build")


def steps(stage: int) -> list[tuple[str, str]]:
    """(word, rest) of the steps of a stage of the Dockerfile, the first is 1."""
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    lines = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[stage].replace("\\\n", " ")
    found = (line.partition(" ") for line in lines.splitlines()[1:] if line and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in found]


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


def serve(folder: Path) -> None:
    """The image's command in its environment, by its user where this one may become another; then its health check."""
    image = dict(steps(2))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])

    def here(text: str) -> str:
        """With the image's folders and address as they are here."""
        text = text.replace("/opt/citewell", str(folder / "opt")).replace("/data", str(folder / "data"))
        return text.replace("0.0.0.0", "127.0.0.1").replace("8000", port)

    path = f"{folder / 'opt' / 'bin'}:{os.environ['PATH']}"
    environment = dict(pair.split("=", 1) for pair in shlex.split(here(image["ENV"]))) | {"PATH": path}
    command = json.loads(here(image["ENTRYPOINT"])) + json.loads(here(image["CMD"]))
    check = json.loads(here(image["HEALTHCHECK"].partition("CMD ")[2]))
    if shutil.which(command[0]) is None:  # tini, which only hands signals on
        command = command[command.index("--") + 1 :]
    (folder / "data").mkdir(mode=0o700)
    user: dict[str, int] = {}
    if os.geteuid() == 0:
        folder.chmod(0o755)
        ids = dict(zip(("user", "group"), map(int, image["USER"].split(":")), strict=True))
        try:
            pwd.getpwuid(ids["user"])
        except KeyError:  # the image adds this user; here another one without rights stands for it
            nobody = pwd.getpwnam("nobody")
            ids = {"user": nobody.pw_uid, "group": nobody.pw_gid}
        with contextlib.suppress(PermissionError):  # where Python itself is in a folder of root's
            subprocess.run([folder / "opt/bin/python", "-V"], capture_output=True, check=True, **ids)
            user = ids
            os.chown(folder / "data", ids["user"], ids["group"])
    server = subprocess.Popen(command, cwd=folder / "data", env=environment, **user)
    try:
        until = time.monotonic() + START_SECONDS
        while subprocess.run(check, env=environment, capture_output=True, check=False, **user).returncode != 0:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < until, "the health check is never content"
            time.sleep(0.5)
        server.send_signal(getattr(signal, image["STOPSIGNAL"]))
        code = server.wait(STOP_SECONDS)
        assert code == 0, f"the server stopped with {code}"
    finally:
        server.kill()


def run(command: list[str], folder: Path) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CITEWELL_", "PYTHON", "VIRTUAL_"))}
    kept["PATH"] = f"{Path(os.environ['UV']).parent}:{kept['PATH']}"  # which make sets
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[-1]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
