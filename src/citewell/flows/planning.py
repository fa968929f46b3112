"""Plans what each node of a flow reads, and which of its results exist already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.models.pool import ModelPool
from citewell.extractors import results
from citewell.extractors.families import BY_NAME, Family
from citewell.extractors.input_filter import InputFilter, documents_of, read_filter
from citewell.extractors.results import Input, Upstream
from citewell.flows.dag import Dag, Node, place_of, refused
from citewell.flows.repository import find_default_versions, find_extractors
from citewell.models import Extractor, ExtractorVersion


@dataclass(frozen=True)
class Extraction:
    """The extractor of a node in its default version."""

    family: Family
    extractor: Extractor
    version: ExtractorVersion


async def extractions_of(
    session: AsyncSession, project_id: UUID, dag: Dag, *, missing_ok: bool = False
) -> dict[str, Extraction]:
    """Returns the extractors of a flow by the ids of their nodes.

    Raises InvalidFields, which names the node, for an extractor that does not exist, belongs to another family, or has
    an invalid filter. With `missing_ok` these are left out.
    """
    ids = [node.extractor_id for node in dag.nodes if node.extractor_id is not None]
    extractors = await find_extractors(session, project_id, ids)
    versions = await find_default_versions(session, project_id, ids)
    found = {}
    for node in dag.nodes:
        if node.is_step or node.extractor_id is None:
            continue
        extractor, version = extractors.get(node.extractor_id), versions.get(node.extractor_id)
        if extractor is None or version is None or extractor.family != node.kind:
            if missing_ok:
                continue
            raise refused(f"{place_of(dag, node)}.extractor_id: this project has no such extractor of kind {node.kind}")
        try:
            _filter_of(node, version)
        except ValueError as error:
            if missing_ok:
                continue
            raise refused(f'{place_of(dag, node)}: the filter of "{extractor.name}" is wrong: {error}') from None
        found[node.id] = Extraction(BY_NAME[node.kind], extractor, version)
    return found


def _filter_of(node: Node, version: ExtractorVersion) -> InputFilter:
    of_chunks = node.kind == "chunk-tag-filter"
    stated = version.settings.get("filter" if node.kind.endswith("-filter") else "pre_execution_filter")
    return read_filter(stated, of_chunks=of_chunks)


class Planner:
    """Finds the inputs of nodes, for the given documents of a project or for all. Caches what it found."""

    def __init__(
        self, dag: Dag, extractions: Mapping[str, Extraction], models: ModelPool, document_ids: Sequence[UUID] = ()
    ) -> None:
        self.dag = dag
        self.extractions = extractions
        self._models = models
        self._document_ids = document_ids
        self._inputs: dict[str, list[Input]] = {}
        self._upstream: dict[str, Upstream] = {}

    async def inputs(self, session: AsyncSession, node: Node) -> list[Input]:
        """Returns the inputs of the node; for a node of alerts or a filter, the documents that reach it."""
        if node.id not in self._inputs:
            version = self.extractions[node.id].version
            upstream = await self._before(session, node)
            model = self._models.get(results.wished_model(version.settings)).name
            self._inputs[node.id] = await results.inputs(session, version, model, self._document_ids, upstream)
        return self._inputs[node.id]

    async def _before(self, session: AsyncSession, node: Node) -> Upstream:
        """Returns the documents and chunks that pass the nodes before this one."""
        if node.id not in self._upstream:
            found = Upstream()
            for source in self.dag.sources(node):
                if not source.is_step:
                    found = _both(found, await self._after(session, source))
            self._upstream[node.id] = found
        return self._upstream[node.id]

    async def _after(self, session: AsyncSession, node: Node) -> Upstream:
        before, version = await self._before(session, node), self.extractions[node.id].version
        if node.kind == "chunks":
            made = {one.document_id: one.result_id for one in await self.inputs(session, node)}
            return Upstream(before.documents, made, before.tagged)
        if node.kind == "document-filter":
            passing = await documents_of(session, version.project_id, _filter_of(node, version))
            return _both(before, Upstream(passing))
        if node.kind == "chunk-tag-filter":
            wanted, rules = _filter_of(node, version), list(before.tagged)
            for tags in self.dag.sources(node):
                made = {one.document_id: one.result_id for one in await self.inputs(session, tags)}
                rules.append((made, wanted.included_ids, wanted.excluded_ids))
            return Upstream(before.documents, before.chunks, rules)
        return before


def _both(one: Upstream, other: Upstream) -> Upstream:
    documents = one.documents
    if other.documents is not None:
        documents = other.documents if documents is None else documents & other.documents
    tagged = [*one.tagged, *(rule for rule in other.tagged if rule not in one.tagged)]
    return Upstream(documents, one.chunks if other.chunks is None else other.chunks, tagged)
