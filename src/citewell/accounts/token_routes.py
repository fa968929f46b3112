"""Personal API tokens over HTTP, and the page that makes them in a browser."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from citewell.accounts import repository, token_service
from citewell.accounts.pages import HEADERS, sign_in_page, tokens_page
from citewell.accounts.schemas import NewTokenOut, TokenCreate, TokenOut, TokenPageOut
from citewell.auth import sessions
from citewell.auth.caller import SignedIn, sign_in_of
from citewell.auth.dependencies import CallerParam, DatabaseParam, SettingsParam
from citewell.db.engine import Database
from citewell.errors import NotAuthenticated
from citewell.kit.answers import NO_STORE
from citewell.kit.pagination import MAX_LIMIT, Page, PagingParams
from citewell.kit.urls import base_url
from citewell.models import User

router = APIRouter(tags=["Tokens"])


@router.get("/tokens/", operation_id="listTokens", response_model=Page[TokenOut])
async def list_tokens(caller: CallerParam, database: DatabaseParam, paging: PagingParams) -> Any:
    """List your own tokens, newest first."""
    async with database.read() as session:
        count, rows = await repository.list_tokens(session, caller.user_id, paging.limit, paging.offset)
    return paging.page(count, [TokenOut.model_validate(row) for row in rows])


@router.post("/tokens/", operation_id="createToken", status_code=201, response_model=NewTokenOut)
async def create_token(body: TokenCreate, caller: CallerParam, database: DatabaseParam) -> Any:
    """Create a token. Only this answer shows it."""
    async with database.write() as session:
        row, token = await token_service.make_token(session, caller, body)
    shown = TokenOut.model_validate(row).model_dump(mode="json")
    return JSONResponse(shown | {"token": token}, 201, headers=NO_STORE)


@router.delete("/tokens/{token_id}/", operation_id="revokeToken", status_code=204)
async def revoke_token(token_id: UUID, caller: CallerParam, database: DatabaseParam) -> Response:
    """Revoke a token: it is refused from then on. Superusers may revoke anybody's, others their own."""
    async with database.write() as session:
        await token_service.revoke_token(session, token_id, caller)
    return Response(status_code=204)


@router.get("/get-token/", operation_id="getTokenPage", response_model=TokenPageOut)
async def get_token_page(database: DatabaseParam, settings: SettingsParam, request: Request) -> Any:
    """Who the caller is and where tokens are made. A browser gets the page that makes them."""
    is_browser = "text/html" in request.headers.get("accept", "")
    try:
        found = await sign_in_of(database, request.method, request.headers)
    except NotAuthenticated:
        if is_browser:
            return HTMLResponse(sign_in_page(), 401, headers=HEADERS)
        raise
    if is_browser:
        return HTMLResponse(await _page(database, request, found), headers=HEADERS)
    async with database.read() as session:
        user = await session.get_one(User, found.caller.user_id)
    api = f"{base_url(request, settings)}/api/v1"
    return {"user": user, "tokens_url": f"{api}/tokens/", "page_url": f"{api}/get-token/"}


async def _page(database: Database, request: Request, found: SignedIn) -> str:
    async with database.read() as session:
        _, rows = await repository.list_tokens(session, found.caller.user_id, MAX_LIMIT, 0)
    secret = sessions.secret_in(request.headers.get("cookie")) if found.session_id else None
    return tokens_page(found.caller.email, rows, sessions.csrf_token(secret) if secret else "")
