"""The web application: routes, errors and the life of the process."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI

from citewell import __version__
from citewell.agents import routes as agents
from citewell.auth.middleware import AuthenticationMiddleware, BodyLimitMiddleware
from citewell.conversations import routes as conversations
from citewell.documents import routes as documents
from citewell.projects import routes as projects
from citewell.reference import routes as reference
from citewell.render_errors import install_error_handlers
from citewell.runs import routes as runs
from citewell.runtime import open_runtime
from citewell.settings import Settings
from citewell.users import routes as users

API = "/api/v1"


def create_app(settings: Settings, *, worker: bool = True) -> FastAPI:
    """The ASGI application. Its lifespan opens and closes the runtime, which is then `app.state.runtime`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings, worker=worker) as runtime:
            app.state.runtime = runtime
            yield

    app = FastAPI(
        title="Citewell",
        version=__version__,
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        # The usual pages load scripts from elsewhere; ours work without a network.
        docs_url=None,
        redoc_url=None,
    )
    api = APIRouter(prefix=API)
    for module in (projects, users, documents, runs, agents, conversations):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(reference.router)
    install_error_handlers(app)
    app.add_middleware(AuthenticationMiddleware)
    app.add_middleware(
        BodyLimitMiddleware, max_upload=settings.max_upload_bytes, max_other=settings.max_body_bytes
    )
    return app
