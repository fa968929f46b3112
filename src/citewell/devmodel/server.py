"""The server: two model endpoints, a list of models, and the record of what was asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
from aiohttp import web

from citewell.devmodel import deviations
from citewell.devmodel.behaviour import DEVIATIONS, KINDS, Behaviour, UnknownBehaviour, parse_behaviour
from citewell.devmodel.dialogue import Dialogue, from_anthropic, from_openai
from citewell.devmodel.odd_wires import WholeWire, odd_wire
from citewell.devmodel.record import Exchange, Recorder
from citewell.devmodel.refusals import refusal_of
from citewell.devmodel.steps import Cut, Fault, Garbage, Stall, Step, Wait, steps_of
from citewell.devmodel.wire import AnthropicWire, OpenAIWire, Wire, cut_inside_character
from citewell.kit.net import listen

_RECORDER = web.AppKey("recorder", Recorder)
_MAX_BODY = 32 * 1024 * 1024
_FLOOD_EACH = 8  # tokens a write
_PAGE = "<!doctype html><title>Welcome</title><p>This is a web page."


def create_app(recorder: Recorder | None = None) -> web.Application:
    """The application. Run it with `handler_cancellation`, or it does not see that a client has gone."""
    app = web.Application(client_max_size=_MAX_BODY)
    app[_RECORDER] = recorder or Recorder()
    app.router.add_post("/v1/chat/completions", _endpoint(OpenAIWire, from_openai))
    app.router.add_post("/v1/messages", _endpoint(AnthropicWire, from_anthropic))
    app.router.add_get("/v1/models", _models)
    app.router.add_get("/__requests", _requests)
    app.router.add_delete("/__requests", _forget)
    return app


def run(host: str = "127.0.0.1", port: int = 8800) -> None:
    """Serve until interrupted; says where once it listens."""

    app = create_app()
    with listen(host, port) as listening:
        address = f"http://{host}:{listening.getsockname()[1]}/v1"
        app.on_startup.append(lambda _: _say_ready(address))
        web.run_app(app, sock=listening, access_log=None, handler_cancellation=True, print=None)


async def _say_ready(address: str) -> None:
    print(f"The scripted model listens on {address}", flush=True)


@contextlib.asynccontextmanager
async def serving(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[tuple[str, Recorder]]:
    """The server in this event loop: its `/v1` URL and its record."""
    recorder = Recorder()
    runner = web.AppRunner(create_app(recorder), access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{runner.addresses[0][1]}/v1", recorder
    finally:
        await runner.cleanup()


def _endpoint(
    make_wire: Callable[[str], Wire], read: Callable[[dict[str, Any]], Dialogue]
) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, Any])
            dialogue = read(body)
            behaviour = parse_behaviour(dialogue.model)
        except (msgspec.MsgspecError, UnicodeDecodeError, UnknownBehaviour) as error:
            return _refusal(400, str(error))
        wire = ((odd_wire(behaviour) if make_wire is OpenAIWire else None) or make_wire)(dialogue.model)
        keys = ("Authorization", "x-api-key")
        exchange = Exchange(wire.name, dialogue.model, body, any(key in request.headers for key in keys))
        before = request.app[_RECORDER].begin(exchange)
        refusing = behaviour.kind == "error" or (
            behaviour.kind == "error-then-ok" and before < behaviour.count("times", 1)
        )
        if refusing:
            request.app[_RECORDER].mark_ended(exchange, "refused")
            return _refusal(behaviour.status, "You asked for it.", behaviour.numbers.get("retry_after"))
        if (said := refusal_of(behaviour, body)) is not None:
            request.app[_RECORDER].mark_ended(exchange, "refused")
            return web.json_response({"error": said}, status=400)
        if behaviour.kind == "html":
            request.app[_RECORDER].mark_ended(exchange, "finished")
            return web.Response(text=_PAGE, content_type="text/html")
        steps = (
            deviations.steps_of(behaviour, dialogue, before)
            if behaviour.kind in DEVIATIONS
            else steps_of(behaviour, dialogue)
        )
        return await _stream(request, wire, behaviour, steps, exchange)

    return answer


def _refusal(status: int, message: str, retry_after: float | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return web.json_response({"error": {"type": "dev_model", "message": message}}, status=status, headers=headers)


async def _stream(
    request: web.Request, wire: Wire, behaviour: Behaviour, steps: Iterator[Step], exchange: Exchange
) -> web.StreamResponse:
    recorder = request.app[_RECORDER]
    kind = "application/json" if isinstance(wire, WholeWire) else "text/event-stream"
    response = web.StreamResponse(headers={"Content-Type": kind, "Cache-Control": "no-cache"})
    try:
        await response.prepare(request)
        await _play(request, response, wire, behaviour, steps)
    except (asyncio.CancelledError, ConnectionError):
        recorder.mark_ended(exchange, "client_closed")
        raise
    recorder.mark_ended(exchange, "cut" if behaviour.kind == "cut" else "finished")
    return response


async def _play(
    request: web.Request, response: web.StreamResponse, wire: Wire, behaviour: Behaviour, steps: Iterator[Step]
) -> None:
    """Write the reply. Raises CancelledError or ConnectionError when the client has gone."""
    if behaviour.kind == "split":
        await _write_in_pieces(response, wire, steps, max(behaviour.count("bytes", 7), 1))
        return
    floods = behaviour.kind in ("flood", "tool") and not behaviour.numbers.get("rate")
    each = behaviour.count("each", _FLOOD_EACH) if floods else 1
    await response.write(wire.start())
    waiting: list[bytes] = []
    for step in steps:
        match step:
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Stall():
                await asyncio.Event().wait()
            case Cut():
                await response.write(cut_inside_character(wire, step))
                _close(request)
                return
            case _:
                waiting.append(wire.render(step))
                if len(waiting) >= each:
                    await response.write(b"".join(waiting))
                    waiting.clear()
        if isinstance(step, Garbage | Fault):
            return
    await response.write(b"".join(waiting) + wire.end())


async def _write_in_pieces(response: web.StreamResponse, wire: Wire, steps: Iterator[Step], size: int) -> None:
    spoken = [wire.render(step) for step in steps if not isinstance(step, Wait | Stall | Cut)]
    whole = wire.start() + b"".join(spoken) + wire.end()
    for start in range(0, len(whole), size):
        await response.write(whole[start : start + size])
        await asyncio.sleep(0)  # lets the client read before the next piece


def _close(request: web.Request) -> None:
    """Close the connection without ending the response as HTTP would."""
    if request.transport is not None:
        request.transport.close()


async def _models(request: web.Request) -> web.Response:
    models = [{"id": name, "object": "model", "description": meaning} for name, meaning in KINDS.items()]
    return web.json_response({"object": "list", "data": models})


async def _requests(request: web.Request) -> web.Response:
    return web.json_response(request.app[_RECORDER].to_wire())


async def _forget(request: web.Request) -> web.Response:
    request.app[_RECORDER].clear()
    return web.Response(status=204)
