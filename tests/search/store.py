"""A project that documents are put into as the pipeline does it, without its steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import update

from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.db.partitions import create_project_partition
from citewell.db.recovery import TextIndexes
from citewell.embedding import Embedder
from citewell.embedding.protocol import speaks
from citewell.ingestion.context import indexed_text
from citewell.ingestion.passages import split
from citewell.kit.ids import new_id
from citewell.models import Chunk, Document, DocumentVersion, Project, StagedPassage
from citewell.models.passage import publish_version, remove_document
from citewell.search.analyse import analysed_text
from citewell.search.filters import ALL_CHUNKS, ChunkScope, SearchFilter
from citewell.search.hits import SearchHit
from citewell.search.language import detect_language
from citewell.search.retrieve import Retriever

EXTENSIONS = Extensions(frozenset({"vector", "pg_textsearch"}))
WITHOUT_TEXT_INDEX = Extensions(frozenset({"vector"}))


@dataclass
class Store:
    database: Database
    embedder: Embedder | None
    project_id: UUID
    extensions: Extensions = EXTENSIONS
    documents: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def make(cls, database: Database, embedder: Embedder | None, extensions: Extensions = EXTENSIONS) -> "Store":
        project_id = new_id()
        async with database.write() as session:
            session.add(Project(id=project_id, name="search"))
            await session.flush()
            await create_project_partition(await session.connection(), project_id, extensions)
        return cls(database, embedder, project_id, extensions)

    @property
    def retriever(self) -> Retriever:
        return Retriever(self.database, self.embedder, TextIndexes(self.database, self.extensions))

    async def names(self, query: str, **more: object) -> list[str]:
        return [hit.document_name for hit in await self.find(query, **more)]

    async def find(
        self,
        query: str,
        *,
        document_ids: Sequence[UUID] | None = None,
        excluded_documents: Sequence[UUID] = (),
        local_to: Sequence[UUID] = (),
        chunks: ChunkScope = ALL_CHUNKS,
        **more: object,
    ) -> list[SearchHit]:
        narrowed = SearchFilter.of(document_ids, excluded_documents, local_to, chunks)
        return await self.retriever.search(self.project_id, query, narrowed=narrowed, **more)  # type: ignore[arg-type]

    async def add(self, name: str, *chunks: str, publish: bool = True, local_to: UUID | None = None) -> UUID:
        """A new version of the document, staged and (unless told otherwise) published; its id."""
        document_id = self.documents.get(name)
        version_id = new_id()
        async with self.database.write() as session:
            if document_id is None:
                document_id = self.documents[name] = new_id()
                mine = {"project_id": self.project_id, "id": document_id}
                session.add(
                    Document(**mine, name=name, content_type="text/plain", file_key="", file_size=0, local_to=local_to)
                )
                await session.flush()
            owner = {"project_id": self.project_id, "document_id": document_id}
            number = int(version_id) % 2**31
            session.add(DocumentVersion(**owner, id=version_id, number=number, file_key="", sha256=b""))
            await session.flush()
            for ordinal, content in enumerate(chunks):
                await self._add_chunk(session, owner | {"version_id": version_id}, name, ordinal, content, local_to)
        if publish:
            await self.publish(name, version_id)
        return version_id

    async def _add_chunk(self, session, owner, name: str, ordinal: int, content: str, local_to: UUID | None) -> None:  # type: ignore[no-untyped-def]
        chunk_id = new_id()
        place = {"ordinal": ordinal, "start_offset": 0, "end_offset": len(content)}
        session.add(Chunk(**owner, **place, id=chunk_id, content=content, heading_path=["Part", "Section"]))
        language = detect_language(content)
        for passage in split(content):
            text = indexed_text(name, [], content[passage.start : passage.end])
            row = StagedPassage(
                **owner, chunk_id=chunk_id, ordinal=passage.ordinal, language=language, local_to=local_to
            )
            row.start_offset, row.end_offset = passage.start, passage.end
            row.content = analysed_text(text, language)
            if self.embedder is not None and speaks(self.embedder, language):
                row.embedding = (await self.embedder.embed([text]))[0]
                row.embedding_model = self.embedder.fingerprint
            session.add(row)
        await session.flush()

    async def publish(self, name: str, version_id: UUID) -> None:
        async with self.database.write() as session:
            await publish_version(session, self.project_id, self.documents[name], version_id)
            mine = (Document.project_id == self.project_id) & (Document.id == self.documents[name])
            await session.execute(update(Document).where(mine).values(live_version_id=version_id))

    async def delete(self, name: str) -> None:
        async with self.database.write() as session:
            await remove_document(session, self.project_id, self.documents[name])
            mine = (Document.project_id == self.project_id) & (Document.id == self.documents[name])
            await session.execute(update(Document).where(mine).values(status="deleted"))
