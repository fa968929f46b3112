"""Prepare a release: set the version everywhere it stands, and give the changelog's open section its name and date.

.venv/bin/python scripts/prepare_release.py 0.2.0
"""

import datetime
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_VERSION = re.compile(r"\d+\.\d+\.\d+")
# Where the version stands, and as what.
PLACES = {
    "pyproject.toml": r'(?m)^(version = ")[^"]+(")',
    "deploy/compose.yaml": r"(image: citewell:)\S+()",
    "deploy/kustomize/kustomization.yaml": r"(newTag: )\S+()",
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not _VERSION.fullmatch(arguments[0]):
        print(__doc__, file=sys.stderr)
        return 2
    version = arguments[0]
    for name, pattern in PLACES.items():
        path = ROOT / name
        changed, times = re.subn(pattern, rf"\g<1>{version}\g<2>", path.read_text())
        if times != 1:
            print(f"{name} names the version {times} times, not once.", file=sys.stderr)
            return 1
        path.write_text(changed)
    path = ROOT / "CHANGELOG.md"
    path.write_text(with_section(path.read_text(), version, datetime.datetime.now(datetime.UTC).date()))
    print(f"Read the changes over, then follow CONTRIBUTING.md from step 2 on; the tag is v{version}.")
    return 0


def with_section(changelog: str, version: str, day: datetime.date) -> str:
    """The changelog with its open section under the version, and a new open one above. Raises ValueError without one."""
    heading = "## Unreleased\n"
    if changelog.count(heading) != 1:
        raise ValueError("CHANGELOG.md has no section Unreleased.")
    return changelog.replace(heading, f"{heading}\n## {version} - {day.isoformat()}\n")


def versions() -> dict[str, str]:
    """The version that each place names."""
    found = {}
    for name, pattern in PLACES.items():
        match = re.search(pattern, (ROOT / name).read_text())
        found[name] = match[0].removeprefix(match[1]).removesuffix(match[2]) if match else ""
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
