"""Completes the OpenAPI document with all that FastAPI cannot derive from the routes."""

from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from citewell.auth.dependencies import wanted_by
from citewell.auth.middleware import is_open
from citewell.auth.permissions import Permission
from citewell.errors import error_codes
from citewell.manual.examples import EXAMPLES

_METHODS = ("get", "put", "post", "patch", "delete", "head")
_DESCRIPTION = (
    "Ask your documents; every claim in an answer is tied to the passage that supports it. The conventions (sign-in,"
    " errors, pages, limits) are in /docs/api."
)
_SCHEMES = {
    "BearerAuth": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer <token>`"},
    "TokenAuth": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Authorization: Token <token>`, with the same token",
    },
    "SessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "citewell_session",
        "description": "Set by signing in. Requests that change something need the header X-CSRF-Token as well.",
    },
}
# In place of a user's credentials, for the few operations of an organisation's own systems.
_ORGANIZATION_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "`Authorization: Bearer <key>`, with a key of the organisation",
}
_BY_ORGANIZATION_KEY = frozenset(("provisionUser", "deprovisionUser"))
_ERROR = {
    "type": "object",
    "required": ["error", "code"],
    "properties": {"error": {"type": "string"}, "code": {"$ref": "#/components/schemas/ErrorCode"}},
}
_FIELDS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
_ERRORS = {
    "400": ("BadRequest", "Something in the request is wrong.", {"anyOf": [_FIELDS, _ERROR]}),
    "401": ("Unauthorized", "The credentials are missing or not good any more.", _ERROR),
    "403": ("Forbidden", "The caller has no access to the project, or not the permission or role.", _ERROR),
    "404": ("NotFound", "There is no such object in this project.", _ERROR),
    "413": ("TooLarge", "The body is larger than is accepted here.", _ERROR),
    "415": ("UnsupportedMediaType", "The body is of another type than the operation takes.", _ERROR),
    "503": ("Unavailable", "Not at the moment: Retry-After says when to try again; `code` says why.", _ERROR),
    "507": ("StorageFull", "The server's disk is full; nothing was stored.", _ERROR),
    "409": ("Conflict", "Not as things stand; the message says why.", _ERROR),
    "429": ("TooManyRequests", "Too many requests: Retry-After says when to go on.", _ERROR),
}


_TOOL_ERROR = {
    "type": "object",
    "required": ["error_type", "error_code", "status", "message"],
    "properties": {key: {"type": "string"} for key in ("error_type", "error_code", "status", "message")},
}
# What can be refused because of how things stand.
_CONFLICTS = frozenset(
    (
        "sendMessageStream",
        "updateAgentSettings",
        "deleteAgentSettings",
        "updateTool",
        "deleteTool",
        "speakInInterview",
        "completeInterview",
        "acceptProposal",
        "rejectProposal",
        "editBrief",
        "editGeneralKnowledge",
        "editCorpusDescription",
        "editPlaybook",
        "editMentalMap",
        "editDesignTemplate",
    )
)
_FOR_SUPERUSERS = frozenset(
    (
        "getHealth",
        "listUsers",
        "createOrganization",
        "updateOrganization",
        "setOrganizationAdmin",
        "removeOrganizationMember",
        "updateUser",
        "mintOrganizationKey",
        "deleteOrganizationKey",
    )
)


class DocumentedApi(FastAPI):
    """The application with `openapi()` completed."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            document = super().openapi()
            _complete(document, _permissions(self))
        assert self.openapi_schema is not None
        return self.openapi_schema


def _complete(document: dict[str, Any], permissions: dict[str, Permission]) -> None:
    document["info"]["description"] = _DESCRIPTION
    document["security"] = [{name: []} for name in _SCHEMES]
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES | {"OrganizationKey": _ORGANIZATION_KEY}
    components.setdefault("schemas", {})["ErrorCode"] = {
        "type": "string",
        "enum": error_codes(),
        "description": "What kind of error it is, for programs: codes do not change.",
    }
    components["responses"] = {
        name: {"description": text, "content": {"application/json": {"schema": schema}}}
        for name, text, schema in _ERRORS.values()
    }
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                _complete_operation(path, item[method], permissions)
    for name in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(name, None)


def _complete_operation(path: str, operation: dict[str, Any], permissions: dict[str, Permission]) -> None:
    identity = operation["operationId"]
    needs_caller = not is_open(path)
    if not needs_caller:
        operation["security"] = [{"OrganizationKey": []}] if identity in _BY_ORGANIZATION_KEY else []
    if identity in permissions:
        operation["x-permission"] = str(permissions[identity])
    content = operation.get("requestBody", {}).get("content", {})
    if identity in EXAMPLES and "application/json" in content:
        content["application/json"]["example"] = EXAMPLES[identity]
    has_body = "requestBody" in operation
    answers = operation["responses"]
    statuses = {
        "400": answers.pop("422", None) is not None or bool(content),
        "401": needs_caller or bool(content),
        "403": identity in permissions or identity in _FOR_SUPERUSERS,
        "404": "{" in path,
        "409": identity in _CONFLICTS,
        "413": has_body,
        "415": has_body,
        "429": True,
        "503": True,
        "507": has_body,
    }
    if identity == "runTool":
        for status in ("400", "404", "500"):
            answers[status] = {"description": "Why", "content": {"application/json": {"schema": _TOOL_ERROR}}}
    for status, applies in statuses.items():
        if applies:
            answers.setdefault(status, {"$ref": f"#/components/responses/{_ERRORS[status][0]}"})


def _permissions(app: FastAPI) -> dict[str, Permission]:
    """Returns the permission that each operation needs in its project, by the operation's id."""
    found = {}
    for route in iter_route_contexts(app.routes):
        wanted = _permission_of(route)
        if wanted is not None:
            found[str(route.operation_id)] = wanted
    return found


def _permission_of(route: RouteContext) -> Permission | None:
    """Returns the permission that the route's own dependencies ask for, if one does."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    wanted = [wanted_by(each.call) for each in dependant.dependencies] if dependant is not None else []
    return next((each for each in wanted if each is not None), None)
