"""`schemathesis` over our own OpenAPI document: whatever is sent, no answer is a 500 or one that is not declared."""

import asyncio
import os
import re
import sys
from pathlib import Path

from citewell.process import Process
from tests.conftest import Api
from tests.sse import ask, new_conversation

CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance"
# Of each operation; 6 of 200 operations take most of a minute. Set it to 50 to look further.
EXAMPLES = int(os.environ.get("CITEWELL_TEST_EXAMPLES", "6"))
# The first three end what the others need: it finds the ids to do so. A tool that fails answers 500, as its contract
# says, and `--checks` overrides an exception in the settings: runTool has tests of its own.
LEFT_OUT = ("logout", "revokeToken", "deleteProject", "runTool")
SETTINGS = """
# Real ids where there are some: behind an unknown project, everything is 404.
[parameters]
"path.project_id" = "{project}"
"path.conversation_id" = "{talk}"
"""


async def test_nothing_breaks_the_server(process: Process, server: str, api: Api, tmp_path: Path) -> None:
    talk = await new_conversation(api)
    await ask(api, "Who pays?", talk)
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS.format(project=api.project, talk=talk))
    arguments = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)),
        *("run", f"{server}/api/v1/openapi.json", "--generation-with-security-parameters", "false"),
        *("--checks", CHECKS, "--max-examples", str(EXAMPLES), "--seed", "1", "--phases", "examples,fuzzing"),
        *("--header", f"Authorization: Bearer {api.token}", "--generation-database", "none"),
        *("--suppress-health-check", "all", "--request-timeout", "20", "--continue-on-failure", "--no-color"),
        *(word for name in LEFT_OUT for word in ("--exclude-operation-id", name)),
    ]
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, output[-20_000:]
    tested = re.search(r"Operations.*?Tested:\s+(\d+)|(\d+) passed", output, re.S)
    assert tested is not None, output[-3000:]
