"""The authorization server over HTTP: `/o/...` and the metadata under `/.well-known/`."""

import base64
import binascii
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from citewell.auth import sessions
from citewell.auth.caller import Caller, sign_in_of
from citewell.auth.dependencies import CallerParam, DatabaseParam, ResourcesParam, SettingsParam
from citewell.auth.throttle import network_of
from citewell.db.engine import Database
from citewell.errors import CitewellError, NotAuthenticated, TooLarge
from citewell.kit.urls import base_url
from citewell.mcp.cors import preflight
from citewell.mcp.oauth import clients, discovery, grants
from citewell.mcp.oauth.consent import (
    Redirected,
    chosen_projects,
    consent_page,
    problem_page,
    read_request,
    redirect_to,
)
from citewell.mcp.oauth.errors import OAuthError
from citewell.mcp.oauth.repository import list_grants
from citewell.mcp.oauth.schemas import ConnectedClient
from citewell.models import OAuthClient, OAuthGrant
from citewell.projects.service import list_projects
from citewell.resources import Resources

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/connected-clients", tags=["Connected clients"])

_MAX_BODY = 64 * 1024
_MOST_LISTED = 500  # programs of one user
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_OPEN = {"Access-Control-Allow-Origin": "*"}  # read by programs in browsers, without credentials


@router.get("/.well-known/oauth-protected-resource")
@router.get("/.well-known/oauth-protected-resource/mcp")
async def protected_resource(request: Request, settings: SettingsParam) -> Response:
    return JSONResponse(discovery.protected_resource(base_url(request, settings)), headers=_OPEN)


@router.get("/.well-known/oauth-authorization-server")
@router.get("/.well-known/oauth-authorization-server/mcp")
async def authorization_server(request: Request, settings: SettingsParam) -> Response:
    return JSONResponse(discovery.authorization_server(base_url(request, settings)), headers=_OPEN)


@router.options("/.well-known/{rest:path}")
@router.options("/o/{rest:path}")
@router.options("/token")
async def allow_pages() -> Response:
    """Answers the request that a browser sends before a page's request with headers of its own (CORS preflight)."""
    return Response(status_code=204, headers=_OPEN | preflight("GET, POST"))


@router.get("/o/authorize/")
@router.get("/o/authorize", include_in_schema=False)
async def show_consent(request: Request, resources: ResourcesParam) -> Response:
    """Ask the person, after their sign-in, whether the program may act for them."""
    base = base_url(request, resources.settings)
    try:
        fields = _single(request.query_params.multi_items())
        client, wanted = await read_request(resources.database, resources.outside, base, fields, _peer(request))
    except Redirected as fault:
        return _redirect(fault, base)
    except OAuthError as error:
        return _problem(error)
    person = await _person(request, resources.database)
    if person is None:
        return RedirectResponse(f"/sign-in?{urlencode({'next': f'/o/authorize/?{request.url.query}'})}", 303)
    caller, csrf = person
    async with resources.database.read() as session:
        _, projects = await list_projects(session, caller, 200, 0)
    text, headers = consent_page(client, wanted, caller.email, projects, fields, csrf)
    return HTMLResponse(text, headers=headers)


@router.post("/o/authorize/")
async def decide(request: Request, resources: ResourcesParam) -> Response:
    """Take the person's answer, and lead them back to the program with a code or an error."""
    base = base_url(request, resources.settings)
    try:
        form = await _form(request)
        fields = _single([(name, value) for name, value in form if name != "project"])
        _, wanted = await read_request(resources.database, resources.outside, base, fields, _peer(request))
    except Redirected as fault:
        return _redirect(fault, base)
    except OAuthError as error:
        return _problem(error)
    person = await _person(request, resources.database)
    if person is None:
        return _problem(OAuthError("access_denied", "Your session has ended: start again.", 401))
    caller, csrf = person
    if fields.get("csrf") != csrf:
        return _problem(OAuthError("access_denied", "The form is not one of this server: start again.", 403))
    try:
        if fields.get("decision") != "allow":
            raise OAuthError("access_denied", "The user did not allow it.")
        async with resources.database.write() as session:
            _, projects = await list_projects(session, caller, 200, 0)
            chosen = [value for name, value in form if name == "project"]
            if fields.get("edits") == "yes":
                wanted = replace(wanted, scopes=[*wanted.scopes, discovery.EDIT_SCOPE])
            code = await grants.grant(
                session, caller, wanted, chosen_projects(fields.get("reach", ""), chosen, projects)
            )
    except OAuthError as error:
        return _redirect(Redirected(wanted.redirect_uri, wanted.state, error), base)
    return RedirectResponse(redirect_to(wanted.redirect_uri, base, wanted.state, code=code), 303, headers=_NO_STORE)


@router.post("/o/token/")
@router.post("/o/token")
@router.post("/token")
async def make_tokens(request: Request, resources: ResourcesParam) -> Response:
    """Exchange a code or a refresh token for tokens."""
    try:
        fields = _single(await _form(request))
        client = await _client(request, resources, fields)
        return _json(await _exchange(resources.database, client, fields))
    except OAuthError as error:
        return _refusal(error)


@router.post("/o/register/")
@router.post("/o/register")
async def register(request: Request, database: DatabaseParam) -> Response:
    """Dynamic client registration."""
    try:
        body = await _body(request)
        async with database.write() as session:
            answer = await clients.register(session, body, _peer(request))
    except OAuthError as error:
        return _refusal(error)
    return _json(answer, 201)


@router.post("/o/revoke/")
@router.post("/o/revoke")
async def revoke(request: Request, resources: ResourcesParam) -> Response:
    """End the grant of a token."""
    try:
        fields = _single(await _form(request))
        client = await _client(request, resources, fields)
        async with resources.database.write() as session:
            await grants.revoke_secret(session, client.id, fields.get("token", ""))
    except OAuthError as error:
        return _refusal(error)
    return _json({})


@api.get("/", operation_id="listConnectedClients", response_model=list[ConnectedClient])
async def list_connected(caller: CallerParam, database: DatabaseParam) -> Any:
    """The programs that may act for you, newest first."""
    async with database.read() as session:
        rows = await list_grants(session, caller.user_id, _MOST_LISTED)
    return [ConnectedClient.of(grant, client) for grant, client in rows]


@api.delete("/{grant_id}/", operation_id="disconnectClient", status_code=204)
async def disconnect(caller: CallerParam, database: DatabaseParam, grant_id: UUID) -> Response:
    """Cut a program off: its tokens end at once."""
    async with database.write() as session:
        await grants.disconnect(session, caller, grant_id)
    return Response(status_code=204)


async def _exchange(database: Database, client: OAuthClient, fields: dict[str, str]) -> dict[str, Any]:
    resource = fields.get("resource", "").rstrip("/") or None
    kind = fields.get("grant_type")
    try:
        async with database.write() as session:
            if kind == "authorization_code":
                given = fields.get("code", ""), fields.get("redirect_uri"), fields.get("code_verifier", "")
                return await grants.exchange_code(session, client.id, *given, resource)
            if kind == "refresh_token":
                return await grants.refresh(session, client.id, fields.get("refresh_token", ""), resource)
    except grants.UsedTwice as error:
        async with database.write() as session:
            await grants.revoke_grant(session, await session.get_one(OAuthGrant, error.grant_id))
        raise
    raise OAuthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")


async def _client(request: Request, resources: Resources, fields: dict[str, str]) -> OAuthClient:
    """The program that asks, authenticated as it registered. Raises OAuthError (invalid_client)."""
    client_id, secret = fields.get("client_id", ""), fields.get("client_secret")
    if authorization := request.headers.get("authorization"):
        client_id, secret = _basic(authorization)
    client = await clients.find_client(resources.database, resources.outside, client_id, _peer(request))
    clients.authenticate(client, secret)
    return client


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    try:
        name, separator, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = ""
    if scheme.lower() != "basic" or not separator:
        raise OAuthError("invalid_client", "The Authorization header must be Basic client_id:client_secret.", 401)
    return unquote(name), unquote(secret)


async def _person(request: Request, database: Database) -> tuple[Caller, str] | None:
    """Who is signed in with this browser, and the CSRF token of the session."""
    secret = sessions.secret_in(request.headers.get("cookie"))
    if secret is None:
        return None
    try:
        found = await sign_in_of(database, "GET", {"cookie": request.headers["cookie"]})
    except NotAuthenticated:
        return None
    return found.caller, sessions.csrf_token(secret)


async def _form(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The body must be application/x-www-form-urlencoded.", 415)
    try:
        text = (await _body(request)).decode()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=1000, strict_parsing=bool(text))
    except ValueError:
        raise OAuthError("invalid_request", "The body cannot be read as a form.") from None


def _single(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The parameters by name. Raises OAuthError for one that comes twice with different values (RFC 6749, 3.1): who
    looks at the first and who at the last would see two requests."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        if fields.setdefault(name, value) != value:
            raise OAuthError("invalid_request", f"{name[:100]} was sent twice, with different values.")
    return fields


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            raise TooLarge(f"The request is too large: at most {_MAX_BODY // 1024} KiB are accepted here.")
    return bytes(body)


def _peer(request: Request) -> str:
    return network_of(request.client.host) if request.client else ""


def _redirect(fault: Redirected, base: str) -> Response:
    body = fault.error.body()
    return RedirectResponse(redirect_to(fault.redirect_uri, base, fault.state, **body), 303, headers=_NO_STORE)


def _problem(error: OAuthError | CitewellError) -> Response:
    text, headers = problem_page(error.message)
    return HTMLResponse(text, error.status, headers=headers)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, headers=_NO_STORE | _OPEN)


def _refusal(error: OAuthError) -> Response:
    challenge = {"WWW-Authenticate": "Basic"} if error.status == 401 else {}
    return JSONResponse(error.body(), error.status, headers=_NO_STORE | _OPEN | challenge)
