"""The definition of a pipeline step.

A step reads what the steps it needs have stored, and returns its result. Steps do not know each other; `pipeline.STEPS`
lists their dependencies.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion.step_jobs import defer_step
from citewell.models import Document, DocumentVersion
from citewell.resources import Resources


class StepFailed(Exception):
    """The document cannot pass this step, and a retry would not help.

    `code` is stable; `message` tells the user the reason and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Overtaken(Exception):
    """Another run of the step was faster, or the document was deleted: nothing is left to do."""


@dataclass(frozen=True)
class Result:
    """The result of a step for one version. `made` is passed to the step's `store`, `input_hash` identifies the input,
    and `size` is about how many characters of memory it takes."""

    made: Any = None
    input_hash: str | None = None
    size: int = 0


@dataclass(frozen=True)
class Done:
    """A version whose step is done when the transaction commits, and the stage that it then has."""

    version: DocumentVersion
    result: Result
    stage: str | None


@dataclass(frozen=True)
class Step:
    """A kind of work on a document version.

    A step may begin when all steps in `needs` are done. `gives` is the stage of a version that has its result; None
    leaves the stage unchanged. `run` does the work for one version, without a transaction, and returns None if a later
    job continues it. `store` writes the results for versions of one project in the transaction that marks them done.
    `claim` runs before it in the same transaction: it locks what must be locked first, and returns the stages of the
    versions that may go on.

    With `instances` a version has several steps of this kind, one for each name that the function returns once the
    needed steps are done. `held` returns the versions whose step a person starts; it is called before anything is
    locked. `side_by_side` is how many versions of one job are worked on at once. `is_quick`: users wait for the step
    and it takes little time, so the job of the step before runs it too, in whatever queue it is.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    gives: str | None
    run: Callable[["StepContext"], Awaitable[Result | None]]
    store: Callable[[AsyncSession, Resources, Sequence[Done]], Awaitable[None]] | None = None
    claim: Callable[[AsyncSession, Sequence[DocumentVersion]], Awaitable[dict[UUID, str]]] | None = None
    stored: Callable[[Resources, UUID], None] | None = None
    instances: Callable[[AsyncSession, DocumentVersion], Awaitable[Sequence[str]]] | None = None
    held: Callable[[AsyncSession, Sequence[DocumentVersion]], Awaitable[set[UUID]]] | None = None
    side_by_side: int = 1
    is_quick: bool = False


@dataclass(frozen=True)
class StepContext:
    """The input of a running step.

    `key` names the step's row; `instance` is the part of the key after the colon. `input_hash` is the hash of the
    needed step, if there is exactly one.
    """

    resources: Resources
    version: DocumentVersion
    document: Document
    step: Step
    instance: str = ""
    input_hash: str | None = None

    @property
    def key(self) -> str:
        return step_key(self.step, self.instance)

    async def queue_again(self, session: AsyncSession) -> None:
        """Lets other jobs go first: queues a job that continues this step with what the transaction stores."""
        await defer_step(session, self.resources.queue, self.key, self.version)


def step_key(step: Step, instance: str = "") -> str:
    return f"{step.name}:{instance}" if instance else step.name
