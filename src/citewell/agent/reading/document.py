"""A document as the reader sees it: its tables, and its sentences with their analysed words. Made once, and kept."""

import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading import answered, tables
from citewell.agent.reading.fields import Field, fields
from citewell.agent.reading.forms import labels
from citewell.agent.reading.sentences import Sentence, context_words, split
from citewell.agent.reading.tables import Block, Table
from citewell.agent.reading.vocabulary import load
from citewell.agent.reading.weights import beginnings
from citewell.agent.reading.years import years
from citewell.kit.sentences import continues
from citewell.search.analyse import analyse
from citewell.search.language import detect_language

_KEPT = 48  # documents
SMALL_CHARS = 12_000  # of a document that is about one thing
_OPENING_CHARS = 600
_LANGUAGE_SAMPLE = 4000  # characters
_MIN_WORDS = 4
_HEADING_WORDS = 9
_LEAST_LABELS = 2
_MARGIN_CHARS = 300  # that may stand between the end of a page and the beginning of the next
_MOST_CUT = 1200  # characters of a sentence that two pages share

_CODE = re.compile(r"(?<![^\W_])([A-Za-z]{1,4})[-_ ]?(\d{1,5})([A-Za-z]?)(?![^\W_])")


class Opened(msgspec.Struct, frozen=True):
    """`sentences` leave out what is never an answer: footers, contents, covers, certifications, signatures.
    `beginnings` are their words by the first letters, `years` those that the text names, `opening` the words at the
    beginning of a short document, `words` all analysed words of sentences, headings and fields, `codes` those of the
    whole text and the name (see `codes_in`)."""

    chunks: list[ChunkText]
    language: str
    tables: list[Table]
    sentences: list[Sentence]
    fields: list[Field] = []
    beginnings: dict[str, list[str]] = {}
    years: frozenset[int] = frozenset()
    opening: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


class Shelf:
    """The documents that were read last, by the ids of their chunks, which never change their text."""

    def __init__(self, size: int = _KEPT) -> None:
        self._size = size
        self._opened: OrderedDict[tuple[Any, ...], Opened] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, chunks: Sequence[ChunkText]) -> Opened:
        key = tuple(chunk.chunk_id for chunk in chunks)
        with self._lock:
            found = self._opened.get(key)
            if found is not None:
                self._opened.move_to_end(key)
                return found
        made = opened(chunks)
        with self._lock:
            self._opened[key] = made
            while len(self._opened) > self._size:
                self._opened.popitem(last=False)
        return made


def opened(chunks: Sequence[ChunkText]) -> Opened:
    sample = " ".join(chunk.content[:_LANGUAGE_SAMPLE] for chunk in chunks[:3])
    language = detect_language(sample)
    language = language if language != "unknown" else "en"
    parts = tables.blocks(chunks)
    kept = [part for part in parts if not part.is_table and not _never_quoted(chunks[part.chunk])]
    sentences = [sentence for part in kept for sentence in _sentences(part, chunks[part.chunk], language)]
    sentences = answered.join(_over_pages(sentences, chunks, language), kept, chunks, language)
    quotable = [part for part in parts if not _never_quoted(chunks[part.chunk])]
    found = [field for field in fields(chunks, quotable, language) if not _is_about_the_document(field)]
    sentences += answered.of_rows(found, chunks, language)
    words = frozenset[str]().union(*(sentence.words for sentence in sentences))
    named = frozenset[int]().union(*(years(f"{chunk.document_name} {chunk.content}") for chunk in chunks))
    found_tables = tables.tables(chunks, parts)
    begins = _opening(chunks, language)
    around = (sentence.context for sentence in sentences)
    in_fields = (field.named | field.headed | field.key | field.said for field in found)
    every = words.union(begins, *around, *in_fields)
    codes = frozenset[str]().union(*(codes_in(f"{chunk.document_name}\n{chunk.content}") for chunk in chunks))
    return Opened(
        list(chunks), language, found_tables, sentences, found, beginnings(words), named, begins, every, codes
    )


def codes_in(text: str) -> frozenset[str]:
    """Returns what is written like the number of a model or an article, as "k1" for K1, K-1, K 1, K₁ and k1.

    With a letter behind it (K1s) also without this letter, which may be a plural.
    """
    found = (match.groups() for match in _CODE.finditer(unicodedata.normalize("NFKC", text)))
    return frozenset(f"{letters}{number}{end}".lower() for letters, number, last in found for end in {"", last})


def _opening(chunks: Sequence[ChunkText], language: str) -> frozenset[str]:
    """The words at the beginning of a short document of several chunks, which name the parties, the place and the
    number of all that follows."""
    if len(chunks) < 2 or sum(len(chunk.content) for chunk in chunks) > SMALL_CHARS:
        return frozenset()
    return frozenset(analyse(chunks[0].content[:_OPENING_CHARS], language))


def _over_pages(sentences: Sequence[Sentence], chunks: Sequence[ChunkText], language: str) -> list[Sentence]:
    """The sentences; those that the end of a page cuts in two as one, without what stands in the margins."""
    joined: list[Sentence] = []
    for one in sentences:
        before = joined[-1] if joined and joined[-1].chunk == one.chunk else None
        if before is not None and _is_cut(before, one, chunks[one.chunk].content):
            text = f"{before.text} {one.text}"
            joined[-1] = Sentence(
                one.chunk, before.start, one.end, text, frozenset(analyse(text, language)), before.context
            )
        else:
            joined.append(one)
    return joined


def _is_cut(before: Sentence, after: Sentence, content: str) -> bool:
    """Whether nothing but the end of a paragraph and margins of pages stands between two halves of a sentence."""
    between = content[before.end : after.start]
    lines = [line.strip() for line in between.split("\n") if line.strip()]
    if "\n" not in between or len(between) > _MARGIN_CHARS or any(_may_answer(line) for line in lines):
        return False
    return len(before.text) + len(after.text) <= _MOST_CUT and continues(before.text, after.text, over_page=bool(lines))


def _is_about_the_document(field: Field) -> bool:
    return _boilerplate("lines").search(f"{field.label} {field.value}".strip()) is not None


@cache
def _boilerplate(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(load("questions")["boilerplate"][kind]), re.IGNORECASE)


def _never_quoted(chunk: ChunkText) -> bool:
    """Whether the chunk is a certification or the page of signatures."""
    return _boilerplate("chunks").search(chunk.content[:_LANGUAGE_SAMPLE]) is not None and len(chunk.content) < 8000


def _sentences(block: Block, chunk: ChunkText, language: str) -> Iterator[Sentence]:
    context: frozenset[str] | None = None
    is_form = len(labels(block.text)) >= _LEAST_LABELS
    if block.text in chunk.heading_path:
        return
    for start, end in split(block.text):
        text = block.text[start:end]
        if not (is_form and labels(text)[:1] == [0]) and not _may_answer(text):
            continue
        if context is None:
            context = context_words(chunk, language)
        words = frozenset(analyse(text, language))
        yield Sentence(block.chunk, block.start + start, block.start + end, text, words, context)


def _is_title(words: Sequence[str]) -> bool:
    """Short, and most of its words begin with a capital."""
    named = [word for word in words if word[:1].isalpha() and len(word) > 3]
    return len(words) < 16 and bool(named) and sum(word[0].isupper() for word in named) >= 0.6 * len(named)


def _may_answer(text: str) -> bool:
    """Tells whether the text is no heading, footer, line of the contents or of the cover."""
    flat = " ".join(text.split())
    words = flat.split(" ")
    unspaced = any(character > "\u2e80" for character in flat)
    is_short_sentence = (
        len(words) == _MIN_WORDS - 1 and flat.endswith(".") and all(word.islower() for word in words[1:])
    )
    if not unspaced and len(words) < _MIN_WORDS and ":" not in flat and not is_short_sentence:
        return False
    if not unspaced and flat[-1] not in ".!?:;”\"')" and _is_title(words):
        return False
    ends = flat[-1] in ".!?:;。！？”\"')" or ":" in flat or any(character.isdigit() for character in flat)
    if not unspaced and len(words) < _HEADING_WORDS and not ends:
        return False
    if _boilerplate("days").search(flat) is not None:
        return False
    return _boilerplate("lines").search(flat) is None and any(character.isalnum() for character in flat)
