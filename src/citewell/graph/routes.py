"""The graph of a project over HTTP."""

from typing import Any

from fastapi import APIRouter, Request

from citewell.auth.dependencies import DatabaseParam, GraphsParam, GuardParam, ResourcesParam, Viewer
from citewell.graph import service
from citewell.graph.schemas import CypherQuery, GraphShape, QueryWish, TemplatedQuery
from citewell.graph.templates import filled

router = APIRouter(prefix="/projects/{project_id}", tags=["Graph"])


@router.post("/run-neo4j-query/", operation_id="runNeo4jQuery", response_model=list[dict[str, Any]])
async def run_query(access: Viewer, graphs: GraphsParam, body: CypherQuery) -> Any:
    """Ask the graph with read-only openCypher; one object for each row. See `docs/graph.md`."""
    return await graphs.query(access.project_id, body.cypher_query, body.parameters)


@router.post("/run-templated-neo4j-query/", operation_id="runTemplatedNeo4jQuery", response_model=list[dict[str, Any]])
async def run_template(access: Viewer, graphs: GraphsParam, body: TemplatedQuery) -> Any:
    """Like run-neo4j-query, with values for the places `$name` and `{name}` of the template."""
    variables = body.template_variables or {}
    return await graphs.query(access.project_id, filled(body.query_template, variables), variables)


@router.post("/generate-cypher-query/", operation_id="generateCypherQuery", response_model=str)
async def generate_query(
    access: Viewer, resources: ResourcesParam, guard: GuardParam, request: Request, body: QueryWish
) -> Any:
    """A query that finds what the instruction asks for, written by the language model and checked, not run."""
    async with resources.database.read() as session:
        shape = await service.shape_of(session, access.project_id)
    work = service.written_query(resources.model_of(access.project_id, ""), shape, body.user_instruction)
    return await guard.finish(work, request, access)


@router.get("/graph-schema/", operation_id="getGraphSchema", response_model=GraphShape)
async def get_shape(access: Viewer, database: DatabaseParam) -> Any:
    """The labels, relation types and properties that queries may name, with their numbers."""
    async with database.read() as session:
        return await service.shape_of(session, access.project_id)
