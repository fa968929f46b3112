"""Ask a running server through other people's libraries: `python scripts/try_clients.py [NAME ...]`.

    CITEWELL_URL=http://127.0.0.1:8000 CITEWELL_TOKEN=cw_... python scripts/try_clients.py litellm

Each runs in an environment of its own, which `uv` makes: what they need is no dependency of ours. The Python examples on
the client's page of the manual are run first, as they are written, with this server's address, token and first agent.
Prints a line for each: the client, how long it took, and whether the answer came with a link to its source. A client that
cannot be installed here is skipped with the reason. Exit code 1 if one fails.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

CLIENTS = {
    "litellm": ["litellm"],
    "langchain": ["langchain-openai"],
    "llamaindex": ["llama-index-llms-openai-like"],
    "open-webui": [],  # its script says what it needs
}
_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CLIENTS)}; without, all")
    parser.add_argument("--question", default="What do the documents say?", help="what is asked")
    given = parser.parse_args()
    if unknown := set(given.names) - set(CLIENTS):
        parser.error(f"no such client: {', '.join(unknown)}; there are {', '.join(CLIENTS)}")
    if "CITEWELL_TOKEN" not in os.environ:
        parser.error("set CITEWELL_TOKEN to an API token, and CITEWELL_URL if the server is not at 127.0.0.1:8000")
    return max([_try(name, given.question) for name in given.names or CLIENTS], default=0)


def _try(name: str, question: str) -> int:
    script = Path(__file__).with_name("clients") / f"{name.replace('-', '_')}.py"
    wanted = [part for package in CLIENTS[name] for part in ("--with", package)]
    if wanted:
        command = ["uv", "run", "--no-project", "--quiet", *wanted, "python", str(script)]
        install = [*command[:-1], "-c", ""]
    else:
        command, install = ["uv", "run", "--quiet", "--script", str(script)], ["uv", "sync", "--script", str(script)]
    try:
        probe = subprocess.run(install, capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{name}: skipped, it cannot be installed: {error}")
        return 0
    if probe.returncode:
        print(f"{name}: skipped, it cannot be installed: {probe.stderr.strip().splitlines()[-1:]}")
        return 0
    begun = time.monotonic()
    if code := _page(name, question):
        # Not from a file: its folder would be searched for modules.
        shown = subprocess.run([*command[:-1], "-c", code], capture_output=True, text=True, timeout=_SECONDS)
        if shown.returncode or "/reference/" not in shown.stdout:
            print(f"{name}: FAILED, the page's example gave\n{(shown.stdout + shown.stderr)[-2000:]}")
            return 1
    found = subprocess.run([*command, question], capture_output=True, text=True, timeout=_SECONDS)
    took = time.monotonic() - begun
    if found.returncode:
        print(f"{name}: FAILED after {took:.1f} s\n{(found.stdout + found.stderr)[-2000:]}")
        return 1
    print(f"{name}: {found.stdout.strip().splitlines()[-1]}, {took:.1f} s")
    return 0


def _page(name: str, question: str) -> str:
    """The Python examples of the client's page, for this server; empty if there is none."""
    text = (Path(__file__).parents[1] / "docs" / "clients" / f"{name}.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    url, token = os.environ.get("CITEWELL_URL", "http://127.0.0.1:8000"), os.environ["CITEWELL_TOKEN"]
    asked = Request(f"{url}/v1/models", headers={"Authorization": f"Bearer {token}"})
    agent = json.load(urlopen(asked))["data"][0]["id"]
    here = {"http://127.0.0.1:8000": url, "cw_...": token, "Quarterly reports/Default agent": agent}
    for written, value in (here | {"What were the total net sales?": question}).items():
        code = code.replace(written, value)
    return code


if __name__ == "__main__":
    sys.exit(main())
