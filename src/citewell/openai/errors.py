"""Errors as OpenAI tells them."""

from starlette.responses import JSONResponse, Response

from citewell.openai.error_route import ErrorRoute, Told


class OpenAIErrors(ErrorRoute):
    """`{"error": {"message", "type", "param", "code"}}`."""

    @staticmethod
    def render(told: Told) -> Response:
        kind = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
        default = "invalid_request_error" if told.status < 500 else "server_error"
        body = {
            "message": told.message,
            "type": kind.get(told.status, default),
            "param": told.param,
            "code": told.code,
        }
        return JSONResponse({"error": body}, told.status, headers=told.headers)
