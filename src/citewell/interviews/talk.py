"""The parts of an interview: what was said, what the documents say about it, and what was learned."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from citewell.artifacts.definitions import Slug

# Artifacts that an interview may add to.
SLUGS: tuple[Slug, ...] = ("general_knowledge", "corpus_description", "playbooks", "mental_map")


class Passage(msgspec.Struct, frozen=True):
    """A passage of the documents on what was said last."""

    text: str
    document_id: UUID
    document_name: str
    chunk_id: UUID
    reference_url: str


class Contradiction(msgspec.Struct, frozen=True):
    """`said` are the expert's words, `quote` the words of the passage that say something else."""

    said: str
    quote: str
    passage: Passage


class Learned(msgspec.Struct, frozen=True):
    """A change to propose for the artifact `slug`; `quote` are the expert's words that it rests on.

    `content` is {"statement"} for a text, {"domain", "name", "description"} for a concept of the mental map, and
    {"name", "objective", "steps"} for a playbook.
    """

    slug: str
    content: dict[str, Any]
    quote: str


class InterviewState(msgspec.Struct, frozen=True):
    """The interview so far. `history` holds messages with `role` and `content`; what the interviewer said also says by
    `asks` for which artifact it asked. `answer` is what the expert said last; empty at the beginning."""

    topic: str
    brief: str
    history: Sequence[Mapping[str, Any]]
    answer: str
    passages: Sequence[Passage]


class Reply(msgspec.Struct, frozen=True):
    """The interviewer's words, and what it learned from the expert's last answer."""

    text: str
    asks: str = ""
    contradictions: tuple[Contradiction, ...] = ()
    learned: tuple[Learned, ...] = ()
    is_last: bool = False


class Interviewer(Protocol):
    async def reply(self, state: InterviewState) -> Reply:
        """Raises ModelError."""
        ...
