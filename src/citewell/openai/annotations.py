"""Citations as OpenAI's annotations: which characters of the answer cite what."""

from collections.abc import Iterator, Mapping, Sequence
from re import Match
from typing import Any

from citewell.agent.citations import LINK

Cited = Mapping[str, Any]


def url_citations(content: str, citations: Sequence[Cited]) -> list[dict[str, Any]]:
    """Returns one annotation for each link of the answer, in its order.

    Start and end are offsets in characters. `citations` have their wire form.
    """
    return [
        {
            "type": "url_citation",
            "start_index": link.start(),
            "end_index": link.end(),
            "url": cited["reference_url"],
            "title": f"{cited['document_name']}, {cited['place']}" if cited.get("place") else cited["document_name"],
        }
        for link, cited in _links(content, citations)
    ]


def file_citations(content: str, citations: Sequence[Cited]) -> list[dict[str, Any]]:
    """Returns the same links as citations of files: the ids are those of `/v1/vector_stores`."""
    return [
        {
            "type": "file_citation",
            "file_id": f"file-{cited['document_id']}",
            "filename": cited["document_name"],
            "index": link.start(),
            "start_index": link.start(),
            "end_index": link.end(),
        }
        for link, cited in _links(content, citations)
    ]


def _links(content: str, citations: Sequence[Cited]) -> Iterator[tuple[Match[str], Cited]]:
    by_number = {cited["number"]: cited for cited in citations if cited.get("reference_url")}
    for link in LINK.finditer(content):
        if (cited := by_number.get(int(link[1]))) is not None:
            yield link, cited
