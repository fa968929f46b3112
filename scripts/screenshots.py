"""Take the pictures of the README and the manual from a fresh server with the demo project: `make screenshots`."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(http://\S+)/setup\?code=(\S+)")
_READY = "The demo project is ready"


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Pictures need Chromium (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        command = [sys.executable, "-m", "citewell", "serve", "--demo", "--port", "0", "--data-dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            address, code = _wait(server)
            arguments = [str(ROOT / "ui" / "build.py"), "screenshots", address, code, str(ROOT / "docs" / "images")]
            environment = os.environ | {"CHROMIUM": chromium}
            return subprocess.run([sys.executable, *arguments], env=environment, check=False).returncode
        finally:
            server.terminate()
            server.wait(30)


def _wait(server: "subprocess.Popen[str]") -> tuple[str, str]:
    """The address and the code of the owner's link, once the demo project is there."""
    assert server.stdout is not None
    found: tuple[str, str] | None = None
    for line in server.stdout:
        if link := _LINK.search(line):
            found = (link[1], link[2])
        if _READY in line and found:
            return found
    raise SystemExit("The server ended before the demo project was ready.")


if __name__ == "__main__":
    sys.exit(main())
