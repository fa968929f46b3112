"""`schemathesis` over our own OpenAPI document: whatever is sent, no answer is a 500 or one that is not declared."""

import asyncio
import copy
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Api
from tests.sse import ask, new_conversation

CONFORMANCE = "response_schema_conformance,content_type_conformance,status_code_conformance"
# Of each operation, beside those that its schema names. `make soak` takes 50.
EXAMPLES = int(os.environ.get("CITEWELL_TEST_EXAMPLES", "1"))
# These end what the others need: it finds the ids to do so.
LEFT_OUT = ("signOut", "revokeToken", "deleteProject")
# Its schemas are many objects and no garbage: looking through them again and again would take a third of its time.
_RUN = "import gc; gc.set_threshold(100_000, 50, 100); from schemathesis.cli import schemathesis; schemathesis()"
# No longer string with a pattern is made up: that builds an automaton with a state for each character, for a second.
LONGEST = 1000
_NAMED = re.compile(r'"#/components/schemas/([^"]+)"')
SETTINGS = """
# Real ids where there are some: behind an unknown project, everything is 404.
[parameters]
"path.project_id" = "{project}"
"path.conversation_id" = "{talk}"
"""


@pytest.mark.timeout(7200)
async def test_nothing_breaks_the_server(document: dict[str, Any], api: Api, tmp_path: Path) -> None:
    others = [word for name in (*LEFT_OUT, "runTool") for word in ("--exclude-operation-id", name)]
    await examine(document, api, tmp_path, ["--checks", f"not_a_server_error,{CONFORMANCE}", *others])


async def test_a_tool_answers_as_is_declared(document: dict[str, Any], api: Api, tmp_path: Path) -> None:
    """A tool that fails answers 500, as its contract says."""
    await examine(document, api, tmp_path, ["--checks", CONFORMANCE, "--include-operation-id", "runTool"])


async def examine(document: dict[str, Any], api: Api, folder: Path, wanted: Sequence[str]) -> None:
    talk = await new_conversation(api)
    await ask(api, "Who pays?", talk)
    schema = folder / "openapi.json"
    schema.write_text(json.dumps(with_short_strings(document)))
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS.format(project=api.project, talk=talk))
    arguments = [
        *(sys.executable, "-c", _RUN, "--config-file", str(settings)),
        *("run", str(schema), "--url", api.server, "--generation-with-security-parameters", "false"),
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


def with_short_strings(document: dict[str, Any]) -> dict[str, Any]:
    """The document, with a smaller limit for strings in schemas of bodies that are in no answer."""
    made = copy.deepcopy(document)
    schemas: dict[str, Any] = made["components"]["schemas"]

    def named_in(part: Any) -> set[str]:
        found, new = set[str](), set(_NAMED.findall(json.dumps(part)))
        while new:
            found |= new
            new = {name for each in new for name in _NAMED.findall(json.dumps(schemas[each]))} - found
        return found

    operations = [one for path in made["paths"].values() for one in path.values() if isinstance(one, dict)]
    answered = named_in([one.get("responses") for one in operations])
    for name in named_in([one.get("requestBody") for one in operations]) - answered:
        schemas[name] = json.loads(json.dumps(schemas[name]), object_hook=_shortened)
    return made


def _shortened(schema: dict[str, Any]) -> dict[str, Any]:
    longest = schema.get("maxLength")
    return schema | {"maxLength": LONGEST} if isinstance(longest, int) and longest > LONGEST else schema


def _without_long_lines(output: str) -> str:
    return "\n".join(line[:300] for line in output.splitlines())[-20_000:]
