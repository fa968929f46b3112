"""Citations as OpenAI's annotations: which characters of the answer cite which address."""

from collections.abc import Sequence
from typing import Any

from citewell.agent.citations import LINK, Citation


def url_citations(content: str, citations: Sequence[Citation]) -> list[dict[str, Any]]:
    """One for each link of the answer, in its order. `start` and `end` are characters of the content."""
    by_number = {citation.number: citation for citation in citations if citation.reference_url}
    found = []
    for link in LINK.finditer(content):
        citation = by_number.get(int(link[1]))
        if citation is not None:
            place = f", {citation.place}" if citation.place else ""
            found.append(
                {
                    "start_index": link.start(),
                    "end_index": link.end(),
                    "url": citation.reference_url,
                    "title": f"{citation.document_name}{place}",
                }
            )
    return found
