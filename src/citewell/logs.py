"""Logging: one line an event on standard error, as text for people or JSON for machines."""

import logging
import sys

import structlog


def configure_logging(level: str = "info", *, as_json: bool = False) -> None:
    """Route structlog and the standard library (uvicorn, procrastinate, ...) through one renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [_console_renderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # They tell of every job, connection and request: of interest only when debugging them. Addresses may hold secrets.
    for name in ("procrastinate", "uvicorn", "alembic", "psycopg.pool", "asyncio", "httpx2", "httpx"):
        logging.getLogger(name).setLevel(max(logging.getLogger().level, logging.WARNING))
    logging.getLogger("pgserver").setLevel(logging.CRITICAL)  # what it tries again; what fails is an error of ours
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)  # warnings of libraries are for their developers


def _console_renderer() -> structlog.dev.ConsoleRenderer:
    # Plain tracebacks: the pretty ones print local variables, and with them secrets and texts of users.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
