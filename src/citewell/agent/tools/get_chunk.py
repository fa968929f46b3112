"""Reads one chunk; a long one in several windows."""

from typing import Any

from citewell.agent.knowledge import Knowledge
from citewell.agent.protocol import NoSuchObject, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check
from citewell.agent.tools.retrieval import as_material, heading, where
from citewell.kit.places import locate

_CHARS = check.Integer("max_chars", "How much of it to read.", default=6000, least=200, most=20_000)


class GetChunk:
    tool_type = "get_chunk"
    spec = ToolSpec(
        name="get_chunk",
        description="Read a chunk by its id. Long chunks come in windows: go on with content_window.next_offset.",
        parameters={
            "type": "object",
            "properties": {
                "chunk_id": {"type": "string", "description": "The id of the chunk, as it stands in a result."},
                "offset": {
                    "type": "integer",
                    "minimum": 0,
                    "default": 0,
                    "description": "Character of the chunk to begin at.",
                },
                "max_chars": _CHARS.schema,
            },
            "required": ["chunk_id"],
        },
    )

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        chunk = await self._knowledge.chunk(check.uuid(arguments, "chunk_id"))
        if chunk is None:
            raise NoSuchObject("There is no such chunk: use an id from a tool result.")
        length = len(chunk.content)
        offset = check.integer(arguments, "offset", 0, 0, length)
        end = min(offset + _CHARS.read(arguments), length)
        label = sources.label(chunk)
        content = chunk.content[offset:end]
        next_offset = end if end < length else None
        result = {
            "uuid": str(chunk.chunk_id),
            "label": label,
            "content": content,
            "content_truncated": end - offset < length,
            "content_window": {"offset": offset, "end": end, "total": length, "next_offset": next_offset},
            "name": chunk.document_name,
            "document_id": str(chunk.document_id),
            "reference_url": chunk.reference_url,
            **where(locate(chunk, offset, end)),
        }
        more = f"\n(goes on at offset {next_offset})" if next_offset is not None else ""
        return ToolOutcome([result], f"{heading(label, chunk)}\n{as_material(content)}{more}")
