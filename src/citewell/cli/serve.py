"""`citewell serve` and `citewell worker`."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Iterator
from typing import Annotated

import typer
import uvicorn
import uvloop
from rich.console import Console

from citewell.cells.hosting import Cells, open_cells
from citewell.cli.options import DatabaseUrl, DataDir, load_settings
from citewell.cli.settings_help import settings_help
from citewell.cli.welcome import welcome
from citewell.db.embedded import root_warning
from citewell.errors import SetupError
from citewell.jobs.lanes import QUEUES
from citewell.kit.collecting import kept_for_life
from citewell.kit.connections import peer_limit, raise_descriptor_limit, server_options
from citewell.kit.loop_stalls import watching
from citewell.kit.net import listen
from citewell.main import create_app, create_routes
from citewell.process import Process, open_process
from citewell.settings import HOME, Settings

console = Console(stderr=True, highlight=False, soft_wrap=True)

_GRACE = 20  # seconds for uploads and other requests that are still under way when the answers have ended


def add_to(app: typer.Typer) -> None:
    example = "Example: citewell serve --port 8080 --data-dir /srv/citewell"
    app.command(epilog=f"{example}\n\n{settings_help()}")(serve)
    app.command(
        epilog="Example: citewell worker --queues parse,embed --database-url postgresql://citewell@db/citewell"
    )(worker)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Run no background jobs here; `citewell worker` runs them.")
    ] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Create a demo project on the first start.")] = False,
) -> None:
    """Start the server, with a worker for background jobs in the same process."""
    settings = load_settings(data_dir, database_url)
    uvloop.run(_serve(settings, host, port, worker=not no_worker, demo=demo))


def worker(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    queues: Annotated[
        str | None, typer.Option(help=f"Work only on these queues, separated by commas: {', '.join(QUEUES)}.")
    ] = None,
    cells: Annotated[str | None, typer.Option(help="Work only for these database cells, separated by commas.")] = None,
) -> None:
    """Run background jobs (ingestion, deletion) until stopped. Start as many workers as you like, on any machines."""
    more = {"worker_queues": _queue_names(queues)} if queues is not None else {}
    if cells is not None:
        more["worker_cells"] = [name.strip() for name in cells.split(",") if name.strip()]
    settings = load_settings(data_dir, database_url, **more)
    uvloop.run(_work(settings))


def _queue_names(text: str) -> list[str]:
    """Raises SetupError for a name that is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in QUEUES]
    if unknown or not names:
        raise SetupError(f"There is no queue {', '.join(unknown) or 'named'}: choose some of {', '.join(QUEUES)}.")
    return list(dict.fromkeys(names))


async def _serve(settings: Settings, host: str, port: int, *, worker: bool, demo: bool) -> None:
    listening = _listen(host, port)
    _warn_about_root(settings)
    async with (
        open_process(settings, worker=worker and _works_at_home(settings)) as process,
        open_cells(process, create_routes, worker=worker) as cells,
    ):
        with kept_for_life():  # a look through all routes takes the garbage collector 50 ms and more
            server = _Server(process, host, cells)
        greeting = asyncio.create_task(_greet(server, process, demo=demo and worker))
        async with watching(settings.loop_stall_seconds):
            await server.serve(sockets=[listening])
        greeting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await greeting


def _listen(host: str, port: int) -> socket.socket:
    """Returns the socket of the server, taken before anything else is started. Raises SetupError."""
    try:
        return listen(host, port)
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be listened on ({error.strerror})"
        raise SetupError(f"Port {port} of {host} {reason}: choose another with --port.") from error


async def _greet(server: "_Server", process: Process, *, demo: bool) -> None:
    await server.ready.wait()
    await welcome(process, server.address, demo=demo)


async def _work(settings: Settings) -> None:
    _warn_about_root(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with (
        open_process(settings, worker=_works_at_home(settings)) as process,
        open_cells(process, None, worker=True),
    ):
        console.print(f"Working on background jobs ({', '.join(settings.worker_queues)}). Ctrl-C stops.")
        async with watching(settings.loop_stall_seconds):
            await stop.wait()


def _works_at_home(settings: Settings) -> bool:
    return not settings.worker_cells or HOME in settings.worker_cells


def _warn_about_root(settings: Settings) -> None:
    warning = root_warning(settings.data_dir) if settings.database_url is None else None
    if warning:
        console.print(f"[yellow]{warning}[/]")


class _Server(uvicorn.Server):
    """uvicorn that ends in our order: no new turns, turns end, no new connections, streams end, then everything else.

    Until the turns have ended it goes on answering, so that `/readyz` can say that it stops and readers can return.
    Its own way would raise the signal again once HTTP has stopped, before the worker and the database are.
    """

    def __init__(self, process: Process, host: str, cells: Cells | None) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(process, cells),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=_GRACE,
                **server_options(
                    peer_limit(process.settings.max_connections_per_peer, raise_descriptor_limit()),
                    process.settings.min_body_bytes_per_second,
                ),
            )
        )
        self._process = process
        self._cells = cells
        self._host = host
        self._ending: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    @property
    def address(self) -> str:
        port = self.servers[0].sockets[0].getsockname()[1]
        shown = "127.0.0.1" if self._host in ("0.0.0.0", "::", "") else self._host  # noqa: S104 - shown, not bound
        return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        """Stops in order at the first signal, ends the answers at the second, waits for no request at the third."""
        settings = self._process.settings
        if self._ending is None:
            console.print("Stopping: running answers may end first. Ctrl-C again ends them now.")
            self._ending = asyncio.create_task(self._stop(settings.turn_shutdown_seconds, settings.stop_delay_seconds))
        elif not self.should_exit:
            self._ending.cancel()
            self._ending = asyncio.create_task(self._stop(0, 0))
        else:
            self.force_exit = True

    async def _stop(self, seconds: float, at_least: float) -> None:
        found = self._cells.reachable().values() if self._cells is not None else ()
        turns = [process.turns for process in {id(process): process for process in (self._process, *found)}.values()]
        await asyncio.gather(*(one.shut_down(seconds) for one in turns), asyncio.sleep(at_least))
        for one in turns:
            one.hand_over()
        self.should_exit = True
