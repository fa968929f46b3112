"""`/v1/vector_stores`: projects as vector stores, their documents as files. They are only read here."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from citewell.auth.access import Access, resolve_access
from citewell.auth.dependencies import CallerParam, DatabaseParam, ResourcesParam
from citewell.auth.permissions import Permission
from citewell.documents.repository.counts import count_documents
from citewell.errors import NotFound
from citewell.kit.urls import base_url
from citewell.models import Project
from citewell.openai import vector_stores
from citewell.openai.errors import OpenAIErrors
from citewell.openai.repository import State, list_chunk_texts
from citewell.openai.schemas import VectorStoreSearch
from citewell.openai.vector_filters import read_filters
from citewell.openai.vector_stores import Order, Page
from citewell.projects.service import list_projects

router = APIRouter(prefix="/vector_stores", tags=["OpenAI"], route_class=OpenAIErrors, include_in_schema=False)

_MOST_STORES = 1000


async def _store(store_id: str, caller: CallerParam, database: DatabaseParam) -> Access:
    """Returns the caller's access to the project of a vector store."""
    try:
        project_id = UUID(store_id.removeprefix("vs_"))
    except ValueError:
        raise NotFound("There is no such vector store: GET /v1/vector_stores lists them.") from None
    async with database.read() as session:
        access = await resolve_access(session, project_id, caller)
    access.require(Permission.VIEW)
    return access


async def _page(
    limit: Annotated[int, Query(ge=1, le=100)] = 20, order: Order = "desc", after: str = "", before: str = ""
) -> Page:
    return Page(limit, order, _id_in(after), _id_in(before))


StoreParam = Annotated[Access, Depends(_store)]
PageParam = Annotated[Page, Depends(_page)]


@router.get("")
async def list_stores(caller: CallerParam, database: DatabaseParam, page: PageParam) -> Any:
    """The projects that the caller may read."""
    async with database.read() as session:
        _, found = await list_projects(session, caller, _MOST_STORES, 0, readable=True)
        shown, has_more = page.of([(project.id, project) for project in found])
        counts = await count_documents(session, [project.id for project in shown])
    return _listed([vector_stores.store_to_wire(project, counts[project.id]) for project in shown], has_more=has_more)


@router.get("/{store_id}")
async def get_store(access: StoreParam, database: DatabaseParam) -> Any:
    async with database.read() as session:
        project = await session.get_one(Project, access.project_id)
        counts = await count_documents(session, [access.project_id])
    return vector_stores.store_to_wire(project, counts[access.project_id])


@router.post("/{store_id}/search")
async def search_store(access: StoreParam, resources: ResourcesParam, request: Request, body: VectorStoreSearch) -> Any:
    """Passages of the project's documents, each with the address that opens it in its attributes."""
    queries = [body.query] if isinstance(body.query, str) else body.query
    within = [read_filters(body.filters)] if body.filters else []
    base = base_url(request, resources.settings)
    return await vector_stores.search(resources, access.project_id, base, queries, body.max_num_results, within)


@router.get("/{store_id}/files")
async def list_files(
    access: StoreParam,
    database: DatabaseParam,
    page: PageParam,
    state: Annotated[State | None, Query(alias="filter")] = None,
) -> Any:
    """The project's documents."""
    async with database.read() as session:
        rows, has_more = await vector_stores.list_files(session, access.project_id, page, state)
    return _listed([vector_stores.file_to_wire(*row) for row in rows], has_more=has_more)


@router.get("/{store_id}/files/{file_id}")
async def get_file(access: StoreParam, database: DatabaseParam, file_id: str) -> Any:
    async with database.read() as session:
        row = await vector_stores.find_file(session, access.project_id, _id_in(file_id))
    return vector_stores.file_to_wire(*row)


@router.get("/{store_id}/files/{file_id}/content")
async def get_file_content(access: StoreParam, database: DatabaseParam, file_id: str) -> Any:
    """The document's text, in its chunks; none while it is not ready."""
    async with database.read() as session:
        document, _ = await vector_stores.find_file(session, access.project_id, _id_in(file_id))
        texts = await list_chunk_texts(session, document)
    data = [{"type": "text", "text": text} for text in texts]
    return {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}


def _id_in(text: str) -> UUID | None:
    """Returns the id in `vs_...` or `file-...`; None for an empty text."""
    try:
        return UUID(text.removeprefix("file-").removeprefix("vs_")) if text else None
    except ValueError:
        raise NotFound(f"There is no {text[:100]!r} in this list.") from None


def _listed(data: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more}
