"""Sign-in at an identity provider, over HTTP."""

import json
import secrets
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse

from citewell.accounts.oidc.people import end_sessions, start_for
from citewell.accounts.oidc.provider import Provider
from citewell.accounts.sign_in import Browser
from citewell.auth import sessions
from citewell.auth.dependencies import DatabaseParam, SettingsParam, VaultParam
from citewell.errors import NotAuthenticated, NotFound, SetupError
from citewell.kit.answers import NO_STORE
from citewell.kit.urls import base_url
from citewell.kit.vault import Vault
from citewell.settings import Settings

router = APIRouter(prefix="/auth/oidc", include_in_schema=False)
api = APIRouter(prefix="/auth", tags=["Sign-in"])

_COOKIE = "citewell_oidc"
_PATH = "/auth/oidc"
_SIGN_IN_SECONDS = 600  # for signing in there


class LogoutForm(BaseModel, extra="ignore"):
    """The form that a provider sends. The specification says to ignore unknown fields."""

    logout_token: str = Field("", max_length=20_000)


class ProviderOut(BaseModel):
    """`url` is where a browser begins to sign in with it."""

    key: str
    name: str
    url: str


class SignInWays(BaseModel):
    """`password`: everybody, or superusers alone."""

    password: str
    providers: list[ProviderOut]


async def _providers(request: Request) -> dict[str, Provider]:
    found: dict[str, Provider] = request.app.state.oidc
    return found


async def _provider(request: Request, provider: str) -> Provider:
    found = (await _providers(request)).get(provider)
    if found is None:
        raise NotFound("There is no such identity provider.")
    return found


ProviderParam = Annotated[Provider, Depends(_provider)]


@api.get("/ways/", operation_id="getSignInWays", response_model=SignInWays)
async def get_ways(request: Request, settings: SettingsParam) -> Any:
    """List the ways to sign in here. Needs no credentials."""
    ways = [
        {"key": one.key, "name": one.settings.name, "url": f"{_PATH}/{one.key}/start"}
        for one in (await _providers(request)).values()
    ]
    return {"password": settings.password_sign_in, "providers": ways}


@router.get("/{provider}/start")
async def start(
    request: Request,
    settings: SettingsParam,
    vault: VaultParam,
    provider: ProviderParam,
    to: Annotated[str, Query()] = "/",
) -> Response:
    """Redirect the browser to the provider. `to` is the page of this server to return to."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    uri = _redirect_uri(request, settings, provider)
    answer = RedirectResponse(await provider.authorization_url(uri, state, nonce, verifier), 302)
    kept = {"provider": provider.key, "state": state, "nonce": nonce, "verifier": verifier, "to": _inside(to)}
    sealed = vault.seal(json.dumps(kept | {"until": time.time() + _SIGN_IN_SECONDS})).decode()
    secure = request.url.scheme == "https" or (settings.public_url or "").startswith("https:")
    answer.set_cookie(
        _COOKIE, sealed, max_age=_SIGN_IN_SECONDS, path=_PATH, httponly=True, samesite="lax", secure=secure
    )
    answer.headers.update(NO_STORE)
    return answer


@router.get("/{provider}/callback")
async def come_back(
    request: Request,
    database: DatabaseParam,
    settings: SettingsParam,
    vault: VaultParam,
    provider: ProviderParam,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Check what the provider returned, start a session, and redirect to the page that the browser wanted."""
    kept = _kept(request, vault)
    if kept.get("provider") != provider.key or not secrets.compare_digest(str(kept.get("state", "")), state or "-"):
        raise NotAuthenticated("This sign-in was begun in another browser, or too long ago: begin again.")
    if not code:
        raise NotAuthenticated(f"{provider.settings.name} did not sign you in: try again, or ask who runs it.")
    uri = _redirect_uri(request, settings, provider)
    person = await provider.signed_in(code, uri, str(kept["nonce"]), str(kept["verifier"]))
    refresh_token = vault.seal(person.refresh_token) if person.refresh_token else None
    browser = Browser(request.client.host if request.client else "", request.cookies.get(sessions.DEVICE_COOKIE))
    async with database.write() as session:
        started = await start_for(session, provider, person.claims, browser, refresh_token)
    answer = RedirectResponse(str(kept["to"]), 303)
    sessions.set_cookies(answer, request, settings, started.secret, started.device)
    answer.delete_cookie(_COOKIE, path=_PATH)
    answer.headers.update(NO_STORE)
    return answer


@router.post("/{provider}/logout")
async def log_out(database: DatabaseParam, provider: ProviderParam, form: Annotated[LogoutForm, Form()]) -> Response:
    """End the sessions that a logout token of the provider names (back-channel logout)."""
    subject, sid = await provider.logout_of(form.logout_token)
    async with database.write() as session:
        await end_sessions(session, provider.settings.issuer, subject, sid)
    return Response(status_code=200, headers=NO_STORE)


def _redirect_uri(request: Request, settings: Settings, provider: Provider) -> str:
    return f"{base_url(request, settings)}{_PATH}/{provider.key}/callback"


def _inside(to: str) -> str:
    """Returns the address if it is a page of ours, else the first page."""
    safe = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and len(to) <= 2000
    return to if safe and "\\" not in to else "/"


def _kept(request: Request, vault: Vault) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(vault.open(request.cookies.get(_COOKIE, "").encode()))
    except SetupError:  # no cookie, or one that was not made here
        return {}
    return found if found.get("until", 0) > time.time() else {}
