"""Puts faults into a copy of the package, one at a time, and shows which of them the tests notice.

    python scripts/mutants.py                 # all of scripts/mutants.toml; an hour on one core
    python scripts/mutants.py --only removal  # one group
    python scripts/mutants.py --check         # run nothing: whether each fault still finds its place; for `make check`

Each group's tests first run without a fault, so that a test which fails for another reason is not counted. A fault that
survives is a missing test. Exits with 1 if there is one.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="GROUP", help="one group of scripts/mutants.toml")
    parser.add_argument("--check", action="store_true", help="only look whether each fault still finds its place")
    arguments = parser.parse_args()
    wanted = tomllib.loads((ROOT / "scripts" / "mutants.toml").read_text())
    if arguments.check:
        return _check(wanted)
    only = arguments.only
    counts = dict.fromkeys(("killed", "survived"), 0)
    with tempfile.TemporaryDirectory(prefix="cw-m-") as folder:
        for name, group in wanted["groups"].items():
            if only not in (None, name):
                continue
            if failed := _failed(group, Path(folder)):
                sys.exit(f"{name}: fails without a fault: {failed}")
            for mutant in (one for one in wanted["mutants"] if one["group"] == name):
                noticed_by = _failed(group, Path(folder), mutant)
                counts["killed" if noticed_by else "survived"] += 1
                shown = f"killed    {mutant['what']}  [{noticed_by}]" if noticed_by else f"SURVIVED  {mutant['what']}"
                print(f"{name:8}  {shown}", flush=True)
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts["survived"] else 0


def _check(wanted: dict[str, Any]) -> int:
    """Print each fault whose text is not in its file exactly once, and each test that does not exist. Returns the exit
    code: 1 where there is one."""
    problems = [
        f"{name}: there is no {test}"
        for name, group in wanted["groups"].items()
        for test in group["tests"]
        if not (ROOT / test).exists()
    ]
    for mutant in wanted["mutants"]:
        file = mutant.get("file", wanted["groups"][mutant["group"]]["file"])
        source = ROOT / "src" / "citewell" / file
        count = source.read_text().count(mutant["old"]) if source.exists() else 0
        if count != 1:
            problems.append(f"{mutant['group']}: {file} has {count} times: {mutant['old']}")
    for problem in problems:
        print(f"scripts/mutants.toml: {problem}")
    return 1 if problems else 0


def _failed(group: dict[str, Any], folder: Path, mutant: dict[str, Any] | None = None) -> str:
    """The test of the group that fails with the fault, or without one; empty where none does."""
    package = folder / "src" / "citewell"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(ROOT / "src" / "citewell", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs", folder / "docs", dirs_exist_ok=True)
    if mutant is not None:
        file = mutant.get("file", group["file"])
        source = package / file
        text = source.read_text()
        if text.count(mutant["old"]) != 1:
            sys.exit(f"{file} has {text.count(mutant['old'])} times: {mutant['old']}")
        source.write_text(text.replace(mutant["old"], mutant["new"]))
    # The prepared database and models serve all mutants.
    env = os.environ | {"PYTHONPATH": str(folder / "src"), "CITEWELL_TEST_RUN": str(folder)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", "-n", "0"]
    done = subprocess.run(
        [*command, *group["tests"]], cwd=ROOT, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode not in (0, 1) or bool(failed) != (done.returncode == 1):
        sys.exit(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[0] if failed else ""


if __name__ == "__main__":
    sys.exit(main())
