"""Makes what the settings configure: clients, stores, and the options of pools and workers."""

import contextlib

from citewell.accounts.oidc.provider import Provider
from citewell.agent.limits import LoopLimits
from citewell.agent.web import WebSearcher
from citewell.db.engine import PoolOptions
from citewell.embedding import EmbeddingConfig
from citewell.errors import SetupError
from citewell.jobs.workers import Workers
from citewell.search.rerank import Reranker
from citewell.settings import Settings
from citewell.storage import FileStore
from citewell.storage.hold import Gate


def direct_url(settings: Settings) -> str | None:
    """Returns the URL of PostgreSQL without the pooler; None if the usual URL goes through no pooler."""
    url = settings.database_direct_url
    return url.get_secret_value() if url is not None else None


def open_files(settings: Settings, gate: Gate | None = None) -> FileStore:
    """Open the file store of the settings; deletions go through the gate. Raises SetupError for unusable settings."""
    url, options = settings.files_config()
    try:
        return FileStore.at(url, options, direct=settings.files_direct, gate=gate)
    except OSError as error:
        raise SetupError(
            f"Cannot keep files in {url} ({error.strerror}): choose another place with CITEWELL_DATA_DIR or "
            "CITEWELL_FILES_URL."
        ) from error


def open_providers(settings: Settings, stack: contextlib.AsyncExitStack) -> dict[str, Provider]:
    """Returns the configured identity providers by key; their connections are closed with the stack."""
    providers = {key: Provider(key, provider) for key, provider in settings.oidc_providers.items()}
    for provider in providers.values():
        stack.push_async_callback(provider.http.aclose)
    return providers


def workers_of(settings: Settings) -> Workers:
    """How many jobs of each kind a worker runs at once, and which queues it takes from."""
    return Workers(
        parse=settings.worker_concurrency,
        quick=settings.worker_quick,
        embed=settings.worker_embed,
        extract=settings.worker_extract,
        evaluate=settings.worker_evaluate,
        mail=settings.worker_mail,
        sync=settings.worker_sync,
        maintenance=settings.worker_maintenance,
        only=tuple(settings.worker_queues),
    )


def pool_options(settings: Settings) -> PoolOptions:
    return PoolOptions(
        sessions=settings.database_sessions,
        direct=settings.database_direct_connections,
        statement_seconds=settings.database_statement_seconds,
        random_page_cost=settings.database_random_page_cost,
        application_name=settings.database_application_name,
        slow_seconds=settings.slow_statement_seconds,
        confirm_seconds=settings.database_confirm_seconds,
    )


def loop_limits(settings: Settings) -> LoopLimits:
    return LoopLimits(
        max_tool_rounds=settings.max_tool_rounds,
        tool_seconds=settings.max_tool_seconds,
        max_context_tokens=settings.max_context_tokens,
    )


def make_reranker(settings: Settings) -> Reranker | None:
    """None without a reranking server. Raises SetupError if it is set without the name of its model."""
    if settings.rerank_base_url is None:
        return None
    if settings.rerank_model is None:
        raise SetupError("Set CITEWELL_RERANK_MODEL as well: the name of the model at CITEWELL_RERANK_BASE_URL.")
    key = settings.rerank_api_key
    return Reranker(settings.rerank_base_url, settings.rerank_model, key.get_secret_value() if key else None)


def make_web_searcher(settings: Settings) -> WebSearcher | None:
    """None without a web search server."""
    if settings.websearch_url is None:
        return None
    key = settings.websearch_api_key
    return WebSearcher(settings.websearch_url, key.get_secret_value() if key else None)


def embedding_config(settings: Settings) -> EmbeddingConfig:
    key = settings.embedding_api_key
    return EmbeddingConfig(
        kind=settings.embedding,
        model_dir=settings.embedding_model_dir,
        models_dir=settings.models_dir or settings.data_dir / "models",
        base_url=settings.embedding_base_url,
        at_once=settings.embedding_concurrency,
        api_key=key.get_secret_value() if key else None,
        model=settings.embedding_model,
        threads=settings.embedding_threads,
        precision=settings.embedding_precision,
    )
