"""The web application: routes, middleware and errors."""

import functools

from fastapi import APIRouter, FastAPI
from starlette.routing import Route

from citewell import __version__, health
from citewell.accounts import routes as sign_in
from citewell.accounts import token_routes
from citewell.accounts.oidc import routes as oidc
from citewell.agents import routes as agents
from citewell.artifacts import routes as artifacts
from citewell.audit import routes as audit
from citewell.auth.buckets import Buckets
from citewell.auth.middleware import AuthenticationMiddleware
from citewell.auth.stream_guard import StreamGuard
from citewell.cells.hosting import Cells
from citewell.cells.routing import CellMiddleware
from citewell.connectors import routes as sources
from citewell.conversations import routes as conversations
from citewell.conversations import turn_routes as turns
from citewell.conversations.service import check_readable
from citewell.datasets import routes as datasets
from citewell.documents import (
    collection_routes,
    content_routes,
    file_routes,
    metadata_routes,
    processing_routes,
    upload_routes,
)
from citewell.documents import routes as documents
from citewell.evaluation import routes as evaluation
from citewell.evaluation.comparing import Comparisons
from citewell.extractors import case_routes, push_routes
from citewell.extractors import routes as extractors
from citewell.factories import open_providers
from citewell.feedback import routes as feedback
from citewell.figures import routes as figures
from citewell.flows import pipeline_routes
from citewell.flows import routes as flows
from citewell.graph import routes as graph
from citewell.ground_truths import routes as ground_truths
from citewell.interviews import routes as interviews
from citewell.kit.body_limit import BodyLimitMiddleware
from citewell.kit.edge import EdgeMiddleware
from citewell.kit.json_depth import JsonDepthMiddleware
from citewell.kit.methods import HeadMiddleware
from citewell.local_documents import routes as local_documents
from citewell.manual import routes as manual
from citewell.manual.openapi import DocumentedApi
from citewell.mcp import skill
from citewell.mcp.endpoint import McpEndpoint
from citewell.mcp.oauth import routes as oauth
from citewell.notifications import routes as notifications
from citewell.ollama import routes as ollama
from citewell.openai import routes as openai
from citewell.openai.error_middleware import OpenAIErrorMiddleware
from citewell.organizations import routes as organizations
from citewell.organizations.scim import routes as scim
from citewell.process import Process
from citewell.projects import access_routes
from citewell.projects import routes as projects
from citewell.reference import routes as reference
from citewell.reference import source_routes
from citewell.reference.page_image import PageImages
from citewell.reference.parsed import ParsedDocuments
from citewell.render_errors import install_error_handlers
from citewell.retrieval import routes as retrieval
from citewell.runs import routes as runs
from citewell.signals import routes as signals
from citewell.tables import routes as tables
from citewell.tools import routes as tools
from citewell.usage import routes as usage
from citewell.users import admin_routes as user_routes
from citewell.users import member_routes
from citewell.users import routes as users
from citewell.web import routes as web
from citewell.webhooks import routes as webhooks
from citewell.widgets import routes as widgets
from citewell.widgets import visitor_routes
from citewell.widgets.cors import WidgetCorsMiddleware
from citewell.widgets.shares import Shares

API = "/api/v1"

# Routers are searched in this order, so the most frequent come first.
_API_ROUTERS = (
    turns.router,
    conversations.router,
    projects.router,
    users.router,
    documents.router,
    runs.router,
    agents.router,
    tools.router,
    member_routes.router,
    notifications.router,
    feedback.router,
    signals.router,
    audit.router,
    metadata_routes.router,
    collection_routes.router,
    processing_routes.router,
    upload_routes.router,
    retrieval.router,
    sign_in.router,
    token_routes.router,
    source_routes.router,
    content_routes.router,
    access_routes.router,
    user_routes.router,
    local_documents.router,
    figures.router,
    ground_truths.router,
    evaluation.router,
    usage.router,
    flows.router,
    tables.router,
    extractors.router,
    pipeline_routes.router,
    push_routes.router,
    case_routes.router,
    graph.router,
    datasets.router,
    interviews.router,
    webhooks.router,
    artifacts.router,
    sources.router,
    organizations.router,
    widgets.router,
    tools.run_router,
    tables.rows_router,
    oauth.api,
    oidc.api,
    health.api,
)
_ROOT_ROUTERS = (
    manual.router,
    web.router,
    sign_in.pages,
    oauth.router,
    skill.router,
    oidc.router,
    scim.router,
    openai.router,
    ollama.router,
    visitor_routes.router,
    reference.router,
    upload_routes.storage,
    file_routes.storage,
    datasets.storage,
    health.router,
)


def create_app(process: Process, cells: Cells | None = None) -> FastAPI:
    """Returns the ASGI application of an open process, which it neither opens nor closes.

    Requests about projects in other `cells` are routed to those.
    """
    app = create_routes(process)
    settings = process.settings
    # The middleware added last sees a request first.
    if cells is not None:
        app.add_middleware(CellMiddleware, cells=cells)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(WidgetCorsMiddleware)
    app.add_middleware(JsonDepthMiddleware)
    app.add_middleware(BodyLimitMiddleware, usual=settings.max_body_bytes, upload=settings.max_upload_bytes)
    per_minute, burst = settings.rate_limit_per_minute, settings.rate_limit_burst
    app.add_middleware(AuthenticationMiddleware, buckets=Buckets(per_minute, burst) if burst else None)
    app.add_middleware(
        EdgeMiddleware,
        hosts=settings.allowed_hosts,
        by_address=["/metrics"] if settings.metrics_token else (),  # Prometheus asks each replica by its address
        is_closing=lambda: process.turns.is_closing,
    )
    app.add_middleware(OpenAIErrorMiddleware)
    return app


def create_routes(process: Process) -> FastAPI:
    """Returns the application without middleware, for other cells: their requests have passed the home cell's
    middleware.
    """
    settings = process.settings
    app = DocumentedApi(
        title="Citewell",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        # FastAPI's own pages load scripts from a CDN; ours (`manual`) work without a network.
        docs_url=None,
        redoc_url=None,
    )
    app.state.resources = process
    app.state.stream_guard = StreamGuard(process.database, functools.partial(check_readable, include_archived=True))
    app.state.turns = process.turns
    app.state.oidc = open_providers(settings, process.closing)
    app.state.page_images = PageImages()
    app.state.parsed_documents = ParsedDocuments()
    app.state.comparisons = Comparisons()
    app.state.widget_shares = Shares()
    api = APIRouter(prefix=API)
    for router in _API_ROUTERS:
        api.include_router(router)
    for router in (api, *_ROOT_ROUTERS):
        app.include_router(router)
    mcp = McpEndpoint(process, app.state.stream_guard)
    for path in ("/mcp", "/mcp/"):
        app.router.routes.append(Route(path, mcp, include_in_schema=False))
    app.router.default = web.say_unknown(app.router.default)
    install_error_handlers(app)
    return app
