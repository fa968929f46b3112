"""Describes the graph, and lets a model write queries."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.protocol import Message, Model, ModelError, ModelRequest, TextDelta
from citewell.errors import BadRequest, Unavailable
from citewell.graph.child import MAX_HOPS
from citewell.graph.cypher.check import check
from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.parser import parse
from citewell.graph.mental_map import joined_shape, mental_map_of
from citewell.graph.repository import find_shape

_TRIES = 3
_WRITE = (
    "Write one read-only openCypher query for a graph of this shape (labels with their properties, and relations):\n"
    "{shape}\n"
    "Use MATCH, OPTIONAL MATCH, WHERE, WITH, UNWIND and RETURN, give columns names, and bound patterns of variable "
    "length, as in *1..3. No procedures, no writing. Answer with the query alone."
)


async def shape_of(session: AsyncSession, project_id: UUID) -> dict[str, Any]:
    """Returns labels, relation types and their properties with counts, of the pushed graph and the mental map."""
    pushed = await find_shape(session, project_id)
    return joined_shape(pushed or {}, await mental_map_of(session, project_id))


async def written_query(model: Model, shape: Mapping[str, Any], instruction: str) -> str:
    """Returns a valid query written by the model. Raises BadRequest without a model, Unavailable if it fails."""
    if model.name == "extractive":
        raise BadRequest(
            "Writing queries needs a language model, and none is set up: set CITEWELL_MODEL, or send your own query to "
            "run-neo4j-query/."
        )
    system = _WRITE.format(shape=msgspec.json.encode(shape).decode())
    messages = [Message("system", system), Message("user", instruction)]
    fault = ""
    for _ in range(_TRIES):
        said = await _answer_of(model, messages)
        query = _query_in(said)
        try:
            check(parse(query), max_hops=MAX_HOPS)
            return query
        except CypherError as error:
            fault = error.with_place_in(query)
        messages = [*messages[:2], Message("assistant", said[:4000]), Message("user", f"{fault} Write it again.")]
    raise Unavailable(f"The model wrote no query that can be run: {fault}")


async def _answer_of(model: Model, messages: list[Message]) -> str:
    said = ""
    try:
        async for events in model.stream(ModelRequest(messages, [], max_output_tokens=1000, temperature=0.0)):
            said += "".join(event.text for event in events if isinstance(event, TextDelta))
    except ModelError as error:
        raise Unavailable(error.message) from None
    return said


def _query_in(said: str) -> str:
    """Returns the query in a reply, without thinking and code fences."""
    text = re.sub(r"<think>.*?</think>", "", said, flags=re.DOTALL)
    fenced = re.search(r"```(?:\w+\n)?(.*?)```", text, flags=re.DOTALL)
    return (fenced[1] if fenced else text).strip()
