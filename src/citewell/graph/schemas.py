"""Queries on the wire."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

_NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=50_000, pattern=_NO_NUL)]
Variables = Annotated[dict[str, Any], Field(max_length=100)]


class CypherQuery(BaseModel, extra="forbid"):
    """`parameters` are the values of `$name` in the query."""

    cypher_query: Text
    parameters: Variables = {}


class TemplatedQuery(BaseModel, extra="forbid"):
    """`query_template` has `$name` or `{name}` where values go."""

    query_template: Text
    template_variables: Variables | None = None


class QueryWish(BaseModel, extra="forbid"):
    """`user_instruction`: what the query is to find, in words."""

    user_instruction: Text


class GraphShape(BaseModel):
    """`labels`: by label, the number of nodes and their properties. `relations`: from, type, to and the number."""

    labels: dict[str, Any]
    relations: list[dict[str, Any]]
