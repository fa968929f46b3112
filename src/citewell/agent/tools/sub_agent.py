"""Asks another agent of the project a question."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from citewell.agent.citations import Citation
from citewell.agent.loop import Answer
from citewell.agent.protocol import ModelError, ToolFailure, ToolOutcome, ToolSpec
from citewell.agent.sources import Sources
from citewell.agent.tools import arguments as check
from citewell.agent.tools.retrieval import as_material, heading

Ask = Callable[[str, Sources], Awaitable[Answer | None]]


class SubAgent:
    """Asks through `ask`, which runs the other agent's loop with the sources of the calling agent.

    So the calling agent can cite what the other found, by the same labels. `ask` returns None if the other agent no
    longer exists.
    """

    tool_type = "sub_agent"
    spec = ToolSpec(
        name="ask_agent",
        description="Ask another agent one question that can be understood by itself. Keep the marks of its answer.",
        parameters={
            "type": "object",
            "properties": {"query": {"type": "string", "description": "The question, with all that it needs."}},
            "required": ["query"],
        },
        searches=True,
    )

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        question = check.text(arguments, "query")
        try:
            answer = await self._ask(question, sources)
        except ModelError as error:
            raise ToolFailure(f"The agent did not answer: {error.message}") from error
        if answer is None:
            raise ToolFailure("The agent that this tool asks has been deleted.")
        result = {"answer": answer.content, "citations": [citation.to_wire() for citation in answer.citations]}
        text = "\n\n".join([as_material(answer.raw), *_evidence(answer.citations, sources)])
        return ToolOutcome([result], text, usage=answer.usage)


def _evidence(citations: Sequence[Citation], sources: Sources) -> list[str]:
    """Returns the passages that the other agent quoted, in the form of search results."""
    found = []
    for citation in citations:
        label = sources.label_of(citation.chunk_id) if citation.chunk_id else None
        if label and citation.verbatim:
            found.append(f"{heading(label, sources.chunk(label))}\n{as_material(citation.verbatim)}")
    return found
