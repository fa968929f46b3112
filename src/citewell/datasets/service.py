"""The rules of datasets: upload, confirmation, and the imports and exports that use them."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.auth.access import Access
from citewell.datasets.repository import count_datasets
from citewell.datasets.schemas import OperationRequest, UploadRequest
from citewell.errors import BadRequest, Forbidden, InvalidFields, NotFound, TooLarge
from citewell.jobs.publishing import defer
from citewell.kit.ids import new_id
from citewell.kit.json_depth import MAX_DEPTH, is_too_deep
from citewell.kit.time import now
from citewell.models import ImportExport, TableVersion, TempDataset
from citewell.resources import Resources
from citewell.tables.service import find_version

KEPT = timedelta(days=7)
MAX_BYTES = 256 * 1024 * 1024
MOST_DATASETS = 500  # of a project
_CHECKED_BYTES = 16 * 1024 * 1024
NO_ROWS = "The dataset is no JSON array of objects"
TOO_DEEP = f"The dataset is nested too deeply: at most {MAX_DEPTH} levels are accepted."
FILE_GONE = "The file of the dataset is gone: upload it again."


async def announce(session: AsyncSession, access: Access, request: UploadRequest) -> tuple[TempDataset, str]:
    """Create a dataset without a file; returns it and the secret in its upload URL."""
    secret = secrets.token_urlsafe(32)
    row = await make_dataset(session, access.project_id, request.filename, request.content_type)
    row.secret_hash = _digest(secret)
    row.created_by = access.acting.user_id
    await session.flush()
    return row, secret


async def make_dataset(session: AsyncSession, project_id: UUID, name: str, content_type: str) -> TempDataset:
    """Create an empty dataset. Raises BadRequest if the project has too many."""
    if await count_datasets(session, project_id) >= MOST_DATASETS:
        raise BadRequest(f"The project has {MOST_DATASETS} datasets: delete those that are not used any more.")
    dataset_id = new_id()
    row = TempDataset(
        project_id=project_id,
        id=dataset_id,
        name=name,
        content_type=content_type,
        file_key=f"{project_id}/datasets/{dataset_id}",
        expires_at=now() + KEPT,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def receive(
    resources: Resources, project_id: UUID, dataset_id: UUID, secret: str, body: AsyncIterator[bytes]
) -> None:
    """Store the uploaded file of a dataset. Raises Forbidden for a wrong secret, BadRequest if it was confirmed,
    TooLarge."""
    async with resources.database.read() as session:
        row = await session.get(TempDataset, (project_id, dataset_id))
    if row is None or row.secret_hash is None or not hmac.compare_digest(row.secret_hash, _digest(secret)):
        raise Forbidden("This upload address is not valid or has expired: ask for a new one.")
    if row.status != "pending":
        raise BadRequest("This dataset is complete already.")
    await resources.files.put_stream(row.file_key, _bounded(body))


async def _bounded(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yields the pieces of a body. Raises TooLarge where they are too many, so that nothing of it is stored."""
    size = 0
    async for piece in body:
        size += len(piece)
        if size > MAX_BYTES:
            raise TooLarge(f"A dataset may have at most {MAX_BYTES // 2**20} MiB.")
        if piece:
            yield piece


async def confirm(session: AsyncSession, resources: Resources, access: Access, dataset_id: UUID) -> TempDataset:
    """Mark a dataset as ready; doing so again changes nothing. Raises NotFound, BadRequest before the upload."""
    row = await find_dataset(session, access.project_id, dataset_id, lock=True)
    if row.status == "pending":
        try:
            row.file_size = await resources.files.size(row.file_key)
        except FileNotFoundError:
            raise BadRequest("The file of this dataset has not been sent yet.") from None
        row.status = "ready"
        await session.flush()
        await session.refresh(row)
    return row


async def find_dataset(session: AsyncSession, project_id: UUID, dataset_id: UUID, *, lock: bool = False) -> TempDataset:
    """Returns the dataset, locked if wished. Raises NotFound."""
    row = await session.get(TempDataset, (project_id, dataset_id), with_for_update=lock or None)
    if row is None:
        raise NotFound("There is no such dataset in this project.")
    return row


async def delete_dataset(session: AsyncSession, resources: Resources, access: Access, dataset_id: UUID) -> None:
    """Delete a dataset and its file. Raises NotFound."""
    row = await find_dataset(session, access.project_id, dataset_id, lock=True)
    await resources.files.delete(row.file_key)  # within the transaction: a backup may refuse it
    await session.delete(row)


async def start_operation(
    session: AsyncSession, resources: Resources, access: Access, request: OperationRequest
) -> ImportExport:
    """Queue an import or export, and return its row. Raises NotFound, and InvalidFields for a dataset that is missing,
    not ready, or no JSON array of objects."""
    version = await _version(session, access.project_id, request.table_version)
    if request.job_type == "import":
        if request.input_dataset is None:
            raise InvalidFields({"input_dataset": ["An import needs the dataset that it reads."]})
        if version.live:
            raise BadRequest("This version is computed from the documents: POST versions/ makes one of your own.")
        dataset = await find_dataset(session, access.project_id, request.input_dataset)
        if dataset.status != "ready":
            raise InvalidFields({"input_dataset": ["Confirm the upload of this dataset first."]})
        await _check_rows(resources, dataset)
    elif request.output_dataset is not None:
        dataset = await find_dataset(session, access.project_id, request.output_dataset)
    else:
        dataset = await make_dataset(session, access.project_id, f"{version.id}.json", "application/json")
    row = ImportExport(
        project_id=access.project_id,
        id=new_id(),
        job_type=request.job_type,
        scope=request.scope,
        table_version_id=version.id,
        dataset_id=dataset.id,
        options=request.options.model_dump() if request.options else {},
    )
    session.add(row)
    await session.flush()
    await defer(
        session,
        resources.queue,
        "datasets:move",
        seconds=5.0,
        project_id=str(access.project_id),
        operation_id=str(row.id),
    )
    await session.refresh(row)
    return row


async def _version(session: AsyncSession, project_id: UUID, version_id: UUID) -> TableVersion:
    try:
        return await find_version(session, project_id, version_id)
    except NotFound as error:
        raise InvalidFields({"table_version": [error.message]}) from None


async def _check_rows(resources: Resources, dataset: TempDataset) -> None:
    """Refuse a file that is no JSON array of objects. Files over 16 MiB are checked by the operation itself."""
    if (dataset.file_size or 0) > _CHECKED_BYTES:
        return
    try:
        data = await resources.files.get(dataset.file_key)
        if await asyncio.to_thread(is_too_deep, data):
            raise InvalidFields({"input_dataset": [TOO_DEEP]})
        await asyncio.to_thread(msgspec.json.decode, data, type=list[dict[str, msgspec.Raw]])
    except FileNotFoundError:
        raise InvalidFields({"input_dataset": [FILE_GONE]}) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidFields({"input_dataset": [f"{NO_ROWS}: {str(error)[:500]}"]}) from None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
