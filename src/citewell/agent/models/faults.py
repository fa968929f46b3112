"""The errors of model servers, with messages for users.

The server's own text goes to the log and to administrators.
"""

import json
import re
from typing import Any

import structlog

from citewell.agent.models.dialect import NO_STREAM
from citewell.agent.protocol import ContextTooLong, ModelError, NoTools
from citewell.kit.http import retry_after_seconds

log = structlog.get_logger(__name__)

_TRANSIENT = frozenset({408, 409, 425, 500, 502, 503, 504, 529})
_GATEWAY = range(520, 528)  # Cloudflare's words for a server that does not answer
_MAX_LOGGED = 500
_NO_SUCH_MODEL = re.compile(
    r"model[^.]{0,60}(not (found|exist|available)|does ?n[o']t exist)|(invalid|unknown) model", re.I
)

_NO_TOOLS = re.compile(
    r"does ?n[o']t support (tools?|function|tool[ _-](calling|choice|use))|tools? (is|are) not supported|"
    r"enable-auto-tool-choice|tool[ _-]?call(ing|s)? (is|are) not (supported|enabled|available)|"
    r"no endpoints found that support tool|requires? --jinja|tools param requires",
    re.I,
)
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|prompt is too long|too many (input )?tokens|"
    r"(input|prompt|request)[^.]{0,60}(exceeds?|longer than|too (long|large))[^.]{0,60}(tokens?|context|limit)|"
    r"exceed[^.]{0,40}context|context_length_exceeded|reduce the length of the (messages|prompt)",
    re.I,
)
# The request exceeds the limit of tokens a minute: waiting does not help.
_TOO_LARGE = re.compile(r"request (entity )?too large|tokens must be reduced|reduce your message size", re.I)
_SPENT = re.compile(r"insufficient_quota|insufficient (balance|credit|fund)", re.I)
_CALL_FAILED = "tool_use_failed"
_ODD_CALL_ID = "Tool call id was"  # a refusal, whatever the status
# "Please try again in 7.66s", '"retryDelay": "38s"'
_WAIT = re.compile(
    r"(?:try again in|retry (?:in|after)|retryDelay\W{1,6})\s*(?:(\d{1,3})m(?!s))?(\d{1,6}(?:\.\d{1,9})?) ?(ms|s)", re.I
)
_LIMIT = re.compile(
    r"(?:context (?:length|size|window)(?: is|:| of)?|maximum(?: of)?|limit(?: is|:| of)?|max(?:imum)?:?|n_ctx[ =:]+|>)"
    r"\D{0,12}(\d{3,7})",
    re.I,
)


class Refused(ModelError):
    """The server answered with a status of 4xx. `detail` is its text: adapters react to it, users do not see it."""

    def __init__(self, message: str, detail: str, status: int = 400) -> None:
        super().__init__("model_refused", message)
        self.detail = detail
        self.status = status

    @property
    def knows_no_such_model(self) -> bool:
        """Whether the server has no model of this name. Most servers answer 404, some gateways 400 with a text."""
        return self.status == 404 or _NO_SUCH_MODEL.search(self.detail) is not None


class UnreadableCall(ModelError):
    """The server could not parse the model's tool call. `said` is what the model wrote, empty if that is unknown."""

    def __init__(self, said: str) -> None:
        message = "The model asked for a tool in a way that its server cannot read. Ask again."
        super().__init__("model_malformed", message, retryable=True)
        self.said = said


def unreachable() -> ModelError:
    """Returns the error for a server that no connection reaches."""
    return ModelError(
        "model_unreachable", "The model server cannot be reached: check CITEWELL_MODEL_BASE_URL.", retryable=True
    )


def bad_address() -> ModelError:
    """Returns the error for an address that is no URL."""
    return ModelError("model_unreachable", "The model server's address is not a URL: check CITEWELL_MODEL_BASE_URL.")


def silent(seconds: float) -> ModelError:
    """Returns the error for a server that sent nothing for so many seconds."""
    message = f"The model was silent for more than {seconds:g} s (CITEWELL_MODEL_TIMEOUT). Ask again."
    return ModelError("model_timeout", message, retryable=True)


def cut_off() -> ModelError:
    """Returns the error for a stream that ends before the reply does."""
    message = "The model server broke off in the middle of the answer. Ask again."
    return ModelError("model_cut_off", message, retryable=True)


def malformed() -> ModelError:
    """Returns the error for a stream that is not in the format."""
    return ModelError("model_malformed", "The model server's answer cannot be read.")


def no_stream() -> ModelError:
    """Returns the error for a page where a stream of events should be."""
    message = "The model server's answer is not a stream of events: check CITEWELL_MODEL_BASE_URL."
    return ModelError("model_malformed", message)


def reported(said: Any = None, *, has_begun: bool = False) -> ModelError:
    """Returns the error that the server reports inside a stream. `said` is the server's text or object.

    Before the answer has begun (`has_begun` false) it may be an error that an adapter or the loop can react to, such as
    ContextTooLong.
    """
    text = " ".join(str(said or "").split())
    kind, code = (said.get("type"), str(said.get("code"))) if isinstance(said, dict) else (None, "")
    error: ModelError
    if not has_begun and (reaction := _reaction(text, said)) is not None:
        error = reaction
    elif kind == "rate_limit_error" or code in ("429", "rate_limit_exceeded"):
        error = ModelError("model_rate_limited", "The model server has too many requests.", retryable=True)
    elif kind == "authentication_error" or code in ("401", "403", "invalid_api_key"):
        return _unauthorized()
    elif not has_begun and (kind == "invalid_request_error" or code in ("400", "422")):
        error = Refused("The model server refused the request.", text)
    else:
        message = "The model server reported an error instead of an answer. Ask again."
        error = ModelError("model_server_error", message, retryable=True)
    error.detail = text[:_MAX_LOGGED]
    return error


def refusal(status: int, retry_after: str | None, detail: str) -> ModelError:
    """Returns the error for an HTTP status other than 200. `retry_after` is the header, `detail` the server's text."""
    error = _refusal(status, retry_after, detail)
    if error.code != "model_unauthorized":  # servers repeat a part of the key
        error.detail = f"HTTP {status}: {' '.join(detail.split())[:_MAX_LOGGED]}"
    return error


def _refusal(status: int, retry_after: str | None, detail: str) -> ModelError:
    wait = retry_after_seconds(retry_after)
    if status == 402 or (status == 429 and _SPENT.search(detail)):
        message = "The model server's account has no credit left: ask an administrator."
        return ModelError("model_refused", message)
    if status == 413 or (status == 429 and _TOO_LARGE.search(detail)):
        return ContextTooLong(_limit_in(detail))
    if status == 429:
        message = "The model server has too many requests."
        wait = _wait_in(detail) if wait is None else wait
        return ModelError("model_rate_limited", message, retryable=True, retry_after=wait)
    if status in (401, 403) and not NO_STREAM.search(detail):
        return _unauthorized()
    log.warning("model_server_error", status=status, detail=detail[:_MAX_LOGGED])
    # Some servers answer 500 to what they cannot do.
    if (reaction := _reaction(detail, _parsed(detail), status)) is not None:
        return reaction
    if status in _TRANSIENT or status >= 500:
        message = f"The model server failed (HTTP {status})."
        may_pass = status in _TRANSIENT or status in _GATEWAY
        return ModelError("model_server_error", message, retryable=may_pass, retry_after=wait)
    return Refused(f"The model server refused the request (HTTP {status}).", detail, status)


def _reaction(text: str, said: Any, status: int = 400) -> ModelError | None:
    """Returns an error that an adapter or the loop can react to; None for all others. `said` is the parsed error."""
    if _CALL_FAILED in text:
        said = said.get("failed_generation") if isinstance(said, dict) else None
        return UnreadableCall(said if isinstance(said, str) else "")
    if NO_STREAM.search(text) or _ODD_CALL_ID in text:
        return Refused(f"The model server refused the request (HTTP {status}).", text, status)
    if _NO_TOOLS.search(text):
        return NoTools()
    return ContextTooLong(_limit_in(text)) if _TOO_LONG.search(text) else None


def _parsed(detail: str) -> Any:
    """Parses the `error` of a refusal's body; returns None if the body is no JSON object."""
    try:
        body = json.loads(detail)
    except (ValueError, RecursionError):
        return None
    return body.get("error", body) if isinstance(body, dict) else None


def _wait_in(detail: str) -> float | None:
    """Returns the seconds to wait that the text of a refusal names; None if it names none."""
    if not (found := _WAIT.search(detail)):
        return None
    return int(found[1] or 0) * 60 + float(found[2]) / (1000 if found[3].lower() == "ms" else 1)


def _unauthorized() -> ModelError:
    """Leaves out what the server said, also in the log: servers repeat a part of the key."""
    return ModelError("model_unauthorized", "The model server refuses our key: check CITEWELL_MODEL_API_KEY.")


def _limit_in(detail: str) -> int | None:
    """Returns the context size in tokens that a refusal names; None if it names none."""
    found = [int(number) for number in _LIMIT.findall(detail)]
    return min(found) if found else None
