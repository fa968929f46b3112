"""Reads pages of a document."""

from typing import Any

from citewell.agent.protocol import InvalidArguments, NoSuchObject, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.texts import PagePart, Texts
from citewell.agent.tools import arguments as check
from citewell.agent.tools.retrieval import as_material

MAX_PAGES = 10
MAX_CHARS = 24_000  # that one call returns, however many pages are requested
_MOST_PAGES = 1_000_000


class ReadPages:
    tool_type = "read_pages"
    spec = ToolSpec(
        name="read_pages",
        description=(
            f"Read pages of a document from one to another, at most {MAX_PAGES}. Use it to see what stands around a "
            "result, or to read a table or a section to its end."
        ),
        parameters={
            "type": "object",
            "properties": {
                "document_id": {"type": "string", "description": "The id of the document, as it stands in a result."},
                "from_page": {"type": "integer", "minimum": 1, "description": "The first page to read, from 1."},
                "to_page": {"type": "integer", "minimum": 1, "description": "The last one; the same page by default."},
            },
            "required": ["document_id", "from_page"],
        },
    )

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        if "from_page" not in arguments:
            raise InvalidArguments('"from_page" is required: the first page to read, from 1.')
        first = check.integer(arguments, "from_page", 1, 1, _MOST_PAGES)
        asked = check.integer(arguments, "to_page", first, first, _MOST_PAGES)
        last = min(asked, first + MAX_PAGES - 1)
        found = await self._texts.pages(check.uuid(arguments, "document_id"), first, last)
        if found is None:
            raise NoSuchObject("There is no such document: use a document_id from a tool result.")
        if not found.page_count:
            raise InvalidArguments(f"{found.name} has no pages: read it with its outline and get_chunk.")
        if first > found.page_count:
            raise InvalidArguments(f"{found.name} has {found.page_count} pages: ask for one of them.")
        kept, stopped_at = _bounded(found.parts)
        results = [_result(sources.label(part.chunk), part) for part in kept]
        following = stopped_at or (last + 1 if last < min(asked, found.page_count) else None)
        header = f"{found.name}, pages {first} to {min(last, found.page_count)} of {found.page_count}"
        more = f"(goes on at page {following})" if following else ""
        texts = [header, *map(_text, results), more] if results else [header, "These pages have no text."]
        return ToolOutcome(results, "\n\n".join(text for text in texts if text))


def _bounded(parts: list[PagePart]) -> tuple[list[PagePart], int | None]:
    """Returns (parts that fit into MAX_CHARS but at least one, next page to read or None)."""
    room, kept = MAX_CHARS, list[PagePart]()
    for part in parts:
        if kept and part.end - part.start > room:
            return kept, part.first_page
        kept.append(part)
        room -= part.end - part.start
    return kept, None


def _result(label: str, part: PagePart) -> dict[str, Any]:
    return {
        "uuid": str(part.chunk.chunk_id),
        "label": label,
        "content": part.chunk.content[part.start : part.end],
        "content_offset": part.start,
        "name": part.chunk.document_name,
        "document_id": str(part.chunk.document_id),
        "reference_url": part.chunk.reference_url,
        "min_page": part.first_page,
        "max_page": part.last_page,
    }


def _text(result: dict[str, Any]) -> str:
    pages = f"page {result['min_page']}"
    if result["max_page"] != result["min_page"]:
        pages = f"pages {result['min_page']} to {result['max_page']}"
    return f"[{result['label']}] {pages}\n{as_material(result['content'])}"
