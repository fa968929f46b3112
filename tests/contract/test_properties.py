"""`schemathesis` over our own OpenAPI document: whatever is sent, no answer is a 500 or one that is not declared."""

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from citewell.process import Process
from tests.conftest import Api
from tests.sse import ask, new_conversation

CONFORMANCE = "response_schema_conformance,content_type_conformance,status_code_conformance"
# Of each operation, beside those that its schema names. `make soak` takes 50.
EXAMPLES = int(os.environ.get("CITEWELL_TEST_EXAMPLES", "1"))
# These end what the others need: it finds the ids to do so.
LEFT_OUT = ("signOut", "revokeToken", "deleteProject")
# Its schemas are many objects and no garbage: looking through them again and again would take a third of its time.
_RUN = "import gc; gc.set_threshold(100_000, 50, 100); from schemathesis.cli import schemathesis; schemathesis()"
SETTINGS = """
# Real ids where there are some: behind an unknown project, everything is 404.
[parameters]
"path.project_id" = "{project}"
"path.conversation_id" = "{talk}"
"""


@pytest.mark.timeout(7200)
async def test_nothing_breaks_the_server(process: Process, server: str, api: Api, tmp_path: Path) -> None:
    others = [word for name in (*LEFT_OUT, "runTool") for word in ("--exclude-operation-id", name)]
    await examine(server, api, tmp_path, ["--checks", f"not_a_server_error,{CONFORMANCE}", *others])


async def test_a_tool_answers_as_is_declared(process: Process, server: str, api: Api, tmp_path: Path) -> None:
    """A tool that fails answers 500, as its contract says."""
    await examine(server, api, tmp_path, ["--checks", CONFORMANCE, "--include-operation-id", "runTool"])


async def examine(server: str, api: Api, folder: Path, wanted: Sequence[str]) -> None:
    talk = await new_conversation(api)
    await ask(api, "Who pays?", talk)
    await api.http.get("/api/v1/openapi.json")  # made once: on a busy machine that takes longer than schemathesis waits
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS.format(project=api.project, talk=talk))
    arguments = [
        *(sys.executable, "-c", _RUN, "--config-file", str(settings)),
        *("run", f"{server}/api/v1/openapi.json", "--generation-with-security-parameters", "false"),
        *("--max-examples", str(EXAMPLES), "--seed", "1", "--phases", "examples,fuzzing"),
        *("--header", f"Authorization: Bearer {api.token}", "--generation-database", "none"),
        *("--suppress-health-check", "all", "--request-timeout", "20", "--continue-on-failure", "--no-color"),
        *wanted,
    ]
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, _without_long_lines(output)
    tested = re.search(r"Operations.*?Tested:\s+(\d+)|(\d+) passed", output, re.S)
    assert tested is not None, output[-3000:]


def _without_long_lines(output: str) -> str:
    return "\n".join(line[:300] for line in output.splitlines())[-20_000:]
