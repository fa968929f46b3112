"""Signing in and out, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import HTMLResponse

from citewell.accounts import setup, sign_in
from citewell.accounts.pages import HEADERS as PAGE_HEADERS
from citewell.accounts.pages import register_page
from citewell.accounts.schemas import PasswordChange, Register, SessionOut, Setup, SignIn
from citewell.accounts.sign_in import Browser, NewSession
from citewell.auth import sessions
from citewell.auth.dependencies import CallerParam, DatabaseParam, ResourcesParam
from citewell.kit.answers import NO_STORE
from citewell.models import User
from citewell.settings import Settings

router = APIRouter(prefix="/auth", tags=["Sign-in"])
pages = APIRouter(include_in_schema=False)


@pages.get("/register")
async def show_register() -> HTMLResponse:
    """The page that the link in an invitation opens."""
    return HTMLResponse(register_page(), headers=PAGE_HEADERS)


async def _browser(request: Request) -> Browser:
    host = request.client.host if request.client else ""
    return Browser(host, request.cookies.get(sessions.DEVICE_COOKIE))


async def _session_id(request: Request) -> UUID | None:
    found: UUID | None = request.state.session_id
    return found


BrowserParam = Annotated[Browser, Depends(_browser)]
SessionId = Annotated[UUID | None, Depends(_session_id)]


@router.post("/login/", operation_id="signIn", response_model=SessionOut)
async def log_in(
    body: SignIn, browser: BrowserParam, resources: ResourcesParam, request: Request, answer: Response
) -> Any:
    """Start a session: the answer sets its cookie. Needs no credentials.

    The error 401 does not tell whether the address or the password is wrong. After several failures, 429 says how long
    to wait.
    """
    started = await sign_in.sign_in(resources, body.email, body.password, browser)
    return _begin(started, resources.settings, request, answer)


@router.post("/register/", operation_id="register", status_code=201, response_model=SessionOut)
async def register(
    body: Register, browser: BrowserParam, resources: ResourcesParam, request: Request, answer: Response
) -> Any:
    """Accept an invitation: creates the user with what the invitation grants, and starts a session."""
    started = await sign_in.register(resources, body.invite, body.password, browser)
    return _begin(started, resources.settings, request, answer)


@router.post("/setup/", operation_id="setUp", status_code=201, response_model=SessionOut)
async def set_up(
    body: Setup, browser: BrowserParam, resources: ResourcesParam, request: Request, answer: Response
) -> Any:
    """Set the first password of a new server's owner, with the code of the link that the terminal printed, and start
    a session. The code is good once, and for an hour."""
    started = await setup.set_up(resources, body.code, body.password, browser)
    return _begin(started, resources.settings, request, answer)


@router.post("/logout/", operation_id="signOut", status_code=204)
async def log_out(caller: CallerParam, database: DatabaseParam, session_id: SessionId) -> Response:
    """End the session of the cookie. For the caller of a token there is nothing to end."""
    if session_id is not None:
        async with database.write() as session:
            await sign_in.sign_out(session, caller, session_id)
    answer = Response(status_code=204)
    sessions.clear_cookie(answer)
    return answer


@router.get("/session/", operation_id="getSession", response_model=SessionOut)
async def get_session(
    caller: CallerParam, database: DatabaseParam, request: Request, session_id: SessionId, answer: Response
) -> Any:
    """Who is signed in, and the CSRF token of the session."""
    async with database.read() as session:
        user = await session.get_one(User, caller.user_id)
    _keep_private(answer)
    secret = sessions.secret_in(request.headers.get("cookie")) if session_id is not None else None
    return {"user": user, "csrf_token": sessions.csrf_token(secret) if secret else None}


@router.post("/password/", operation_id="changePassword", status_code=204)
async def change_password(
    body: PasswordChange,
    caller: CallerParam,
    resources: ResourcesParam,
    browser: BrowserParam,
    request: Request,
    session_id: SessionId,
) -> Response:
    """Ends the user's other sessions. Their tokens stay as they are."""
    device = await sign_in.change_password(
        resources, caller, body.current_password, body.new_password, browser, session_id
    )
    answer = Response(status_code=204)
    secret = sessions.secret_in(request.headers.get("cookie"))
    if session_id is not None and secret is not None:
        sessions.set_cookies(answer, request, resources.settings, secret, device)
    return answer


def _begin(started: NewSession, settings: Settings, request: Request, answer: Response) -> dict[str, Any]:
    sessions.set_cookies(answer, request, settings, started.secret, started.device)
    _keep_private(answer)
    return {"user": started.user, "csrf_token": sessions.csrf_token(started.secret)}


def _keep_private(answer: Response) -> None:
    answer.headers.update(NO_STORE)
