"""Answers SCIM clients, by address and method. See `routes`."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import Request
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    InvalidSyntaxException,
    InvalidValueException,
    ListResponse,
    NotFoundException,
    NotImplementedException,
    ResponseParameters,
    SCIMException,
)
from starlette.responses import JSONResponse, Response

from citewell.errors import CitewellError
from citewell.kit.answers import NO_STORE
from citewell.kit.json_depth import is_too_deep
from citewell.kit.urls import base_url
from citewell.organizations.access import KeyHolder
from citewell.organizations.scim import description, service, store
from citewell.organizations.scim.description import MODELS, MOST_RESULTS
from citewell.resources import Resources

_MEDIA_TYPE = "application/scim+json"
_DISCOVERY: dict[str, Callable[[str], list[Any]]] = {
    "ServiceProviderConfig": lambda base: [description.placed_config(base)],
    "ResourceTypes": description.resource_types,
    "Schemas": description.schemas,
}


async def answer(holder: KeyHolder, request: Request, resources: Resources, path: str) -> Response:
    """Returns the answer, also where it is an error."""
    try:
        return await _Asked(holder, request, resources).answer(path)
    except SCIMException as error:
        return _error(error.to_error())
    except ValidationError as error:
        return _error(Error.from_validation_errors(error)[0])
    except CitewellError as error:
        return _error(Error(status=error.status, detail=error.message), error.headers)


class _Asked:
    """One request."""

    def __init__(self, holder: KeyHolder, request: Request, resources: Resources) -> None:
        self.holder, self.request, self.resources = holder, request, resources
        self.base = f"{base_url(request, resources.settings)}/scim/v2"
        names = {"attributes", "excludedAttributes"} & request.query_params.keys()
        self.shape: ResponseParameters[Any] = ResponseParameters.model_validate(
            {name: request.query_params[name] for name in names}
        )

    async def answer(self, path: str) -> Response:
        collection, _, identity = path.partition("/")
        method = self.request.method
        if ".search" in (collection, identity):
            raise NotImplementedException(detail="Search with GET and the parameter filter.")
        if "/" in identity or collection not in (*_DISCOVERY, *MODELS):
            raise NotFoundException(detail="There is nothing at this address.")
        if collection in _DISCOVERY and method == "GET":
            return await self._described(collection, identity)
        one_of = {"GET": self._get, "PUT": self._replace, "PATCH": self._patch, "DELETE": self._delete}
        if identity and collection in MODELS and method in one_of:
            return await one_of[method](collection, identity)
        if not identity and collection in MODELS and method in ("GET", "POST"):
            return await (self._list(collection) if method == "GET" else self._create(collection))
        return _error(Error(status=405, detail="This address does not take that method."))

    async def _described(self, collection: str, identity: str) -> Response:
        found = _DISCOVERY[collection](self.base)
        if collection == "ServiceProviderConfig" and not identity:
            return self._shown(found[0], Context.RESOURCE_QUERY_RESPONSE)
        if not identity:
            return await self._listed(found, len(found))
        for each in found:
            if each.id == identity:
                return self._shown(each, Context.RESOURCE_QUERY_RESPONSE)
        raise NotFoundException(detail=f"There is no {identity[:100]}.")

    async def _list(self, collection: str) -> Response:
        start, count = max(self._number("startIndex", 1), 1), self._number("count", MOST_RESULTS)
        count = min(max(count, 0), MOST_RESULTS)
        wanted = self.request.query_params.get("filter")
        organization = self.holder.organization_id
        async with self.resources.database.read() as session:
            if wanted:
                found = await store.search(session, organization, collection, wanted, self.base)
                total, rows = len(found), found[start - 1 : start - 1 + count]
            else:
                total, rows = await store.page(session, organization, collection, start, count, self.base)
        return await self._listed(rows, total, start)

    async def _create(self, collection: str) -> Response:
        body = await self._body()
        async with self.resources.database.write() as session:
            made = await service.create(session, self.holder, collection, body, self.base)
        shown = self._shown(made, Context.RESOURCE_CREATION_RESPONSE, status=201)
        shown.headers["Location"] = f"{self.base}/{collection}/{made.id}"
        return shown

    async def _get(self, collection: str, identity: str) -> Response:
        async with self.resources.database.read() as session:
            row = await store.get_row(session, self.holder.organization_id, collection, identity)
        return self._shown(store.to_resource(row, self.base), Context.RESOURCE_QUERY_RESPONSE)

    async def _replace(self, collection: str, identity: str) -> Response:
        body = await self._body()
        async with self.resources.database.write() as session:
            changed = await service.replace(session, self.holder, collection, identity, body, self.base)
        return self._shown(changed, Context.RESOURCE_REPLACEMENT_RESPONSE)

    async def _patch(self, collection: str, identity: str) -> Response:
        body = await self._body()
        async with self.resources.database.write() as session:
            changed = await service.patch(session, self.holder, collection, identity, body, self.base)
        return self._shown(changed, Context.RESOURCE_PATCH_RESPONSE)

    async def _delete(self, collection: str, identity: str) -> Response:
        async with self.resources.database.write() as session:
            await service.remove(session, self.holder, collection, identity)
        return Response(status_code=204)

    async def _body(self) -> dict[str, Any]:
        """Returns the JSON object of the body, whose size the server's usual limit bounds."""
        body = await self.request.body()
        if is_too_deep(body):  # the server's limit holds for bodies whose type says that they are JSON
            raise InvalidSyntaxException(detail="The body is nested too deeply.")
        try:
            found = msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise InvalidSyntaxException(detail="The body is not valid JSON.") from None
        if not isinstance(found, dict):
            raise InvalidSyntaxException(detail="The body is not a JSON object.")
        return found

    def _number(self, name: str, usual: int) -> int:
        try:
            return min(int(self.request.query_params.get(name, usual)), 2**31)
        except ValueError:
            raise InvalidValueException(detail=f"{name} is not a whole number.") from None

    def _shown(self, resource: Any, context: Context, *, status: int = 200) -> Response:
        return _json(resource.model_dump(scim_ctx=context, response_parameters=self.shape), status)

    async def _listed(self, found: list[Any], total: int, start: int = 1) -> Response:
        shown = {"scim_ctx": Context.RESOURCE_QUERY_RESPONSE, "response_parameters": self.shape}
        rows = await asyncio.to_thread(lambda: [each.model_dump(**shown) for each in found])
        content = {"schemas": [str(ListResponse.__schema__)], "totalResults": total, "Resources": rows}
        return _json(content | {"startIndex": start, "itemsPerPage": len(rows)})


def _error(error: Error, headers: dict[str, str] | None = None) -> Response:
    made = _json(error.model_dump(), int(error.status or 400))
    made.headers.update(headers or {})
    return made


def _json(content: Any, status: int = 200) -> Response:
    return JSONResponse(content, status, media_type=_MEDIA_TYPE, headers=NO_STORE)
