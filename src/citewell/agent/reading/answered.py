"""Joins each question in a document (an FAQ, a questionnaire) with its answer, the text after it."""

import re
from collections.abc import Iterator, Sequence

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading.fields import ASKS, Field
from citewell.agent.reading.sentences import Sentence, context_words, split
from citewell.agent.reading.tables import Block
from citewell.search.analyse import analyse

_MOST_PIECES, _MOST_CHARS = 4, 500  # of an answer that is quoted behind its question
_LINE_BEGINS = re.compile(r"(?:^|\n)[ \t]*(?:\W{0,4}|\W{0,3}\w{1,2}[.):]\W{0,3})$")  # a bullet, "1.", "Q:"
_Span = tuple[int, int]


def join(
    sentences: Sequence[Sentence], parts: Sequence[Block], chunks: Sequence[ChunkText], language: str
) -> list[Sentence]:
    """Returns the sentences of a document. A question alone in its line is one sentence with the answer after it."""
    found = list(_answered(parts, chunks, language))
    taken = [(one.chunk, one.start, one.end) for one in found]
    rest = [
        one
        for one in sentences
        if not any(chunk == one.chunk and start < one.end and one.start < end for chunk, start, end in taken)
    ]
    return sorted([*rest, *found], key=lambda one: (one.chunk, one.start)) if found else list(sentences)


def of_rows(found: Sequence[Field], chunks: Sequence[ChunkText], language: str) -> list[Sentence]:
    """Returns questions with their answers in rows of tables, each as a sentence."""
    return [
        Sentence(
            one.chunk,
            one.start,
            one.end,
            f"{one.label} {one.value}",
            one.named | one.said,
            one.context | context_words(chunks[one.chunk], language),
        )
        for one in found
        if one.label.endswith(ASKS) and not one.head and not one.parts
    ]


def _answered(parts: Sequence[Block], chunks: Sequence[ChunkText], language: str) -> Iterator[Sentence]:
    for number, chunk in enumerate(chunks):
        pieces = [span for part in parts if part.chunk == number for span in _pieces(part)]
        heading = chunk.heading_path[-1] if chunk.heading_path else ""
        if heading.endswith(ASKS) and heading not in chunk.content and pieces and not _is_asking(pieces[0], chunk):
            yield _sentence(number, chunk, _answer(pieces, chunk), heading, language)
        for place, piece in enumerate(pieces):
            answer = _answer(pieces[place + 1 :], chunk) if _is_asking(piece, chunk) else None
            if answer is not None and answer[1] > answer[0]:
                yield _sentence(number, chunk, (piece[0], answer[1]), "", language)


def _pieces(part: Block) -> Iterator[_Span]:
    yield from ((part.start + start, part.start + end) for start, end in split(part.text))


def _answer(pieces: Sequence[_Span], chunk: ChunkText) -> _Span:
    """Returns the span from the first of these pieces to the end of its paragraph; an empty one without an answer."""
    end = start = pieces[0][0] if pieces else 0
    for first, last in pieces[:_MOST_PIECES]:
        is_heading = chunk.content[first:last] in chunk.heading_path
        is_complete = end > start and (last - start > _MOST_CHARS or "\n\n" in chunk.content[end:first])
        if is_heading or is_complete or _is_asking((first, last), chunk):
            break
        end = last
    return start, end


def _is_asking(span: _Span, chunk: ChunkText) -> bool:
    """Returns whether a piece is a question alone in its line."""
    start, end = span
    behind = chunk.content[end : end + 4].lstrip(" *_")
    before = chunk.content[max(start - 12, 0) : start]
    begins = start == 0 or _LINE_BEGINS.search(before if start > 12 else f"\n{before}") is not None
    return chunk.content[start:end].endswith(ASKS) and begins and behind[:1] in ("", "\n")


def _sentence(number: int, chunk: ChunkText, span: _Span, heading: str, language: str) -> Sentence:
    text = chunk.content[span[0] : span[1]]
    words = frozenset(analyse(f"{heading} {text}", language))
    return Sentence(number, *span, text, words, context_words(chunk, language))
