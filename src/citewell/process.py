"""Opens what a process holds, registers the background tasks, starts turns and worker; closes in reverse order."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields

import procrastinate
import structlog

from citewell import __version__, mail
from citewell.accounts.oidc.renewal import Renewal
from citewell.agent.models.pool import ModelPool
from citewell.agent.web import WebSearcher
from citewell.connectors import tasks as connectors
from citewell.datasets import tasks as datasets
from citewell.db.cell_mark import check_cell, settle_cell
from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.file_hold import deleting_files
from citewell.db.migrate import migrate
from citewell.db.partitions import ensure_text_indexes
from citewell.db.pooled import prepare_role
from citewell.db.recovery import TextIndexes
from citewell.db.shared_secret import shared_secret
from citewell.documents import tasks as maintenance
from citewell.embedding import Embedder, load_embedder
from citewell.errors import CitewellError, SetupError
from citewell.evaluation import tasks as evaluation
from citewell.extractors import running as extraction
from citewell.factories import (
    direct_url,
    embedding_config,
    loop_limits,
    make_reranker,
    make_web_searcher,
    open_files,
    open_providers,
    pool_options,
    workers_of,
)
from citewell.flows import running as flows
from citewell.graph.pool import GraphPool
from citewell.ingestion import running as ingestion
from citewell.ingestion import window
from citewell.jobs.publishing import defer_once
from citewell.jobs.queue import make_queue
from citewell.jobs.workers import working
from citewell.kit import tracing
from citewell.kit.loops import Supervisor
from citewell.kit.public_http import PublicFetcher
from citewell.kit.signed_urls import UrlSigner
from citewell.metering.counter import UsageCounter
from citewell.resources import Resources
from citewell.search.project_facts import VECTOR_SCANS
from citewell.search.rerank import Reranker
from citewell.search.retrieve import Retriever
from citewell.settings import HOME, Settings
from citewell.storage import FileStore
from citewell.turns.runner import TurnRunner
from citewell.webhooks.delivery import Dispatcher

log = structlog.get_logger(__name__)

_REVIVE_SECONDS = 1.0  # between two checks of the embedded database
_MAX_PREPARE_WAIT_SECONDS = 60.0  # between two attempts to make the embedding model ready
_PREPARE_AFTER_SECONDS = 1.0  # the server answers by then; loading the model earlier would slow down its start


@dataclass(kw_only=True)
class _Shared:
    """The parts of a process that all its cells share."""

    embedder: Embedder | None
    models: ModelPool
    reranker: Reranker | None
    web: WebSearcher | None
    files: FileStore
    signer: UrlSigner


@dataclass(kw_only=True)
class Process(Resources):
    """The resources of a process, and the turns that run on them."""

    turns: TurnRunner = field(init=False)

    def __post_init__(self) -> None:
        self.turns = TurnRunner(self)

    @property
    def shared(self) -> _Shared:
        """The parts that the other cells of this process share."""
        return _Shared(**{shared.name: getattr(self, shared.name) for shared in fields(_Shared)})


@contextlib.asynccontextmanager
async def open_process(
    settings: Settings, *, worker: bool = False, embed: bool = True, home: Process | None = None, cell: str = HOME
) -> AsyncIterator[Process]:
    """Start the database if it is the embedded one, migrate it, and open everything else.

    With `worker`, background jobs run in this process; without `embed`, no embedding model is loaded. At the end,
    running turns get time to finish, then the worker stops, then the database. Raises SetupError if the installation
    cannot be used as it is.

    For a `cell` other than `home`'s, its database, its queue and their workers are opened; models, files and accounts
    are those of `home`.
    """
    async with contextlib.AsyncExitStack() as stack:
        loops = Supervisor()
        if home is None:
            stack.enter_context(tracing.exporting(settings.otlp_endpoint, __version__))
        url = await database_url(settings, stack, loops)
        if home is not None:
            await check_cell(url, cell, home.database)
        extensions = await _migrate(settings, url)
        database = await _open_database(settings, url, stack, loops, accounts=home.database if home else None)
        text_indexes = await _open_text_indexes(database, extensions, stack)
        queue = make_queue(database.libpq_url, _make_tasks(), settings.database_queue_connections)
        await stack.enter_async_context(queue.open_async())
        shared = home.shared if home is not None else await _open_shared(settings, database, stack, loops, embed=embed)
        graphs = GraphPool(database)
        stack.push_async_callback(graphs.aclose)
        process = Process(
            settings=settings,
            database=database,
            extensions=extensions,
            queue=queue,
            retriever=Retriever(database, shared.embedder, text_indexes),
            loop_limits=loop_limits(settings),
            usage=UsageCounter(database),
            graphs=graphs,
            loops=loops,
            outside=PublicFetcher(settings.outgoing_private_networks),
            cell=await settle_cell(database, cell),
            **vars(shared),
        )
        if worker:
            await _start_worker(process, text_indexes, stack)
        await stack.enter_async_context(process.usage.running(loops))
        await stack.enter_async_context(process.turns.running())
        await stack.enter_async_context(process.closing)
        yield process


async def _migrate(settings: Settings, url: str) -> Extensions:
    """Migrate over a direct connection. A pooler drops settings of a session, so its role gets them instead."""
    session_url = direct_url(settings)
    extensions = await asyncio.to_thread(migrate, session_url or url)
    if session_url is not None:
        wanted = pool_options(settings).server_settings() | VECTOR_SCANS
        await asyncio.to_thread(prepare_role, session_url, wanted)
    return extensions


async def _open_database(
    settings: Settings, url: str, stack: contextlib.AsyncExitStack, loops: Supervisor, *, accounts: Database | None
) -> Database:
    """Open the pools and watch the standby and the replica. `accounts` is the home cell's database, None in the home
    cell itself."""
    read_url = settings.database_read_url
    database = Database(
        url,
        pool_options(settings),
        session_url=direct_url(settings),
        read_url=read_url.get_secret_value() if read_url is not None else None,
        read_lag=settings.database_read_lag_seconds,
    )
    if accounts is not None:
        database.accounts = accounts
    stack.push_async_callback(database.close)
    await stack.enter_async_context(loops.running("standby-watch", database.standby.run))
    if database.replica is not None:
        watch = functools.partial(database.replica.run, database.direct)
        await stack.enter_async_context(loops.running("read-replica", watch))
    return database


async def _open_text_indexes(
    database: Database, extensions: Extensions, stack: contextlib.AsyncExitStack
) -> TextIndexes:
    async with database.autocommit(statement_seconds=0) as connection:
        await ensure_text_indexes(connection, extensions)
    text_indexes = TextIndexes(database, extensions)
    stack.push_async_callback(text_indexes.aclose)
    return text_indexes


def _make_tasks() -> dict[str, procrastinate.Blueprint]:
    """Returns all background tasks, by the namespace in front of their names."""
    return {
        "ingestion": ingestion.make_tasks(),
        "maintenance": maintenance.make_tasks(),
        "mail": mail.make_tasks(),
        "extractors": extraction.make_tasks(),
        "flows": flows.make_tasks(),
        "datasets": datasets.make_tasks(),
        "evaluation": evaluation.make_tasks(),
        "connectors": connectors.make_tasks(),
    }


async def _start_worker(process: Process, text_indexes: TextIndexes, stack: contextlib.AsyncExitStack) -> None:
    """Start the background jobs of the process and the loops that run beside them; the stack stops them."""
    settings, loops = process.settings, process.loops
    await stack.enter_async_context(loops.running("crash-watch", text_indexes.watch))
    if process.embedder is not None:
        async with process.database.write() as session:
            await defer_once(session, process.queue, "maintenance:embed_stale")
    await stack.enter_async_context(loops.running("webhooks", Dispatcher(process).run))
    if settings.oidc_providers:
        renewal = Renewal(process, open_providers(settings, stack))
        await stack.enter_async_context(loops.running("session-renewal", renewal.run))
    if "parse" in settings.worker_queues:
        await stack.enter_async_context(loops.running("window", functools.partial(window.keep_full, process)))
    context = {"resources": process}
    await stack.enter_async_context(working(process.queue, workers_of(settings), context, loops))


async def _open_shared(
    settings: Settings, database: Database, stack: contextlib.AsyncExitStack, loops: Supervisor, *, embed: bool
) -> _Shared:
    embedder = await asyncio.to_thread(load_embedder, embedding_config(settings)) if embed else None
    if embedder is not None:
        stack.push_async_callback(embedder.aclose)
        prepare = functools.partial(_prepare, embedder)
        await stack.enter_async_context(loops.running("prepare-embedding", prepare, ends=True))
    shared = _Shared(
        embedder=embedder,
        models=ModelPool(settings),
        reranker=make_reranker(settings),
        web=make_web_searcher(settings),
        files=open_files(settings, functools.partial(deleting_files, database)),
        signer=UrlSigner(await shared_secret(database, "file_addresses"), settings.file_url_seconds),
    )
    for client in (shared.models, shared.reranker, shared.web):
        if client is not None:
            stack.push_async_callback(client.aclose)
    return shared


async def database_url(settings: Settings, stack: contextlib.AsyncExitStack, loops: Supervisor | None = None) -> str:
    """Returns the URL of the database. The embedded one is started, and stopped with the stack."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = EmbeddedPostgres(settings.data_dir, settings.wal_archive_dir)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    url = await asyncio.to_thread(server.start)
    keep_alive = functools.partial(_keep_alive, server)
    await stack.enter_async_context((loops or Supervisor()).running("reviver", keep_alive))
    return url


async def _keep_alive(server: EmbeddedPostgres) -> None:
    """Start the embedded database again whenever it has died, of a full disk or for lack of memory."""
    while True:
        await asyncio.sleep(_REVIVE_SECONDS)
        try:
            if await asyncio.to_thread(server.revive):
                log.warning("database_restarted")
        except SetupError as error:
            log.error("database_down", reason=error.message)


async def _prepare(embedder: Embedder) -> None:
    """Make the embedding model ready in the background; until then, searches go by words."""
    await asyncio.sleep(_PREPARE_AFTER_SECONDS)
    wait = 1.0
    while not embedder.is_ready:
        try:
            await embedder.prepare()
        except CitewellError as error:
            log.warning("embedding_model_not_ready", reason=error.message)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _MAX_PREPARE_WAIT_SECONDS)
