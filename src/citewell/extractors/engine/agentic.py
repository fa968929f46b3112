"""Extraction by a model that looks things up: it sees how a document is built, and asks for the parts that it needs.

Its requests are JSON like its answer, so that models without tools can make them, and stored answers can be used again.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.protocol import Message, Model
from citewell.extractors.classes import ClassSpec
from citewell.extractors.engine.asked import ask, read_json
from citewell.extractors.engine.object_answers import FORM, asked_for, objects_schema, stated_objects

AGENTIC = "agentic"
_ITERATIONS, _AT_ONCE = 8, 4  # unless the extractor says otherwise
_LISTED, _SHOWN_LINE = 400, 100  # parts of the outline, and characters of each
_MAX_PART, _MAX_SHOWN = 12_000, 40_000  # characters of a part, and of all that one turn shows
_MOST_PLACES = 5  # of a search
_SYSTEM = """You extract objects from a document of which you see the outline. Look up the parts that you need, then
answer. Each time, answer with JSON only. To look things up, with up to {at_once} requests at once:
{{"look": [{{"find": "words that stand in it"}}, {{"read": 7}}]}}
`find` shows the parts that hold all of these words, `read` the part of that number. When you have what you need:
"""


async def look_through(
    model: Model, chunks: Sequence[ChunkText], spec: ClassSpec, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Returns what the model states of the document.

    It is asked `max_agent_iterations` times at most. Raises ModelError.
    """
    config = settings.get("agentic_config") or {}
    turns = config.get("max_agent_iterations") or _ITERATIONS
    at_once = config.get("max_parallel_tool_calls") or _AT_ONCE
    asked = f"{asked_for(spec, settings.get('extraction_prompt') or '')}Outline of the document:\n{_outline(chunks)}"
    messages = [Message("system", _SYSTEM.format(at_once=at_once) + FORM), Message("user", asked)]
    for turn in range(1, turns + 1):
        is_last = turn == turns
        found = await ask(
            model,
            messages,
            _schema(spec, is_last=is_last),
            partial(_read, is_last=is_last),
            reasoning_effort=config.get("agent_reasoning_effort"),
        )
        if (objects := found.get("objects")) is not None:
            return list(objects)
        wanted = found["look"][:at_once]
        told = "\n\n".join(_looked_up(chunks, one) for one in wanted)[:_MAX_SHOWN]
        told += "\n\nAnswer with the objects now." if turn + 1 == turns else ""
        messages = [
            *messages,
            Message("assistant", msgspec.json.encode({"look": wanted}).decode()[:4000]),
            Message("user", told),
        ]
    return []


def _read(said: str, *, is_last: bool) -> tuple[dict[str, Any] | None, str]:
    found, fault = read_json(said)
    if found is None:
        return None, fault
    looks = found.get("look")
    if isinstance(looks, list) and looks and "objects" not in found and not is_last:
        return {"look": [one for one in looks if isinstance(one, dict)] or [{}]}, ""
    objects, fault = stated_objects(found)
    return (None, fault) if objects is None else ({"objects": objects}, "")


def _schema(spec: ClassSpec, *, is_last: bool) -> dict[str, Any]:
    objects = objects_schema(spec.schema())
    if is_last:
        return {"type": "object", "properties": {"objects": objects}, "required": ["objects"]}
    request = {"type": "object", "properties": {"find": {"type": "string"}, "read": {"type": "integer"}}}
    return {"type": "object", "properties": {"look": {"type": "array", "items": request}, "objects": objects}}


def _outline(chunks: Sequence[ChunkText]) -> str:
    """Returns a line for each part: its number, page, headings and first words."""
    lines = []
    for number, chunk in enumerate(chunks[:_LISTED], 1):
        page = f" (page {chunk.min_page})" if chunk.min_page else ""
        above = " > ".join(chunk.heading_path[-2:])
        first = next((line.strip() for line in chunk.content.splitlines() if line.strip()), "")
        lines.append(f"{number}.{page} {above}: {first}"[:_SHOWN_LINE])
    more = len(chunks) - _LISTED
    return "\n".join([*lines, f"... and {more} more parts"] if more > 0 else lines)


def _looked_up(chunks: Sequence[ChunkText], wanted: Mapping[str, Any]) -> str:
    number, words = wanted.get("read"), wanted.get("find")
    if isinstance(number, int) and not isinstance(number, bool):
        if 1 <= number <= len(chunks):
            return _part(chunks, number - 1)
        return f"There is no part {number}: they are numbered from 1 to {len(chunks)}."
    if isinstance(words, str) and words.strip():
        terms = words.lower().split()
        places = [index for index, chunk in enumerate(chunks) if all(term in chunk.content.lower() for term in terms)]
        if places:
            return "\n\n".join(_part(chunks, index) for index in places[:_MOST_PLACES])
        return f"No part holds all of these words: {words[:200]}"
    return 'Ask with {"find": "words"} or {"read": number}.'


def _part(chunks: Sequence[ChunkText], index: int) -> str:
    return f"[{index + 1}] {chunks[index].content[:_MAX_PART]}"
