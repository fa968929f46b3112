# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["open-webui"]
#
# [tool.uv]
# # Gigabytes for models that run on this machine, none of which is used here.
# override-dependencies = [
#     "torch ; python_version < '3'",
#     "sentence-transformers ; python_version < '3'",
#     "faster-whisper ; python_version < '3'",
# ]
# ///
"""Open WebUI: a chat with one of the agents, asked as its page does, with the sources below the answer."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

SECONDS = 600  # for its first start, which migrates a database, and for the answer


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cw-ow-") as folder, _served(Path(folder)) as page:
        token = _call(page, "/api/v1/auths/signin", {"email": "", "password": ""})["token"]
        models = [one["id"] for one in _call(page, "/api/models", token=token)["data"] if "/" in one["id"]]
        assert models, "Open WebUI lists no agent"
        question, answer = str(uuid.uuid4()), str(uuid.uuid4())
        asked = {"id": question, "parentId": None, "role": "user", "content": sys.argv[1], "models": models[:1]}
        begun = _call(
            page,
            "/api/chat/completions",
            {
                "model": models[0],
                "messages": [{"role": "user", "content": sys.argv[1]}],
                "stream": True,
                "parent_id": None,
                "user_message": asked,
                "message_ids": [{"model_id": models[0], "message_id": answer}],
                "session_id": str(uuid.uuid4()),
            },
            token,
        )
        shown = _shown(page, begun["chat_id"], answer, token)
        chips = [source["source"] for source in shown.get("sources", [])]
        assert chips, f"no source chip below: {shown['content'][:500]}"
        assert all("/reference/" in chip["url"] for chip in chips), chips
        assert "/reference/" in shown["content"]
        print(f"answered with links and {len(chips)} source chips, the first {chips[0]['name']!r}")


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Open WebUI on a free port, for one user without a password, with Citewell as its only provider."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = {
        "DATA_DIR": str(folder),
        "WEBUI_AUTH": "False",
        "WEBUI_SECRET_KEY": "of this run",
        "ENABLE_OLLAMA_API": "False",
        "OPENAI_API_BASE_URL": os.environ.get("CITEWELL_URL", "http://127.0.0.1:8000") + "/v1",
        "OPENAI_API_KEY": os.environ["CITEWELL_TOKEN"],
        # No weights are loaded, and nothing is fetched from elsewhere.
        "RAG_EMBEDDING_ENGINE": "openai",
        "OFFLINE_MODE": "True",
        "HF_HUB_OFFLINE": "1",
    }
    command = [Path(sys.executable).with_name("open-webui"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=os.environ | settings, cwd=folder, stdout=log, stderr=log)
        page = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + SECONDS
            while not _answers(page):
                assert server.poll() is None, (folder / "log").read_text()[-3000:]
                assert time.monotonic() < until, "it did not start in time"
                time.sleep(1)
            yield page
        finally:
            server.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()


def _answers(page: str) -> bool:
    try:
        return bool(_call(page, "/health")["status"])
    except (URLError, ConnectionError, TimeoutError):
        return False


def _shown(page: str, chat: str, message: str, token: str) -> dict[str, Any]:
    """The answer as the chat keeps it, once it is whole."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        kept = _call(page, f"/api/v1/chats/{chat}", token=token)["chat"]["history"]["messages"][message]
        if kept.get("done"):
            return dict(kept)
        time.sleep(0.5)
    raise AssertionError("there was no whole answer in time")


def _call(page: str, path: str, body: Any = None, token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body is not None else None
    with urlopen(Request(page + path, data=data, headers=headers), timeout=60) as answer:
        return dict(json.load(answer))


main()
