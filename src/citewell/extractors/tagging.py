"""Assigns tags without a model: a chunk or document gets a tag if it has the tag's words close together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citewell.agent.knowledge import ChunkText
from citewell.extractors.trees import Node
from citewell.kit.ids import new_id
from citewell.search.analyse import analyse
from citewell.search.language import detect_language

_QUOTED = re.compile(r"[\"\u201c\u201e]([^\"\u201c\u201d\u201e]{2,60})[\"\u201d\u201c]")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_MAX_QUOTE = 300


@dataclass(frozen=True)
class Match:
    """Why a tag fits: the phrase whose words were found, and the sentence that they stand in."""

    phrase: str
    start: int
    end: int


def phrases_of(node: Node) -> list[str]:
    """Returns the phrases by which a tag is recognised: its name, and what its instruction or description puts in
    quotation marks.
    """
    quoted = _QUOTED.findall(node.instruction) + _QUOTED.findall(node.description)
    return list(dict.fromkeys([node.name, *quoted]))


def find_phrase(text: str, phrases: Sequence[str], language: str) -> Match | None:
    """Returns the first sentence that holds all words of a phrase, in any of their forms.

    Short texts are hard to tell the language of, so words are compared in their English forms as well.
    """
    languages = list(dict.fromkeys([language, "en"]))
    wanted = [(phrase, one, set(analyse(phrase, one))) for phrase in phrases for one in languages]
    for sentence in _SENTENCE.finditer(text):
        terms = {one: set(analyse(sentence[0], one)) for one in languages}
        for phrase, one, needed in wanted:
            if needed and needed <= terms[one]:
                start = sentence.start() + len(sentence[0]) - len(sentence[0].lstrip())
                return Match(phrase, start, min(sentence.end(), start + _MAX_QUOTE))
    return None


def tag_rows(chunk: ChunkText, nodes: Sequence[Node], *, single: bool) -> list[dict[str, Any]]:
    """Returns a row for each tag that fits the chunk; with `single`, for the one whose phrase is the longest."""
    language = detect_language(chunk.content)
    found = [
        (node, match) for node in nodes if (match := find_phrase(chunk.content, phrases_of(node), language)) is not None
    ]
    if single:
        found = sorted(found, key=lambda pair: (-len(pair[1].phrase), pair[1].start))[:1]
    return [
        {
            "id": node.id,
            "chunk_id": str(chunk.chunk_id),
            "metadata": {
                "metadata_id": str(new_id()),
                "tags": [*node.path, node.id],
                "reason": f'The words "{match.phrase}" stand in it.',
                "quotes": [chunk.content[match.start : match.end]],
            },
        }
        for node, match in found
    ]


def document_tag_rows(chunks: Sequence[ChunkText], tags: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns a row for each value of a tag that stands in the document; the first value alone where one is allowed."""
    rows: list[dict[str, Any]] = []
    for tag in tags:
        if not tag.get("allow_llm_to_infer", True):
            continue
        for value in tag.get("possible_values") or ():
            found = next(((chunk, match) for chunk in chunks if (match := _match(chunk, value)) is not None), None)
            if found is None:
                continue
            chunk, match = found
            rows.append(
                {
                    "id": str(new_id()),
                    "document_id": str(chunk.document_id),
                    "tag_name": tag["name"],
                    "tag_value": value,
                    "justification": f'The words "{match.phrase}" stand in it.',
                    "verbatim": chunk.content[match.start : match.end],
                }
            )
            if not tag.get("allow_multiple_values"):
                break
    return rows


def _match(chunk: ChunkText, value: str) -> Match | None:
    return find_phrase(chunk.content, [value], detect_language(chunk.content))
