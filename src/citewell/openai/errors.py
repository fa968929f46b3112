"""Errors as OpenAI tells them."""

from typing import Any

from starlette.responses import JSONResponse, Response

from citewell.openai.error_route import ErrorRoute, Told

_KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class OpenAIErrors(ErrorRoute):
    """`{"error": {"message", "type", "param", "code"}}`."""

    @staticmethod
    def render(told: Told) -> Response:
        return JSONResponse(error_body(told), told.status, headers=told.headers)


def error_body(told: Told) -> dict[str, Any]:
    """Returns the body of the answer."""
    kind = _KINDS.get(told.status, "invalid_request_error" if told.status < 500 else "server_error")
    return {"error": {"message": told.message, "type": kind, "param": told.param, "code": told.code}}
