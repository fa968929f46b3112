"""Routes whose errors have another shape than ours: that which the clients of another API read."""

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
from citewell.errors import CitewellError


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

    @staticmethod
    @abstractmethod
    def render(told: Told) -> Response: ...

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_rendered_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except (CitewellError, ModelError, RequestValidationError, HTTPException) as error:
                return self.render(_told_of(error))

        return handle_with_rendered_errors


def _told_of(error: CitewellError | ModelError | RequestValidationError | HTTPException) -> Told:
    match error:
        case CitewellError():
            return Told(error.status, error.code, error.message, headers=error.headers)
        case ModelError():
            return Told(502, error.code, error.message)
        case HTTPException():
            return Told(error.status_code, "invalid_request", str(error.detail))
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    message = first["msg"].removeprefix("Value error, ")
    return Told(400, "invalid_request", f"{place or 'The body'}: {message}.", place or None)
