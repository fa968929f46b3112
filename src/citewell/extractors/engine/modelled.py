"""Objects with a model: it reads windows of pages and states values; the text decides which of them hold."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.protocol import Message, Model
from citewell.extractors.classes import ClassSpec, FieldSpec
from citewell.extractors.engine.agentic import AGENTIC, look_through
from citewell.extractors.engine.asked import ask as ask_model
from citewell.extractors.engine.asked import numbered
from citewell.extractors.engine.evidence import Found, distinct
from citewell.extractors.engine.lookup import look_up
from citewell.extractors.engine.object_answers import FORM, answer_schema, asked_for, read_answer
from citewell.extractors.engine.objects import Extracted, pointer_to
from citewell.extractors.engine.pages import Document
from citewell.extractors.engine.windows import windows

_SYSTEM = f"""You extract objects from a part of a document. Answer with JSON only, of this form:
{FORM}
No object in this part: {{"objects": []}}."""


async def read_with_model(
    model: Model, chunks: Sequence[ChunkText], spec: ClassSpec, settings: Mapping[str, Any]
) -> list[Extracted]:
    """Returns the objects of a document. Values that do not stand in the text are left out. Raises ModelError."""
    if settings.get("extraction_mode") == AGENTIC:
        stated = await look_through(model, chunks, spec, settings)
        return await asyncio.to_thread(_added, [], chunks, spec, stated)
    objects: list[Extracted] = []
    for window in windows(chunks, settings.get("block_grouping_config")):
        stated = await _ask(model, window, spec, settings.get("extraction_prompt") or "")
        objects = await asyncio.to_thread(_added, objects, window, spec, stated)
    return objects


async def _ask(model: Model, window: Sequence[ChunkText], spec: ClassSpec, prompt: str) -> list[dict[str, Any]]:
    """Returns what the model states. An answer that cannot be read is asked for again, with what is wrong with it."""
    schema = spec.schema()
    asked = asked_for(spec, prompt)
    text = numbered([chunk.content for chunk in window])
    messages = [Message("system", _SYSTEM), Message("user", f"{asked}Document:\n\n{text}")]
    return await ask_model(model, messages, answer_schema(schema), read_answer)


def _added(
    objects: list[Extracted], window: Sequence[ChunkText], spec: ClassSpec, stated: Sequence[Mapping[str, Any]]
) -> list[Extracted]:
    """Returns the objects with those of one more window, each merged into one that it agrees with."""
    document = Document(window)
    for one in stated:
        quotes = one.get("quotes")
        made = _checked(document, spec, one.get("values"), quotes if isinstance(quotes, dict) else {})
        if not made.found:
            continue
        known = next((index for index, other in enumerate(objects) if _is_same(other, made, len(stated))), None)
        if known is None:
            objects = [*objects, made]
        else:
            objects = [*objects[:known], _merged(objects[known], made), *objects[known + 1 :]]
    return objects


def _checked(document: Document, spec: ClassSpec, stated: Any, quotes: Mapping[str, Any]) -> Extracted:
    found: dict[str, Found] = {}
    pointers: list[str] = []

    def fill(kind: ClassSpec, value: Any, above: str) -> dict[str, Any]:
        given = value if isinstance(value, dict) else {}
        return {one.name: leaf(one, given.get(one.name), pointer_to(above, one.name)) for one in kind.fields}

    def leaf(field: FieldSpec, value: Any, pointer: str) -> Any:
        if field.kind == "object" and isinstance(field.of, ClassSpec):
            return fill(field.of, value, pointer) if isinstance(value, dict) else None
        if field.kind == "list":
            return several(field, value, pointer)
        pointers.append(pointer)
        if value is None or isinstance(value, (dict, list)):
            return None
        quote = quotes.get(pointer)
        one = look_up(document, field, value, quote if isinstance(quote, str) else "")
        if one is None:
            return None
        found[pointer] = one
        return one.value

    def several(field: FieldSpec, value: Any, pointer: str) -> list[Any]:
        items = value if isinstance(value, list) else []
        inner = field.of.of if isinstance(field.of, FieldSpec) and isinstance(field.of.of, ClassSpec) else field.of
        made: list[Any] = []
        for item in items:
            place = pointer_to(pointer, len(made))
            if isinstance(inner, ClassSpec):
                one: Any = fill(inner, item, place)
                kept = any(known.startswith(f"{place}/") for known in found)
            else:
                one = leaf(inner, item, place) if isinstance(inner, FieldSpec) else None
                kept = one is not None
            if kept:
                made.append(one)
        return made

    values = fill(spec, stated, "")
    return Extracted(values, found, tuple(pointers))


def _is_same(one: Extracted, other: Extracted, count: int) -> bool:
    """Whether two windows speak of one object: they agree in a value, or each names one object without disagreeing."""
    shared = set(one.found) & set(other.found)
    equal = [pointer for pointer in shared if one.found[pointer].value == other.found[pointer].value]
    return bool(equal) and 2 * len(equal) >= len(shared) if shared else count == 1


def _merged(one: Extracted, other: Extracted) -> Extracted:
    """Fills what the first lacks from the other; where they differ, the other's value is a conflict."""
    found = dict(one.found)
    values = one.values
    for pointer, value in other.found.items():
        if pointer in found:
            kept = found[pointer]
            found[pointer] = msgspec.structs.replace(kept, conflicts=distinct(kept, [*kept.conflicts, value]))
        elif pointer.count("/") == 1:
            found[pointer] = value
            values = {**values, pointer[1:].replace("~1", "/").replace("~0", "~"): value.value}
    return Extracted(values, found, tuple(dict.fromkeys([*one.pointers, *other.pointers])))
