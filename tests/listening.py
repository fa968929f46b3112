"""Small HTTP servers that tests play."""

import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web


@contextlib.asynccontextmanager
async def listening(app: web.Application, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[str]:
    """Serves the application on this machine; its address, as http://127.0.0.1:8080."""
    runner = web.AppRunner(app, access_log=None, **options)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
