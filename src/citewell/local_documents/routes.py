"""Local documents over HTTP: of an agent, of a conversation, of an interview, and all that the caller may list."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData
from starlette.responses import StreamingResponse

from citewell.auth.access import Access
from citewell.auth.dependencies import ResourcesParam, Viewer
from citewell.db.engine import Database
from citewell.documents import removal, uploads
from citewell.documents.file_links import FileLinks, file_links
from citewell.documents.file_routes import download as file_download
from citewell.documents.local_to import Kind, LocalTo
from citewell.documents.routes import files_form, uploads_in
from citewell.documents.schemas import DocumentOut, full, indexing_status
from citewell.documents.service import get_document
from citewell.errors import InvalidFields
from citewell.kit.forms import FILES, flag, multipart_body
from citewell.kit.pagination import Page, PagingParams
from citewell.local_documents import service
from citewell.local_documents.repository import is_local_to
from citewell.models import Document, DocumentVersion
from citewell.resources import Resources

router = APIRouter(prefix="/projects/{project_id}", tags=["Local Documents"])

_SKIP = {"type": "string", "enum": ["true", "false"], "default": "false"}


class LocalDocument(DocumentOut):
    """A local document.

    One of `agent_settings`, `conversation` and `interview` is set, as `type` says. `indexing_status` is the contract's
    state of a document: `active` means that turns can retrieve it; `error` is why it failed.
    """

    type: Kind
    agent_settings: UUID | None
    conversation: UUID | None
    interview: UUID | None
    indexing_status: str
    error: dict[str, str] | None
    created_by: UUID | None
    created_at: datetime


async def agent_scope(agent_settings_id: UUID) -> LocalTo:
    return LocalTo("agent_settings", agent_settings_id)


async def conversation_scope(conversation_id: UUID) -> LocalTo:
    return LocalTo("conversation", conversation_id)


async def interview_scope(interview_id: UUID) -> LocalTo:
    return LocalTo("interview", interview_id)


def _routes_of(path: str, scope_of: Callable[..., Awaitable[LocalTo]], name: str) -> APIRouter:
    """Returns the operations on the local documents of one agent, one conversation or one interview."""
    of_scope = APIRouter(prefix=f"{path}/local-documents")

    @of_scope.post(
        "/bulk-upload/",
        operation_id=f"bulkUpload{name}LocalDocuments",
        status_code=201,
        response_model=list[LocalDocument],
        openapi_extra=_body({}),
    )
    async def bulk_upload(
        access: Viewer, resources: ResourcesParam, request: Request, scope: Annotated[LocalTo, Depends(scope_of)]
    ) -> Any:
        """Upload files (`files`, several times) that only the turns of this scope retrieve."""
        await _check_writable(resources.database, access, scope)
        async with files_form(request, resources.settings, "skip_processing") as form:
            return await _add(resources, access, request, scope, form)

    @of_scope.get("/", operation_id=f"list{name}LocalDocuments", response_model=Page[LocalDocument])
    async def list_of_scope(
        access: Viewer,
        resources: ResourcesParam,
        paging: PagingParams,
        request: Request,
        scope: Annotated[LocalTo, Depends(scope_of)],
    ) -> Any:
        async with resources.database.read() as session:
            await service.check_readable(session, access, scope)
            condition = is_local_to(scope.kind, scope.id)
            count, rows = await service.list_local(session, access.project_id, paging.limit, paging.offset, condition)
        return paging.page(count, _wire(rows, request, resources))

    @of_scope.delete("/{document_id}/", operation_id=f"delete{name}LocalDocument", status_code=204)
    async def delete(
        access: Viewer, resources: ResourcesParam, document_id: UUID, scope: Annotated[LocalTo, Depends(scope_of)]
    ) -> Response:
        await _check_writable(resources.database, access, scope)
        async with resources.database.write() as session:
            await removal.delete_document(session, resources, access, document_id, local_to=scope.id)
        return Response(status_code=204)

    @of_scope.get("/{document_id}/file/", operation_id=f"download{name}LocalDocument", response_class=StreamingResponse)
    async def download(
        access: Viewer,
        resources: ResourcesParam,
        request: Request,
        document_id: UUID,
        scope: Annotated[LocalTo, Depends(scope_of)],
    ) -> StreamingResponse:
        async def find() -> Document:
            async with resources.database.read() as session:
                await service.check_readable(session, access, scope)
                return await get_document(session, access.project_id, document_id, local_to=scope.id)

        async def confirm() -> None:
            await request.state.confirm_right()
            await find()

        row = await find()
        return await file_download(resources, row.file_key, row.name, row.file_size, confirm)

    return of_scope


def _body(more: dict[str, Any]) -> dict[str, Any]:
    """Returns the request body for OpenAPI: multipart with files."""
    fields = {"files": FILES, "skip_processing": _SKIP} | more
    return multipart_body(["files", "type"] if more else ["files"], fields)


@router.get("/local-documents/", operation_id="listLocalDocuments", response_model=Page[LocalDocument])
async def list_all(access: Viewer, resources: ResourcesParam, paging: PagingParams, request: Request) -> Any:
    """List the local documents of all agents and of your own conversations and interviews; admins see those of all."""
    async with resources.database.read() as session:
        count, rows = await service.list_local(
            session, access.project_id, paging.limit, paging.offset, *service.listed_for(access)
        )
    return paging.page(count, _wire(rows, request, resources))


@router.post(
    "/local-documents/bulk-upload/",
    operation_id="bulkUploadLocalDocuments",
    status_code=201,
    response_model=list[LocalDocument],
    openapi_extra=_body(
        {
            "type": {"type": "string", "enum": list(get_args(Kind))},
            "agent_settings": {"type": "string", "format": "uuid"},
            "conversation": {"type": "string", "format": "uuid"},
            "interview": {"type": "string", "format": "uuid"},
        }
    ),
)
async def bulk_upload_anywhere(access: Viewer, resources: ResourcesParam, request: Request) -> Any:
    """Upload files for an agent, a conversation or an interview, as `type` says (`agent_settings`, `conversation` or
    `interview`); the field of that name holds its id."""
    async with files_form(request, resources.settings, "skip_processing", "type", *get_args(Kind)) as form:
        scope = _scope_in(form)
        await _check_writable(resources.database, access, scope)
        return await _add(resources, access, request, scope, form)


def _scope_in(form: FormData) -> LocalTo:
    """Raises InvalidFields."""
    for kind in get_args(Kind):
        if form.get("type") == kind:
            try:
                return LocalTo(kind, UUID(str(form.get(kind, ""))))
            except ValueError:
                raise InvalidFields({kind: [f"Must be the id (a UUID) of the {kind.replace('_', ' ')}."]}) from None
    raise InvalidFields({"type": [f"Must be one of {', '.join(get_args(Kind))}."]})


async def _check_writable(database: Database, access: Access, scope: LocalTo) -> None:
    async with database.read() as session:
        await service.check_writable(session, access, scope)


async def _add(
    resources: Resources, access: Access, request: Request, scope: LocalTo, form: FormData
) -> list[dict[str, Any]]:
    skip = flag(form, "skip_processing")
    documents = await uploads.add_documents(
        resources, access.project_id, access.acting.user_id, await uploads_in(form), skip_parsing=skip, scope=scope
    )
    async with resources.database.read() as session:
        rows = await service.with_versions(session, access.project_id, documents)
    return _wire(rows, request, resources)


def _wire(
    rows: Sequence[tuple[Document, DocumentVersion]], request: Request, resources: Resources
) -> list[dict[str, Any]]:
    links = file_links(request, resources)
    return [_wire_one(document, version, links) for document, version in rows]


def _wire_one(row: Document, version: DocumentVersion, links: FileLinks) -> dict[str, Any]:
    owner = {kind: row.local_to if row.local_kind == kind else None for kind in get_args(Kind)}
    failure = version.failure
    return {
        **full(row, links),
        "type": row.local_kind,
        **owner,
        "indexing_status": indexing_status(row, version),
        "error": {"code": failure.error_code or "", "message": failure.error or ""} if failure is not None else None,
        "created_by": row.created_by,
        "created_at": row.created_at,
    }


router.include_router(_routes_of("/agent-settings/{agent_settings_id}", agent_scope, "Agent"))
router.include_router(_routes_of("/playground-conversations/{conversation_id}", conversation_scope, "Conversation"))
router.include_router(_routes_of("/interviews/{interview_id}", interview_scope, "Interview"))
