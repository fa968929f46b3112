"""The resources of a running process: database, queue, files, models. This module imports none of their users."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from uuid import UUID

import procrastinate

from citewell.agent.graphs import Graphs
from citewell.agent.limits import LoopLimits
from citewell.agent.models.counted import CountedModel
from citewell.agent.models.pool import ModelPool
from citewell.agent.protocol import Model, Usage
from citewell.agent.unverified import ClaimChecks
from citewell.agent.web import WebSearcher
from citewell.db.engine import Database
from citewell.db.extensions import Extensions
from citewell.embedding import Embedder
from citewell.kit.loops import Supervisor
from citewell.kit.password_hashing import PasswordHashing
from citewell.kit.public_http import PublicFetcher
from citewell.kit.signed_urls import UrlSigner
from citewell.kit.vault import Vault
from citewell.metering.counter import UsageCounter
from citewell.search.rerank import Reranker
from citewell.search.retrieve import Retriever
from citewell.settings import HOME, Settings
from citewell.storage import FileStore


class Placement(Protocol):
    """Where projects live, in an installation of several database cells: see `citewell.cells`."""

    async def resources_of(self, project_id: UUID) -> "Resources":
        """Returns the resources of the project's cell. Raises CellUnavailable."""
        ...

    async def cell_for_new(self, user_id: UUID) -> "tuple[str, Resources]":
        """Returns the resources of the cell for a new project of the user, after the user was copied there.

        Raises CellUnavailable.
        """
        ...

    async def places(self, projects: Sequence[UUID]) -> dict[UUID, str]:
        """Returns the name of each project's cell."""
        ...

    def reachable(self) -> "Mapping[str, Resources]":
        """Returns the resources of each reachable cell by name, the home cell first."""
        ...

    def names(self) -> tuple[str, ...]:
        """Returns the names of all cells, the home cell first."""
        ...


@dataclass(kw_only=True)
class Resources:
    """The resources of a process; with several database cells, one instance for each (`cell` names it).

    Contexts entered into `closing` end with the process, before everything else here. `embedder`, `reranker` and `web`
    are None if not configured; `placement` is None if there is only one cell.
    """

    settings: Settings
    database: Database
    extensions: Extensions
    queue: procrastinate.App
    files: FileStore
    embedder: Embedder | None
    retriever: Retriever
    models: ModelPool
    loop_limits: LoopLimits
    usage: UsageCounter
    signer: UrlSigner
    graphs: Graphs
    cell: str = HOME
    placement: Placement | None = None
    reranker: Reranker | None = None
    web: WebSearcher | None = None
    loops: Supervisor = field(default_factory=Supervisor)
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    outside: PublicFetcher = field(default_factory=PublicFetcher)
    passwords: PasswordHashing = field(default_factory=PasswordHashing)

    def model_of(self, project_id: UUID, name: str) -> Model:
        """Returns the model that serves this name, for the project's work outside of turns. Its tokens are counted."""
        served = self.models.served(name)

        def count(used: Usage) -> None:
            self.usage.count_tokens(project_id, served, used.input_tokens, used.output_tokens)

        return CountedModel(self.models.get(name), count)

    def claim_checks(self, project_id: UUID) -> ClaimChecks:
        """Returns the checks of the project's answers. The tokens of the model that checks claims are counted."""
        checker = self.models.checker
        model = self.model_of(project_id, checker) if checker is not None else None
        if self.embedder is None or not self.embedder.is_ready:
            return ClaimChecks(model=model)
        return ClaimChecks(self.retriever.nearness, self.embedder.read_words, model)

    def limits_of(self, model: str) -> LoopLimits:
        """Returns the bounds of an answer by this model: its context may be smaller than that of others."""
        return self.models.limits(model, self.loop_limits)

    @cached_property
    def vault(self) -> Vault:
        """Encrypts secrets that the server needs again."""
        return Vault(self.settings.secret_key, self.settings.data_dir)
