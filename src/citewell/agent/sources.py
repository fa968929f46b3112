"""The chunks that tools have shown to the model in a turn, under short labels for citations."""

from collections.abc import Iterable
from uuid import UUID

from citewell.agent.knowledge import ChunkText, Hit

_LEAST_ADDRESS = 8  # characters


class Sources:
    """Labels `c1`, `c2`, ... in the order in which chunks were first shown."""

    def __init__(self) -> None:
        self._labels: dict[UUID, str] = {}
        self._chunks: dict[str, ChunkText] = {}
        self._addresses: set[str] = set()

    def label(self, source: Hit | ChunkText) -> str:
        """Returns the chunk's label, and gives it the next one if it has none."""
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

    @property
    def count(self) -> int:
        """Returns the number of chunks that were shown."""
        return len(self._chunks)

    def shown(self) -> Iterable[tuple[str, ChunkText]]:
        """Returns all chunks with their labels, in the order in which they were shown."""
        return self._chunks.items()

    def label_at(self, address: str) -> str | None:
        """Returns the label of the chunk with this `reference_url`, or None. The query string is ignored."""
        plain = address.partition("?")[0]
        return next((label for label, chunk in self._chunks.items() if chunk.reference_url == plain), None)

    def add_address(self, address: str) -> None:
        """Records the address of a web page that a tool found: the answer may link to it."""
        self._addresses.add(address)

    def names_address(self, address: str) -> bool:
        """Whether a tool found this address, or a chunk that was shown has it in its text."""
        if len(address) < _LEAST_ADDRESS:
            return False
        return address in self._addresses or any(address in chunk.content for chunk in self._chunks.values())

    def label_of(self, chunk_id: UUID) -> str | None:
        """Returns the chunk's label; None if it was not shown."""
        return self._labels.get(chunk_id)

    def chunk(self, label: str) -> ChunkText | None:
        """Returns the chunk with a label; None if there is none."""
        return self._chunks.get(label)

    def by_id(self, chunk_id: UUID) -> ChunkText | None:
        """Returns a chunk that was shown; None for any other."""
        label = self._labels.get(chunk_id)
        return self._chunks[label] if label is not None else None
