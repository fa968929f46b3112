"""Extractors over HTTP: the same operations for every family."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, create_model

from citewell.auth.access import Access
from citewell.auth.dependencies import DatabaseParam, ModelsParam, ResourcesParam, Runner, Viewer
from citewell.extractors import service
from citewell.extractors.families import FAMILIES, Family
from citewell.extractors.repository import extractors as repository
from citewell.extractors.run_options import options_of, scope_of
from citewell.extractors.schemas import ExtractorRun, ExtractorStats, RunStarted
from citewell.kit.pagination import Page, PagingParams
from citewell.resources import Resources

router = APIRouter(prefix="/projects/{project_id}", tags=["Extractors"])


def _add_editing(family: Family, name: str, base: str) -> None:
    create = family.create
    change = create_model(f"{name}ExtractorChange", __base__=create, set_latest_as_default=(bool, True))

    @router.get(f"{base}/", operation_id=f"list{name}Extractors", response_model=Page[dict[str, Any]])
    async def list_all(access: Viewer, database: DatabaseParam, paging: PagingParams) -> Any:
        """Newest first."""
        async with database.read() as session:
            count, rows = await repository.list_extractors(
                session, access.project_id, family.name, paging.limit, paging.offset
            )
            return paging.page(count, await service.to_wire(session, family, rows))

    @router.post(f"{base}/", operation_id=f"create{name}Extractor", response_model=dict[str, Any], status_code=201)
    async def make(
        access: Runner,
        database: DatabaseParam,
        body: Annotated[create, Body()],  # type: ignore[valid-type]
    ) -> Any:
        """Make an extractor with a first version and its tables."""
        async with database.write() as session:
            row = await service.create_extractor(session, access, family, body)
            return (await service.to_wire(session, family, [row]))[0]

    @router.get(f"{base}/{{extractor_id}}/", operation_id=f"get{name}Extractor", response_model=dict[str, Any])
    async def get(access: Viewer, database: DatabaseParam, extractor_id: UUID) -> Any:
        async with database.read() as session:
            row = await service.find_extractor(session, access.project_id, family.name, extractor_id)
            return (await service.to_wire(session, family, [row]))[0]

    @router.patch(f"{base}/{{extractor_id}}/", operation_id=f"update{name}Extractor", response_model=dict[str, Any])
    async def update(
        access: Runner,
        database: DatabaseParam,
        extractor_id: UUID,
        body: Annotated[change, Body()],
    ) -> Any:
        """Fields that are not sent stay. A change of what decides results makes a new version."""
        sent = _only(create, body)
        async with database.write() as session:
            row = await service.change_extractor(
                session, access, family, extractor_id, sent, default=getattr(body, "set_latest_as_default", True)
            )
            return (await service.to_wire(session, family, [row]))[0]

    @router.delete(f"{base}/{{extractor_id}}/", operation_id=f"delete{name}Extractor", status_code=204)
    async def remove(access: Runner, database: DatabaseParam, extractor_id: UUID) -> Response:
        """Delete the extractor with its versions and tables."""
        async with database.write() as session:
            await service.delete_extractor(session, access, family, extractor_id)
        return Response(status_code=204)


def _add_runs(family: Family, name: str, base: str) -> None:
    @router.post(f"{base}/{{extractor_id}}/run/", operation_id=f"run{name}Extractor", response_model=RunStarted)
    async def run(
        access: Runner, resources: ResourcesParam, extractor_id: UUID, body: ExtractorRun | None = None
    ) -> Any:
        """Run it over documents in the background. Its result is a new version of its table."""
        return await _start(resources, access, family, extractor_id, body)

    @router.post(
        f"{base}/{{extractor_id}}/node-stats/",
        operation_id=f"get{name}ExtractorStatistics",
        response_model=ExtractorStats,
    )
    async def stats(
        access: Viewer,
        database: DatabaseParam,
        models: ModelsParam,
        extractor_id: UUID,
        body: ExtractorRun | None = None,
    ) -> Any:
        """Tells what a run would do, without running it."""
        async with database.read() as session:
            wanted = body or ExtractorRun()
            extractor = await service.find_extractor(session, access.project_id, family.name, extractor_id)
            options = await options_of(session, access.project_id, wanted, extractor.settings)
            scope = await scope_of(session, access.project_id, options)
            return await service.node_stats(session, models, access, family, extractor_id, wanted, scope)

    @router.post(
        f"{base}/{{extractor_id}}/run-push/", operation_id=f"runPush{name}Extractor", response_model=RunStarted
    )
    async def run_push(
        access: Runner, resources: ResourcesParam, extractor_id: UUID, body: ExtractorRun | None = None
    ) -> Any:
        """Like run, but deploys the new version at the end."""
        return await _start(resources, access, family, extractor_id, body, publishes=True)


async def _start(
    resources: Resources,
    access: Access,
    family: Family,
    extractor_id: UUID,
    body: ExtractorRun | None,
    *,
    publishes: bool = False,
) -> dict[str, Any]:
    wanted = body or ExtractorRun()
    async with resources.database.write() as session:
        extractor = await service.find_extractor(session, access.project_id, family.name, extractor_id)
        options = await options_of(session, access.project_id, wanted, extractor.settings)
        stated = options.model_dump(mode="json", exclude_defaults=True)
        run_id = await service.start_run(
            session, resources.queue, access, extractor, wanted, stated, publishes=publishes
        )
    return {"pipeline_run_id": run_id, "message": "The extraction has started."}


def _only(kind: type[BaseModel], body: BaseModel) -> BaseModel:
    """Returns the fields of `kind` that were sent."""
    sent = {name: getattr(body, name) for name in body.model_fields_set if name in kind.model_fields}
    return kind.model_construct(_fields_set=set(sent), **sent)


for _family in FAMILIES:
    _name = "".join(part.capitalize() for part in _family.name.split("-"))
    _add_editing(_family, _name, f"/{_family.path}")
    _add_runs(_family, _name, f"/{_family.path}")
