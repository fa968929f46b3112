"""Parsed documents for viewers: few are read at once, and the last ones are kept within a size."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from citewell.ingestion.blocks import Builder, encode
from citewell.ingestion.parsed_files import parsed_key
from citewell.kit.ids import new_id
from citewell.models import DocumentVersion, VersionStep
from citewell.reference.parsed import ParsedDocuments
from citewell.storage import FileStore


class Watched:
    """A store that says what is read, and lets nothing be read before it is opened."""

    def __init__(self, store: FileStore) -> None:
        self.store, self.read = store, list[str]()
        self.opened = asyncio.Event()

    async def get(self, key: str) -> bytes:
        self.read.append(key)
        await self.opened.wait()
        return await self.store.get(key)

    @property
    def as_store(self) -> FileStore:
        return cast(FileStore, self)


@pytest.fixture
def files(tmp_path: Path) -> Watched:
    return Watched(FileStore.local(tmp_path))


async def stored(files: Watched, text: str) -> DocumentVersion:
    version = DocumentVersion(project_id=new_id(), document_id=new_id(), id=new_id(), number=1)
    builder = Builder()
    builder.add("text", text)
    await files.store.put(parsed_key(version), encode(builder.document()))
    return version


async def test_at_most_two_are_read_at_once(files: Watched) -> None:
    documents = ParsedDocuments()
    versions = [await stored(files, f"Ship {number}") for number in range(6)]
    asked = [asyncio.create_task(documents.of(files.as_store, version)) for version in versions]
    for _ in range(20):
        await asyncio.sleep(0)  # lets each go as far as it can
    assert len(files.read) == 2
    files.opened.set()
    assert [document.text.strip() for document in await asyncio.gather(*asked)] == [f"Ship {n}" for n in range(6)]


async def test_the_last_ones_are_kept_within_a_size(files: Watched) -> None:
    files.opened.set()
    first, second, large = [await stored(files, text) for text in ("First", "Second", "Large " * 500)]
    size = len(await files.store.get(parsed_key(second)))
    documents = ParsedDocuments(kept_bytes=size)
    for version in (first, first, second, second, first, large, large):
        await documents.of(files.as_store, version)
    assert files.read == [parsed_key(version) for version in (first, second, first, large, large)]


async def test_what_other_parsers_wrote_is_read_anew(files: Watched) -> None:
    files.opened.set()
    version, documents = await stored(files, "Before"), ParsedDocuments()
    await documents.of(files.as_store, version)
    again = await stored(files, "After")
    await files.store.put(parsed_key(version), await files.store.get(parsed_key(again)))
    renewed = DocumentVersion(
        project_id=version.project_id, document_id=version.document_id, id=version.id, number=1, steps=[_parsed("new")]
    )
    assert "After" in (await documents.of(files.as_store, renewed)).text


def _parsed(input_hash: str) -> VersionStep:
    return VersionStep(step="parse", state="done", input_hash=input_hash)
