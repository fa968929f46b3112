"""The one place where errors become HTTP answers: `{"error": message}` or `{field: [message, ...]}`."""

from collections import defaultdict
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from obstore.exceptions import BaseError as StoreError
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from citewell.errors import CitewellError, StorageFull, Unavailable
from citewell.kit.outages import outage

log = structlog.get_logger(__name__)

_TEXTS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is too large.",
    415: "This media type is not supported here.",
}


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(CitewellError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(UnicodeEncodeError, _unstorable)
    for kind in (OSError, StoreError, DBAPIError, psycopg.Error):
        app.add_exception_handler(kind, _surroundings)
    app.add_exception_handler(Exception, _unknown)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, CitewellError)
    return JSONResponse(error.body(), error.status, headers=error.headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, CitewellError):  # FastAPI wraps what breaks while it reads a body
        return await _known(request, error.__cause__)
    default = _TEXTS.get(error.status_code)
    text = default if default and _is_plain(error) else str(error.detail)
    return JSONResponse({"error": text}, error.status_code, headers=dict(error.headers or {}))


def _is_plain(error: HTTPException) -> bool:
    """Starlette's own texts ("Not Found") say less than ours."""
    return error.status_code in (404, 405)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if any(problem["loc"][:1] == ("path",) for problem in problems):
        return JSONResponse({"error": "There is no such object: the id in the address is not a UUID."}, 404)
    if any(problem["type"] == "json_invalid" for problem in problems):
        return JSONResponse({"error": "The body is not valid JSON."}, 400)
    fields: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        fields[_field(problem["loc"])].append(_text(problem))
    return JSONResponse(fields, 400)


def _field(location: tuple[Any, ...]) -> str:
    """The name of the field, without the part of the request that it stands in: a field may be called `query`, too."""
    inside = location[1:] if location[:1] in (("body",), ("query",), ("header",), ("path",)) else location
    names = [str(part) for part in inside]
    return ".".join(names) or "non_field_errors"


def _text(problem: dict[str, Any]) -> str:
    if problem["type"] == "missing":
        return "This field is required."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


async def _unstorable(request: Request, error: Exception) -> Response:
    """What the database has no place for: characters that are none, or numbers beyond its own."""
    log.info("request_unstorable", path=request.url.path, reason=str(error).split("\n", 1)[0])
    text = "The request holds a character or a number that cannot be stored: leave out NUL and half characters."
    return JSONResponse({"error": text}, 400)


async def _surroundings(request: Request, error: Exception) -> Response:
    """Errors of the disk and the database, which may pass."""
    found = outage(error)
    if found is None and not isinstance(error, OSError):
        return await _unknown(request, error)
    answer: CitewellError = Unavailable(
        "The server cannot reach its database at the moment: try again shortly.", headers={"Retry-After": "5"}
    )
    if found == "disk_full":
        answer = StorageFull("The server's disk is full, so nothing was stored: free some space there and try again.")
    log.error("request_broke", path=request.url.path, exc_info=error)
    return await _known(request, answer)


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("request_broke", path=request.url.path, exc_info=error)
    return JSONResponse({"error": "Something went wrong on the server. Its log says what."}, 500)
