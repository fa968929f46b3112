"""A real gateway before the model: LiteLLM's proxy, in an environment of its own, with a canned model and with the
scripted one behind it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from citewell.process import open_process
from tests.conftest import client_of, make_settings, serving
from tests.processes import DevModel, environment, wait_until
from tests.sse import ask, final_answer, new_conversation
from tests.turns.conftest import said

ROOT = Path(__file__).parents[2]
VERSION = "1.106.2"
KEY = "sk-of-the-gateway"
CONFIG = """\
model_list:
  - model_name: canned
    litellm_params: {{model: openai/canned, api_key: none, mock_response: "The gateway greets naïve 価格 readers."}}
  - model_name: scripted
    litellm_params: {{model: "openai/tool:tokens=30", api_key: none, api_base: "{url}"}}
  - model_name: failing
    litellm_params: {{model: "openai/error-503", api_key: none, api_base: "{url}", num_retries: 0}}
general_settings: {{master_key: {key}}}
"""


@pytest.fixture(scope="module")
def litellm() -> Path:
    """The command, installed once into `.tools`."""
    folder = ROOT / ".tools" / f"litellm-{VERSION}"
    command = folder / "bin" / "litellm"
    if command.exists():
        return command
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    package = f"litellm[proxy]=={VERSION}"
    make = [uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)]
    install = [uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python"), package]
    if not Path(uv).exists():
        make = [sys.executable, "-m", "venv", str(folder)]
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", package]
    for step in (make, install):
        done = subprocess.run(step, capture_output=True, text=True, timeout=500, check=False)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"LiteLLM cannot be installed here: {done.stderr.strip()[-200:]}")
    return command


@pytest.fixture(scope="module")
def gateway(litellm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = DevModel()
    folder = tmp_path_factory.mktemp("litellm")
    (folder / "config.yaml").write_text(CONFIG.format(url=model.url, key=KEY))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [str(litellm), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder,
        env=environment(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False", PATH=os.environ["PATH"]),
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("w"),
    )

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        try:
            return httpx.get(f"{url}/health/liveliness", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_until(answers, 240)
        yield f"{url}/v1"
    finally:
        process.terminate()
        process.wait(20)
        model.stop()


@pytest.fixture
def asked(gateway: str, clone: Any, tmp_path: Path) -> Any:
    """A function that asks a model of the gateway and gives the events."""
    settings = make_settings(
        clone(), tmp_path, model="openai/canned", model_base_url=gateway, model_api_key=KEY, embedding="none"
    )

    async def ask_model(name: str) -> list[dict[str, Any]]:
        async with (
            open_process(settings.model_copy(update={"model": f"openai/{name}"})) as process,
            serving(process) as address,
            client_of(process, address, "a@example.org") as api,
        ):
            api.project = (await api.http.post("/api/v1/projects/", json={"name": "P"})).json()["id"]
            return await ask(api, "What does it cost?", await new_conversation(api))

    return ask_model


async def test_a_canned_answer(asked: Any) -> None:
    events = await asked("canned")
    assert final_answer(events)["content"] == said(events) == "The gateway greets naïve 価格 readers."


async def test_tool_calls_and_a_long_answer_through_the_gateway(asked: Any) -> None:
    events = await asked("scripted")
    answer = final_answer(events)
    assert answer["content"] == said(events)
    assert len(answer["content"].split()) >= 30
    assert answer["used_tokens_output"] > 0
    assert [event["payload"]["type"] for event in events if "tool" in event["payload"].get("type", "")] == [
        "tool_call_request",
        "tool_call",
    ]


async def test_a_model_behind_the_gateway_that_fails(asked: Any) -> None:
    events = await asked("failing")
    assert events[-1]["type_streaming"] == "streaming_error"
    assert events[-1]["payload"]["error_code"] == "model_server_error"
