"""Makes running tools from configured ones."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.events import AgentEvent
from citewell.agent.knowledge import ChunkText, Front, Hit, Knowledge, Outline
from citewell.agent.loop import Answer, Question, answer
from citewell.agent.protocol import Tool
from citewell.agent.sources import Sources
from citewell.agent.tools.data_statistics import DataStatistics
from citewell.agent.tools.document_outline import DocumentOutline
from citewell.agent.tools.document_retrieval import (
    FOUND_LIMIT,
    FindByContent,
    FindByName,
    FindByTags,
    ListDocumentNames,
)
from citewell.agent.tools.find_tables import FindTables
from citewell.agent.tools.find_text import FindText
from citewell.agent.tools.get_chunk import GetChunk
from citewell.agent.tools.math import Math
from citewell.agent.tools.read_pages import ReadPages
from citewell.agent.tools.retrieval import DEFAULT_LIMIT, SearchDocuments
from citewell.agent.tools.search_objects import SearchObjects, SearchObjectsTool
from citewell.agent.tools.sub_agent import SubAgent
from citewell.agent.tools.templated_query import TemplatedQuery
from citewell.agent.tools.websearch import WebSearch
from citewell.documents.catalog import ProjectCatalog
from citewell.documents.knowledge import ProjectKnowledge
from citewell.documents.readable import ReadableDocuments
from citewell.documents.repository.conditions import is_one_of
from citewell.documents.texts import ProjectTexts
from citewell.graph.templates import filled, places_of
from citewell.models import AgentSettings, ToolSetting
from citewell.resources import Resources
from citewell.retrieval.improve import RERANKED, reformulated, reranked
from citewell.retrieval.objects import object_to_wire, search_objects
from citewell.search.retrieve import Mode
from citewell.tools.agent_knowledge import agent_knowledge
from citewell.tools.repository import find_tools, list_document_ids
from citewell.tools.restriction_conditions import chunk_scope_of, object_filter
from citewell.tools.restrictions import conditions
from citewell.tools.schemas import RetrievalParameters

MAX_NAME = 64  # what model servers take, in letters, digits, _ and -
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]+")
_MODES: dict[str, Mode] = {"semantic": "semantic", "full_text": "text", "hybrid": "hybrid"}


class ToolConfig(msgspec.Struct, frozen=True):
    """A row of `tools`, read with the turn that uses it."""

    id: UUID
    name: str
    description: str | None
    tool_type: str
    retrieval_mode: str
    retrieval_parameters: dict[str, Any]
    restrictions: dict[str, Any]
    agent_settings_id: UUID | None

    @classmethod
    def of(cls, row: ToolSetting) -> "ToolConfig":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


@dataclass(frozen=True)
class Workbench:
    """What tools run with.

    `model` reformulates queries; `results` is the number of results where the caller names none. `local_to` are the
    conversation and the agent whose local documents all tools see, whatever their restrictions.
    """

    resources: Resources
    project_id: UUID
    base_url: str
    model: str = ""
    results: int = DEFAULT_LIMIT
    local_to: tuple[UUID, ...] = ()

    def documents(self, config: ToolConfig) -> ReadableDocuments:
        return ReadableDocuments(self.project_id, conditions(self.project_id, config.restrictions), self.local_to)

    def knowledge(self, config: ToolConfig, mode: Mode = "hybrid") -> ProjectKnowledge:
        resources = self.resources
        return ProjectKnowledge(
            resources.database,
            resources.retriever,
            self.documents(config),
            self.base_url,
            mode,
            count=resources.usage.count,
            chunk_scope=chunk_scope_of(self.project_id, config.restrictions),
        )

    def texts(self, config: ToolConfig) -> ProjectTexts:
        resources = self.resources
        return ProjectTexts(resources.database, resources.retriever.titles, self.documents(config), self.base_url)

    def catalog(self, config: ToolConfig) -> ProjectCatalog:
        return ProjectCatalog(self.resources.database, self.documents(config))


async def tools_of(session: AsyncSession, agent: AgentSettings) -> list[ToolConfig]:
    """Returns the agent's tools, in its order."""
    rows = await find_tools(session, agent.project_id, agent.tools)
    return [ToolConfig.of(rows[tool_id]) for tool_id in agent.tools if tool_id in rows]


def make_tools(bench: Workbench, configs: Sequence[ToolConfig], *, nested: bool = False) -> list[Tool]:
    """Returns the tools, each under a name of its own that a model server takes.

    Agents that were asked ask no others.
    """
    made: dict[str, Tool] = {}
    for config in configs:
        if config.tool_type not in BUILDERS or (nested and config.tool_type == "sub_agent"):
            continue
        tool = make_tool(bench, config)
        name = _free_name(tool.spec.name, made)
        tool.spec = msgspec.structs.replace(tool.spec, name=name)
        made[name] = tool
    return list(made.values())


def make_tool(bench: Workbench, config: ToolConfig) -> Tool:
    """Makes a tool with its configured name and description, where it has them."""
    tool = BUILDERS[config.tool_type](bench, config)
    name = _UNFIT.sub("_", config.name).strip("_")[:MAX_NAME]
    tool.spec = msgspec.structs.replace(
        tool.spec, name=name or tool.spec.name, description=config.description or tool.spec.description
    )
    return tool


def _free_name(name: str, taken: dict[str, Tool]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        ending = f"_{number}"
        free = name[: MAX_NAME - len(ending)] + ending
    return free


def _retrieval(bench: Workbench, config: ToolConfig) -> Tool:
    found = RetrievalParameters.model_validate(config.retrieval_parameters)
    results = found.n_objects or bench.results
    if config.retrieval_mode == "semantic-objects":
        search, texts = _object_search(bench, config, found), bench.texts(config)
        return SearchObjectsTool(search, results, fixed=found.force_n_objects, texts=texts)
    if config.retrieval_mode == "templated-query":
        return _templated(bench, found.query_template)
    return SearchDocuments(
        _searched(bench, config, found), results, fixed=found.force_n_objects, texts=bench.texts(config)
    )


def _templated(bench: Workbench, template: str) -> Tool:
    async def run(values: dict[str, Any]) -> list[dict[str, Any]]:
        return await bench.resources.graphs.query(bench.project_id, filled(template, values), values)

    return TemplatedQuery(run, template, places_of(template))


def _object_search(bench: Workbench, config: ToolConfig, how: RetrievalParameters) -> SearchObjects:
    resources, project_id = bench.resources, bench.project_id

    async def search(query: str, limit: int, chosen: Sequence[UUID] | None) -> list[dict[str, Any]]:
        resources.usage.count(project_id)
        within = conditions(project_id, config.restrictions)
        async with resources.database.read() as session:
            documents: tuple[UUID, ...] | None = None
            if within or chosen is not None:
                passing = within if chosen is None else [*within, is_one_of(chosen)]
                documents = tuple(await list_document_ids(session, project_id, passing))
            wanted = await object_filter(session, project_id, config.restrictions, documents)
        hits = await search_objects(resources, project_id, query, limit, _MODES[how.mode], wanted)
        found = [object_to_wire(hit, f"{bench.base_url}/{project_id}/reference") for hit in hits]
        return [_plain(one) for one in found]

    return search


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    """Converts ids to text, as results of tools have them."""
    chunks, document = [str(one) for one in result["chunk_ids"]], result["document_id"]
    return result | {"chunk_ids": chunks, "document_id": str(document) if document else None}


def _document_retrieval(bench: Workbench, config: ToolConfig) -> Tool:
    found = RetrievalParameters.model_validate(config.retrieval_parameters)
    results = found.n_objects or FOUND_LIMIT
    match config.retrieval_mode:
        case "identify_document_from_their_name_only":
            return FindByName(bench.catalog(config), results, bench.texts(config))
        case "identify_document_from_their_tags":
            return FindByTags(bench.catalog(config), results, bench.texts(config))
        case "identify_document_from_their_content":
            return FindByContent(_searched(bench, config, found), results, bench.texts(config))
        case _:
            return ListDocumentNames(bench.catalog(config), bench.texts(config))


def _searched(bench: Workbench, config: ToolConfig, how: RetrievalParameters) -> Knowledge:
    knowledge = bench.knowledge(config, _MODES[how.mode])
    return _ImprovedKnowledge(bench, knowledge, how) if how.rerank or how.reformulate_query else knowledge


def _sub_agent(bench: Workbench, config: ToolConfig) -> Tool:
    async def ask(question: str, sources: Sources) -> Answer | None:
        return await ask_other(bench, config.agent_settings_id, question, sources)

    return SubAgent(ask)


BUILDERS: dict[str, Callable[[Workbench, ToolConfig], Tool]] = {
    "retrieval": _retrieval,
    "document_retrieval": _document_retrieval,
    "get_document_outline": lambda bench, config: DocumentOutline(bench.knowledge(config)),
    "get_chunk": lambda bench, config: GetChunk(bench.knowledge(config)),
    "find_text": lambda bench, config: FindText(bench.texts(config)),
    "find_tables": lambda bench, config: FindTables(bench.knowledge(config), bench.texts(config)),
    "read_pages": lambda bench, config: ReadPages(bench.texts(config)),
    "data_statistics": lambda bench, config: DataStatistics(bench.catalog(config)),
    "websearch": lambda bench, config: WebSearch(bench.resources.web),
    "math": lambda bench, config: Math(),
    "sub_agent": _sub_agent,
}


async def ask_other(bench: Workbench, agent_id: UUID | None, question: str, sources: Sources) -> Answer | None:
    """Another agent's answer to one question, without any history; None if there is no such agent."""
    resources = bench.resources
    async with resources.database.read() as session:
        agent = await session.get(AgentSettings, (bench.project_id, agent_id)) if agent_id else None
        if agent is None:
            return None
        configs = await tools_of(session, agent)
        workflows = (agent.selected_workflows_mode, agent.selected_workflows)
        knowledge = await agent_knowledge(session, bench.project_id, agent, *workflows)
    asked = Question(
        question, instructions=agent.additional_instructions, brief=agent.project_brief, knowledge=knowledge
    )
    tools = make_tools(replace(bench, model=agent.model), configs, nested=True)
    limits = resources.limits_of(agent.model)
    model = resources.model_of(bench.project_id, agent.model)
    return await answer(asked, model, tools, _drop_events, limits, sources)


def _drop_events(events: Sequence[AgentEvent]) -> None:
    """Drops the events of another agent: only its answer is shown, like any tool's result."""


class _ImprovedKnowledge:
    """A project's knowledge, searched with a better query and put in a better order where the tool says so."""

    def __init__(self, bench: Workbench, knowledge: Knowledge, how: RetrievalParameters) -> None:
        self._bench = bench
        self._knowledge = knowledge
        self._how = how

    async def search(self, query: str, limit: int, document_ids: Sequence[UUID] | None = None) -> list[Hit]:
        resources = self._bench.resources
        if self._how.reformulate_query:
            query = await reformulated(resources.model_of(self._bench.project_id, self._bench.model), query)
        read = max(limit, RERANKED) if self._how.rerank else limit
        hits = await self._knowledge.search(query, read, document_ids)
        if self._how.rerank:
            hits, _ = await reranked(resources.reranker, query, hits)
        return hits[:limit]

    async def fronts(self, limit: int) -> list[Front] | None:
        return await self._knowledge.fronts(limit)

    async def fronts_of(self, document_ids: Sequence[UUID]) -> list[Front]:
        return await self._knowledge.fronts_of(document_ids)

    async def whole(self, document_id: UUID, max_chars: int) -> list[ChunkText]:
        return await self._knowledge.whole(document_id, max_chars)

    async def nearness(self, question: str, texts: Sequence[str]) -> list[float] | None:
        return await self._knowledge.nearness(question, texts)

    async def chunk(self, chunk_id: UUID) -> ChunkText | None:
        return await self._knowledge.chunk(chunk_id)

    async def outline(self, document_id: UUID, offset: int, limit: int) -> Outline | None:
        return await self._knowledge.outline(document_id, offset, limit)
