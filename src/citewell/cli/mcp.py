"""`citewell mcp`: a running server's tools for clients that start a program and speak through its pipes."""

import asyncio
import contextlib
import json
import sys
from typing import Annotated, Any

import typer

_TIMEOUT_SECONDS = 600.0
_LONGEST_LINE = 1024 * 1024  # as the server's own limit on a request
_VERSION = "io.modelcontextprotocol/protocolVersion"


def add_to(app: typer.Typer) -> None:
    app.command(epilog="Example: citewell mcp --stdio --url https://kb.example.org --token cw_...")(mcp)


def mcp(
    stdio: Annotated[bool, typer.Option("--stdio", help="Speak through standard input and output.")] = False,
    url: Annotated[str, typer.Option(envvar="CITEWELL_URL", help="The server.")] = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(envvar="CITEWELL_TOKEN", help="An API token.", show_default=False)] = "",
) -> None:
    """Offer a running server's MCP tools to a client that starts a program."""
    if not stdio:
        raise typer.BadParameter("Add --stdio. Over HTTP, clients use the server's own address, <server>/mcp.")
    if not token:
        raise typer.BadParameter("Give an API token with --token or CITEWELL_TOKEN; `citewell token create` makes one.")
    asyncio.run(_run(f"{url.rstrip('/')}/mcp", token))


async def _run(address: str, token: str) -> None:
    """Pass each message of standard input to the server, several at a time, and its answers to standard output."""
    from citewell.kit.http import HttpClient, bearer  # not with this module: `--help` needs none of it

    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    client = HttpClient(bearer(token), seconds=_TIMEOUT_SECONDS)
    async with contextlib.aclosing(client), asyncio.TaskGroup() as tasks:
        bridge = Bridge(client.session(), address)
        while line := await reader.readline():
            if not line.strip():
                continue
            if bridge.is_opening(line):
                await bridge.pass_on(line)  # its answer says which revision the next messages are of
            else:
                tasks.create_task(bridge.pass_on(line))


class Bridge:
    """Between the lines of a client and the HTTP of a server."""

    def __init__(self, http: Any, address: str) -> None:
        self._http = http
        self._address = address
        self._revision = ""

    def is_opening(self, line: bytes) -> bool:
        return b'"initialize"' in line

    async def pass_on(self, line: bytes) -> None:
        """Send one message, and write what the server answers; that it fails is an answer, too."""
        try:
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError
        except ValueError:
            _write({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "This line is no JSON object."}})
            return
        try:
            async with self._http.post(self._address, data=line, headers=self._headers(message)) as answer:
                if answer.content_type == "text/event-stream":
                    async for event in answer.content:
                        if event.startswith(b"data:") and event[5:].strip():
                            self._answer(json.loads(event[5:]))
                elif (body := await answer.read()) and answer.content_type == "application/json":
                    self._answer(_as_json_rpc(json.loads(body), message))
                elif answer.status >= 400:
                    self._answer(_as_json_rpc({"error": f"The server answered {answer.status}."}, message))
        except (OSError, ValueError, TimeoutError) as error:
            self._answer(_as_json_rpc({"error": f"The server at {self._address} cannot be reached: {error}"}, message))

    def _headers(self, message: dict[str, Any]) -> dict[str, str]:
        """Newer revisions want in headers what stands in the body."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        meta = params.get("_meta")
        declared = meta.get(_VERSION) if isinstance(meta, dict) else None
        if isinstance(revision := declared or self._revision, str) and revision:
            headers["MCP-Protocol-Version"] = revision
        if declared:
            named = {"Mcp-Method": message.get("method"), "Mcp-Name": params.get("name") or params.get("uri")}
            headers |= {name: value for name, value in named.items() if isinstance(value, str) and value.isascii()}
        return headers

    def _answer(self, message: Any) -> None:
        if message is None:
            return
        result = message.get("result") if isinstance(message, dict) else None
        if isinstance(result, dict) and isinstance(result.get("protocolVersion"), str):
            self._revision = result["protocolVersion"]
        _write(message)


def _as_json_rpc(body: Any, message: dict[str, Any]) -> Any:
    """Returns an answer of the server; one that is no JSON-RPC, such as a refused token, as an error of the request."""
    if not isinstance(body, dict) or body.get("jsonrpc") == "2.0":
        return body
    if "id" not in message:
        return None  # notifications are not answered
    error = {"code": -32000, "message": str(body.get("error", body))}
    return {"jsonrpc": "2.0", "id": message["id"], "error": error}


def _write(message: Any) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()
