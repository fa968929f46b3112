"""Shows the outline of a document: its metadata, and one page of its chunks with their headings."""

from collections.abc import Iterable
from typing import Any

import msgspec

from citewell.agent.knowledge import Knowledge, OutlineEntry
from citewell.agent.protocol import NoSuchObject, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check

_OFFSET = check.offset("Chunks")
_LIMIT = check.Integer("limit", "How many chunks to list.", default=50, least=1, most=200)


class DocumentOutline:
    tool_type = "get_document_outline"
    spec = ToolSpec(
        name="get_document_outline",
        description="List a document's chunks in order, with pages, headings and the beginning of each.",
        parameters={
            "type": "object",
            "properties": {
                "document_id": {"type": "string", "description": "The id of the document, as it stands in a result."},
                "offset": _OFFSET.schema,
                "limit": _LIMIT.schema,
            },
            "required": ["document_id"],
        },
    )

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        offset = _OFFSET.read(arguments)
        limit = _LIMIT.read(arguments)
        outline = await self._knowledge.outline(check.uuid(arguments, "document_id"), offset, limit)
        if outline is None:
            raise NoSuchObject("There is no such document: use a document_id from a tool result.")
        following = offset + len(outline.entries)
        more = following if following < outline.chunk_count else None
        result: dict[str, Any] = msgspec.to_builtins(outline)
        result |= {"document_tags": tags_on_wire(outline.document_tags), "next_offset": more}
        header = f"{outline.name}: {outline.page_count or '?'} pages, {outline.chunk_count} chunks"
        lines = [header, *(_line(entry) for entry in outline.entries)]
        if more is not None:
            lines.append(f"(goes on at offset {more})")
        return ToolOutcome([result], "\n".join(lines))


def tags_on_wire(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"tag_name": name, "tag_value": value} for name, value in pairs]


def _line(entry: OutlineEntry) -> str:
    pages = f"page {entry.min_page}, " if entry.min_page is not None else ""
    return f"{entry.chunk_id}: {pages}{' > '.join(entry.headings)}: {entry.preview}"
