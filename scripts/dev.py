"""`citewell serve` with the given options, started again whenever a file of the sources changes. Ctrl-C ends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from watchfiles import PythonFilter, watch

SOURCES = Path(__file__).parent.parent / "src"


def main() -> int:
    process = _start()
    try:
        for changed in watch(SOURCES, watch_filter=PythonFilter(), raise_interrupt=True):
            names = sorted({Path(path).name for _, path in changed})
            print(f"Changed: {', '.join(names)}. Starting again.", flush=True)
            _stop(process)
            process = _start()
    except KeyboardInterrupt:
        pass
    return _stop(process)


def _start() -> subprocess.Popen[bytes]:
    # A restart waits for no answer, unless the developer wants to see that.
    environment = {"CITEWELL_TURN_SHUTDOWN_SECONDS": "0"} | dict(os.environ)
    command = [sys.executable, "-m", "citewell", "serve", *sys.argv[1:]]
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
