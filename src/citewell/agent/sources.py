"""The chunks that tools have shown to the model in a turn, under short labels that it can cite."""

from uuid import UUID

from citewell.agent.knowledge import ChunkText, Hit


class Sources:
    """Labels `c1`, `c2`, ... in the order in which chunks were first shown."""

    def __init__(self) -> None:
        self._labels: dict[UUID, str] = {}
        self._chunks: dict[str, ChunkText] = {}

    def label(self, source: Hit | ChunkText) -> str:
        """The chunk's label, given now if it has none. The whole text is kept: citations are checked against it."""
        known = self._labels.get(source.chunk_id)
        if known is not None:
            return known
        label = f"c{len(self._labels) + 1}"
        self._labels[source.chunk_id] = label
        self._chunks[label] = ChunkText(
            chunk_id=source.chunk_id,
            document_id=source.document_id,
            document_name=source.document_name,
            content=source.content,
            min_page=source.min_page,
            max_page=source.max_page,
            heading_path=source.heading_path,
            reference_url=source.reference_url,
            blocks=source.blocks,
        )
        return label

    def label_of(self, chunk_id: UUID) -> str | None:
        return self._labels.get(chunk_id)

    def chunk(self, label: str) -> ChunkText | None:
        return self._chunks.get(label)

    def by_id(self, chunk_id: UUID) -> ChunkText | None:
        label = self._labels.get(chunk_id)
        return self._chunks[label] if label is not None else None
