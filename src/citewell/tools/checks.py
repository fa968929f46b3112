"""Checks the configuration of a tool, by its type. Every fault is reported at its field."""

from collections import defaultdict
from collections.abc import Sequence, Set
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.collections import DEFAULT_SLUG
from citewell.errors import InvalidFields
from citewell.graph.child import MAX_HOPS
from citewell.graph.cypher.check import check
from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.parser import parse
from citewell.graph.templates import filled, places_of
from citewell.models import AgentSettings
from citewell.tools import repository
from citewell.tools.schemas import ToolIn

RETRIEVAL_MODES = ("semantic-chunks", "semantic-objects", "templated-query")
DOCUMENT_MODES = (
    "list_document_names",
    "identify_document_from_their_name_only",
    "identify_document_from_their_content",
    "identify_document_from_their_tags",
)
_MODES = {"retrieval": RETRIEVAL_MODES, "document_retrieval": DOCUMENT_MODES}
_READ_NO_DOCUMENTS = ("websearch", "math", "sub_agent")
_KINDS = ("document", "tag", "collection")
_SHOWN = 3  # ids that a message names

Faults = dict[str, list[str]]


def retrieval_mode(tool_type: str, mode: str) -> str:
    """Returns the mode as it is stored: the type's first where none is given. Raises InvalidFields."""
    modes = _MODES.get(tool_type, ())
    if not modes:
        if mode:
            raise InvalidFields({"retrieval_mode": [f"A tool of the type {tool_type} has no modes: leave it empty."]})
        return ""
    known = mode.replace("_", "-") if tool_type == "retrieval" else mode
    if known and known not in modes:
        raise InvalidFields({"retrieval_mode": [f"Must be one of: {', '.join(modes)}."]})
    return known or modes[0]


async def check_tool(session: AsyncSession, project_id: UUID, tool: ToolIn, sent: Set[str]) -> None:
    """Raises InvalidFields with all that is wrong. Ids in the fields that were `sent` must be of this project; what was
    stored before may name documents and tags that are gone by now.
    """
    faults: Faults = defaultdict(list)
    _check_restrictions(tool, faults)
    _check_template(tool, faults)
    await _check_agent(session, project_id, tool, sent, faults)
    if not faults and "document_parameters" in sent:
        await _check_documents(session, project_id, tool.document_parameters, faults)
    if not faults and "tag_parameters" in sent:
        await _check_tags(session, project_id, tool, faults)
    if not faults and "collection_parameters" in sent:
        await _check_collections(session, project_id, tool.collection_parameters, faults)
    if faults:
        raise InvalidFields(faults)


def _check_restrictions(tool: ToolIn, faults: Faults) -> None:
    for kind in _KINDS:
        mode, parameters = getattr(tool, f"{kind}_mode"), getattr(tool, f"{kind}_parameters")
        everything = mode == f"all_{kind}s"
        if not everything and tool.tool_type in _READ_NO_DOCUMENTS:
            faults[f"{kind}_mode"].append(f'A tool of the type {tool.tool_type} reads no documents: use "all_{kind}s".')
        elif not everything and not parameters:
            faults[f"{kind}_parameters"].append(f'"{mode}" needs at least one {kind}.')
        elif "\\u0000" in tool.model_dump_json(include={f"{kind}_parameters"}):
            faults[f"{kind}_parameters"].append("Must not contain NUL characters.")
        elif everything and parameters:
            faults[f"{kind}_mode"].append(f'To use {kind}_parameters say "select_{kind}s" or "exclude_{kind}s" here.')


def _check_template(tool: ToolIn, faults: Faults) -> None:
    if tool.retrieval_mode.replace("_", "-") != "templated-query":
        return
    template = tool.retrieval_parameters.query_template
    if not template:
        faults["retrieval_parameters"].append("A templated query needs query_template: a Cypher query with $places.")
        return
    try:
        check(parse(filled(template, dict.fromkeys(places_of(template), "x"))), max_hops=MAX_HOPS)
    except CypherError as error:
        faults["retrieval_parameters"].append(f"query_template: {error.with_place_in(template)}")


async def _check_agent(session: AsyncSession, project_id: UUID, tool: ToolIn, sent: Set[str], faults: Faults) -> None:
    if tool.tool_type != "sub_agent":
        if tool.agent_settings is not None:
            faults["agent_settings"].append("Only a tool of the type sub_agent asks an agent: leave it out.")
        return
    if tool.agent_settings is None:
        faults["agent_settings"].append("This field is required: the agent that the tool asks.")
    elif "agent_settings" in sent and await session.get(AgentSettings, (project_id, tool.agent_settings)) is None:
        faults["agent_settings"].append("There are no such agent settings in this project.")


async def _check_documents(session: AsyncSession, project_id: UUID, ids: Sequence[UUID], faults: Faults) -> None:
    if not ids:
        return
    known = await repository.active_documents(session, project_id, ids)
    _report(faults, "document_parameters", "documents", [str(one) for one in ids if one not in known])


async def _check_tags(session: AsyncSession, project_id: UUID, tool: ToolIn, faults: Faults) -> None:
    ids = [tag.id for tag in tool.tag_parameters if tag.id is not None]
    if any(tag.id is None and not tag.tag_name and not tag.tag_value for tag in tool.tag_parameters):
        faults["tag_parameters"].append("Each tag is given by its id, or by tag_name or tag_value or both.")
    if ids:
        known = await repository.ids_and_values_of_tags(session, project_id, [one.lower() for one in ids])
        _report(faults, "tag_parameters", "tags", [one for one in ids if one.lower() not in known])


async def _check_collections(session: AsyncSession, project_id: UUID, slugs: Sequence[str], faults: Faults) -> None:
    if not slugs:
        return
    known = {DEFAULT_SLUG, *await repository.collection_slugs(session, project_id, slugs)}
    _report(faults, "collection_parameters", "collections", [slug for slug in slugs if slug not in known])


def _report(faults: Faults, field: str, what: str, missing: Sequence[str]) -> None:
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        faults[field].append(f"There are no such {what} in this project: {', '.join(missing[:_SHOWN])}{more}.")
