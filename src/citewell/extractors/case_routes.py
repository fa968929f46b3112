"""The test cases of an extractor over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from citewell.auth.dependencies import DatabaseParam, ModelsParam, Viewer
from citewell.extractors.cases import check_cases
from citewell.extractors.schemas import ExtractionCases, ExtractorRun

router = APIRouter(prefix="/projects/{project_id}", tags=["Extractors"])


@router.post(
    "/object-extractors/{extractor_id}/test-cases/",
    operation_id="checkObjectExtractorTestCases",
    response_model=ExtractionCases,
)
async def check(
    access: Viewer, database: DatabaseParam, models: ModelsParam, extractor_id: UUID, body: ExtractorRun | None = None
) -> Any:
    """Hold the kept results of a version (without `version_id`, the default one) against what people corrected.

    Nothing is run. Run a new version with `set_latest_as_default` false first, and compare before it is made the
    default.
    """
    async with database.read() as session:
        return await check_cases(session, models, access, extractor_id, body or ExtractorRun())
