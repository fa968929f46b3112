"""The one place where errors become HTTP answers: `{"error": message, "code": code}` or `{field: [message, ...]}`."""

from collections import defaultdict
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from obstore.exceptions import BaseError as StoreError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from citewell.errors import (
    BadRequest,
    CellUnavailable,
    CitewellError,
    Conflict,
    DatabaseUnavailable,
    Forbidden,
    InvalidFields,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    ProjectMoving,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from citewell.kit.bodies import field_name, refuse_other_type, unknown_field
from citewell.kit.methods import methods_at
from citewell.kit.outages import explain, waits_for_standby

log = structlog.get_logger(__name__)

_KINDS: dict[int, type[CitewellError]] = {
    kind.status: kind
    for kind in (
        BadRequest,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    )
}
# Starlette's own texts ("Not Found") say less.
_TEXTS = {404: "There is nothing at this address."}
_ID_TYPES = {
    "uuid_parsing": "a UUID",
    "uuid_type": "a UUID",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
}


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(CitewellError, _citewell)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(UnicodeEncodeError, _unstorable)
    for kind in (OSError, StoreError, DBAPIError, NoConnection, psycopg.Error):
        app.add_exception_handler(kind, _surroundings)
    app.add_exception_handler(Exception, _unknown)


def error_response(error: CitewellError) -> Response:
    return JSONResponse(error.body(), error.status, headers=error.headers)


async def _citewell(request: Request, error: Exception) -> Response:
    assert isinstance(error, CitewellError)
    return error_response(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, CitewellError):  # FastAPI wraps what breaks while it reads a body
        return error_response(error.__cause__)
    if isinstance(error.__cause__, UnicodeDecodeError):
        return error_response(BadRequest("The body is not valid UTF-8."))
    if error.status_code == MethodNotAllowed.status:
        return error_response(_not_allowed(request, methods_at(request.app, request.url.path)))
    text = _TEXTS.get(error.status_code, str(error.detail))
    code = _KINDS.get(error.status_code, BadRequest if error.status_code < 500 else CitewellError).code
    if error.status_code == NotAuthenticated.status:
        code = NotAuthenticated.code
    return JSONResponse({"error": text, "code": code}, error.status_code, headers=dict(error.headers or {}))


def _not_allowed(request: Request, methods: frozenset[str]) -> MethodNotAllowed:
    allowed = sorted(methods)
    text = f"This address takes {' and '.join(allowed) or 'other methods'}, not {request.method}."
    return MethodNotAllowed(text, headers={"Allow": ", ".join(allowed)})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    for problem in problems:
        if problem["loc"][:1] == ("path",):
            methods = methods_at(request.app, request.url.path)
            if methods and request.method not in methods:  # as at documents/bulk-upload/, where no id belongs
                return error_response(_not_allowed(request, methods))
            wanted = _ID_TYPES.get(problem["type"])
            reason = f": {problem['loc'][-1]} in the address is not {wanted}." if wanted else "."
            return error_response(NotFound(f"There is no such object{reason}"))
    if any(problem["loc"][:1] == ("body",) for problem in problems):
        try:
            refuse_other_type(request)
        except UnsupportedMediaType as refused:
            return error_response(refused)
    if any(problem["type"] == "json_invalid" for problem in problems):
        return error_response(BadRequest("The body is not valid JSON."))
    fields: dict[str, list[str]] = defaultdict(list)
    for problem in problems:
        fields[_field(problem["loc"])].append(_text(request, problem))
    return error_response(InvalidFields(fields))


def _field(location: tuple[Any, ...]) -> str:
    """Returns the name of the field, without the part of the request that it stands in: a field may be called `query`,
    too.
    """
    inside = location[1:] if location[:1] in (("body",), ("query",), ("header",), ("path",)) else location
    return field_name(inside) or "non_field_errors"


def _text(request: Request, problem: dict[str, Any]) -> str:
    if problem["type"] == "missing":
        return "This field is required."
    if problem["type"] == "extra_forbidden":
        return unknown_field(request, problem["loc"])
    if problem["type"] == "string_pattern_mismatch" and "\x00" in str(problem.get("input")):
        return "Must not contain NUL characters."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


async def _unstorable(request: Request, error: Exception) -> Response:
    """Answers values that the database cannot store: NUL characters, lone surrogates, numbers out of range."""
    log.info("request_unstorable", path=request.url.path, reason=str(error).split("\n", 1)[0])
    return error_response(
        BadRequest(
            "The request holds a character or a number that cannot be stored: leave out NUL and unpaired surrogates."
        )
    )


async def _surroundings(request: Request, error: Exception) -> Response:
    """Errors of the disk, the store and the database, each in words of its own."""
    found = explain(error)
    if found is None:
        return await _unknown(request, error)
    # Expected: over in a moment, or the project was deleted while the request ran.
    if isinstance(found, ProjectMoving | NotFound) or waits_for_standby(error):
        log.info("request_refused", path=request.url.path, reason=found.message)
    else:
        log.error("request_broke", path=request.url.path, exc_info=error)
    return error_response(_named(request, found))


def _named(request: Request, found: CitewellError) -> CitewellError:
    """Adds the name of the cell that does not answer, where there are several."""
    resources = getattr(request.app.state, "resources", None)
    if resources is None or resources.placement is None or not isinstance(found, DatabaseUnavailable):
        return found
    return CellUnavailable(resources.cell)


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("request_broke", path=request.url.path, exc_info=error)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    text = f"Something went wrong on the server. Its log says what, under the request id {request_id}."
    # Starlette sends this answer past all middleware.
    return error_response(CitewellError(text, headers={"X-Request-ID": request_id}))
