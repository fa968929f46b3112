"""Artifacts over HTTP: members read them, admins edit them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.datastructures import UploadFile

from citewell.artifacts import editing, files, repository, service
from citewell.artifacts.changelog import read_changelog
from citewell.artifacts.definitions import DEFINITIONS, TextSlug
from citewell.artifacts.schemas import (
    ArtifactDefinition,
    ArtifactOut,
    ArtifactSummary,
    ChangelogEntry,
    DesignTemplateEdit,
    EditOut,
    MentalMapEdit,
    PlaybookEdit,
    TemplateFileOut,
    TextEdit,
    VersionOut,
    VersionSummary,
    full,
    summary,
)
from citewell.auth.access import Access
from citewell.auth.dependencies import Admin, DatabaseParam, ResourcesParam, Viewer
from citewell.documents.file_links import FileLinks, file_links
from citewell.documents.routes import clean_name
from citewell.errors import InvalidFields
from citewell.kit.forms import FILE, multipart, multipart_body
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import base_url
from citewell.resources import Resources

router = APIRouter(prefix="/projects/{project_id}", tags=["Artifacts"])

Slug = Annotated[str, Path(max_length=100, description=f"One of: {', '.join(DEFINITIONS)}.")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
_FILE_FIELDS = ("id", "template_id", "name", "content_type", "file_size", "created_at")


@router.get("/artifacts/", operation_id="listArtifacts", response_model=list[ArtifactSummary])
async def list_artifacts(access: Viewer, database: DatabaseParam) -> Any:
    """List the project's artifacts, each with the beginning of its content."""
    async with database.read() as session:
        return [summary(one) for one in await service.list_artifacts(session, access.project_id)]


@router.get("/artifacts/{slug}/", operation_id="getArtifact", response_model=ArtifactOut)
async def get_artifact(access: Viewer, database: DatabaseParam, slug: Slug) -> Any:
    async with database.read() as session:
        return full(await service.get_artifact(session, access.project_id, slug))


@router.get("/artifacts/{slug}/definition/", operation_id="getArtifactDefinition", response_model=ArtifactDefinition)
async def get_definition(access: Viewer, slug: Slug) -> Any:
    """Describes what the artifact is for and what belongs into it: read it before you write."""
    return service.definition_of(slug).as_dict()


@router.get("/artifacts/{slug}/versions/", operation_id="listArtifactVersions", response_model=Page[VersionSummary])
async def list_versions(access: Admin, database: DatabaseParam, paging: PagingParams, slug: Slug) -> Any:
    """List the versions of an artifact with their changes, newest first."""
    service.definition_of(slug)
    async with database.read() as session:
        count, rows = await repository.versions(session, access.project_id, slug, paging.limit, paging.offset)
    return paging.page(count, rows)


@router.get("/artifacts/{slug}/versions/{version}/", operation_id="getArtifactVersion", response_model=VersionOut)
async def get_version(access: Admin, database: DatabaseParam, slug: Slug, version: Version) -> Any:
    async with database.read() as session:
        return await service.get_version(session, access.project_id, slug, version)


@router.post("/artifacts/{slug}/versions/{version}/restore/", operation_id="restoreArtifactVersion")
async def restore_version(access: Admin, database: DatabaseParam, slug: Slug, version: Version) -> ArtifactOut:
    """Write a new version with the content of an old one."""
    async with database.write() as session:
        row = await service.get_version(session, access.project_id, slug, version)
        before = await service.begin_edit(session, access, slug, None)
        content = before.definition.model.model_validate(row.content)
        after = await service.write(session, access, before, content, f"Restored version {version}.")
        return ArtifactOut.model_validate(full(after))


def _text_route(path: str, slug: TextSlug, name: str) -> None:
    @router.post(path, operation_id=name, response_model=EditOut, name=name)
    async def edit(access: Admin, database: DatabaseParam, body: TextEdit) -> Any:
        async with database.write() as session:
            return await editing.edit_text(session, access, slug, body)

    edit.__doc__ = TextEdit.__doc__


_text_route("/artifact-edits/brief/", "brief", "editBrief")
_text_route("/artifact-edits/general-knowledge/", "general_knowledge", "editGeneralKnowledge")
_text_route("/artifact-edits/corpus-description/", "corpus_description", "editCorpusDescription")


@router.post("/artifact-edits/playbook/", operation_id="editPlaybook", response_model=EditOut)
async def edit_playbook(access: Admin, database: DatabaseParam, body: PlaybookEdit) -> Any:
    """List, read, replace, change or delete playbooks. Changes are applied in their order, all or none."""
    async with database.write() as session:
        return await editing.edit_playbook(session, access, body)


@router.post("/artifact-edits/mental-map/", operation_id="editMentalMap", response_model=EditOut)
async def edit_mental_map(access: Admin, database: DatabaseParam, body: MentalMapEdit) -> Any:
    """Read, replace or change the mental map. Changes are applied in their order, all or none."""
    async with database.write() as session:
        return await editing.edit_mental_map(session, access, body)


@router.post("/artifact-edits/design-template/", operation_id="editDesignTemplate", response_model=EditOut)
async def edit_design_template(
    access: Admin, resources: ResourcesParam, request: Request, body: DesignTemplateEdit
) -> Any:
    """List, read, write or delete design templates. Deleting one deletes its files."""
    return await editing.edit_design_template(resources, access, body, base_url(request, resources.settings))


@router.get("/design-template-files/", operation_id="listDesignTemplateFiles", response_model=Page[TemplateFileOut])
async def list_files(
    access: Viewer,
    resources: ResourcesParam,
    paging: PagingParams,
    request: Request,
    template_id: Annotated[UUID | None, Query(description="Only those of this template.")] = None,
) -> Any:
    """List the files of design templates, newest first."""
    async with resources.database.read() as session:
        count, rows = await repository.template_files(
            session, access.project_id, template_id, paging.limit, paging.offset
        )
    links = file_links(request, resources)
    return paging.page(count, [_file(row, links) for row in rows])


@router.post(
    "/design-template-files/",
    operation_id="uploadDesignTemplateFile",
    status_code=201,
    response_model=TemplateFileOut,
    openapi_extra=multipart_body(
        ["template_id", "file"], {"template_id": {"type": "string", "format": "uuid"}, "file": FILE}
    ),
)
async def upload_file(access: Admin, resources: ResourcesParam, request: Request) -> Any:
    """Add a file to a template (multipart: `template_id` and `file`), at most 20 MiB."""
    async with multipart(request, "template_id", "file") as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidFields({"file": ["Send a file in this field, as multipart/form-data."]})
        row = await _stored(resources, access, str(form.get("template_id", "")), file)
    return _file(row, file_links(request, resources))


@router.delete("/design-template-files/{file_id}/", operation_id="deleteDesignTemplateFile", status_code=204)
async def delete_file(access: Admin, resources: ResourcesParam, file_id: UUID) -> Response:
    """Delete a file of a template."""
    await files.delete_file(resources, access, file_id)
    return Response(status_code=204)


@router.get("/knowledge-changelog/", operation_id="listKnowledgeChangelog", response_model=Page[ChangelogEntry])
async def changelog(access: Admin, database: DatabaseParam, paging: PagingParams) -> Any:
    """Edits of artifacts, and documents that came in; newest first."""
    count, entries = await read_changelog(database, access.project_id, paging.limit, paging.offset)
    return paging.page(count, entries)


async def _stored(resources: Resources, access: Access, template_id: str, file: UploadFile) -> Any:
    try:
        template = UUID(template_id)
    except ValueError:
        raise InvalidFields({"template_id": ["Must be the id of a design template: a UUID."]}) from None
    content_type = (file.content_type or "application/octet-stream")[:200]
    return await files.add_file(resources, access, template, clean_name(file.filename), content_type, file.file)


def _file(row: Any, links: FileLinks) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FILE_FIELDS} | {"signed_url": links.template_file(row)}
