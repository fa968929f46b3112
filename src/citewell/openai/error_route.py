"""Routes whose errors have the format of another API, for its clients."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from citewell.agent.protocol import ModelError
from citewell.errors import CitewellError, UnsupportedMediaType
from citewell.kit.bodies import field_name, refuse_other_type


@dataclass(frozen=True)
class Told:
    """What a client may know of an error; `param` is the field of the request that is wrong."""

    status: int
    code: str
    message: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ErrorRoute(APIRoute):
    """Answers errors as `render` writes them."""

    reads_any_type = False  # whether a body is read as JSON whatever its Content-Type

    @staticmethod
    @abstractmethod
    def render(told: Told) -> Response: ...

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_rendered_errors(request: Request) -> Response:
            try:
                return await handle(_as_json(request) if self.reads_any_type else request)
            except (CitewellError, ModelError, RequestValidationError, HTTPException) as error:
                return self.render(_told_of(request, error))

        return handle_with_rendered_errors


def _as_json(request: Request) -> Request:
    headers = [header for header in request.scope["headers"] if header[0] != b"content-type"]
    return Request({**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}, request.receive)


def _told_of(request: Request, error: CitewellError | ModelError | RequestValidationError | HTTPException) -> Told:
    match error:
        case CitewellError():
            return Told(error.status, error.code, error.message, headers=error.headers)
        case ModelError():
            return Told(502, error.code, error.message)
        case HTTPException():
            return _told_of_body(error)
    try:
        refuse_other_type(request)
    except UnsupportedMediaType as refused:
        return _told_of(request, refused)
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return Told(400, "invalid_request", "The body is not valid JSON.")
    # Of a field that allows several types, what is wrong with the type that was sent says more than the others.
    first = next((problem for problem in problems if not problem["type"].endswith("_type")), problems[0])
    place = field_name(first["loc"][1:])
    message = first["msg"].removeprefix("Value error, ")
    return Told(400, "invalid_request", f"{place or 'The body'}: {message}.", place or None)


def _told_of_body(error: HTTPException) -> Told:
    """FastAPI wraps what breaks while it reads a body."""
    cause = error.__cause__
    if isinstance(cause, CitewellError):
        return Told(cause.status, cause.code, cause.message, headers=cause.headers)
    if isinstance(cause, UnicodeDecodeError):
        return Told(400, "invalid_request", "The body is not valid UTF-8.")
    return Told(error.status_code, "invalid_request", str(error.detail))
