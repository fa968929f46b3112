"""SCIM over HTTP, below /scim/v2. Every request needs a key of the organisation."""

import asyncio
import importlib
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from citewell.auth.dependencies import ResourcesParam
from citewell.kit.body_limit import allow_usual
from citewell.organizations.access import KeyHolderParam

router = APIRouter(prefix="/scim/v2", include_in_schema=False)
_HANDLERS = "citewell.organizations.scim.handlers"


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def serve(holder: KeyHolderParam, request: Request, resources: ResourcesParam, path: str) -> Response:
    """The models of SCIM take 0.4 s to load, so only a server that is asked loads them."""
    allow_usual(request)
    handlers: Any = await asyncio.to_thread(importlib.import_module, _HANDLERS)
    answer: Response = await handlers.answer(holder, request, resources, path)
    return answer
