"""Reading: from a question to an answer with citations, or a refusal that says what was found instead."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText, Hit, Knowledge
from citewell.agent.reading import beside, passages, quoting, schedules, several
from citewell.agent.reading.choosing import Choice, Chosen, choose, named_inside
from citewell.agent.reading.composing import Draft, compose, refuse_period, wants_prose
from citewell.agent.reading.document import SMALL_CHARS, Opened, Shelf
from citewell.agent.reading.lookup import FoundField
from citewell.agent.reading.passages import Prose
from citewell.agent.reading.periods import Period
from citewell.agent.reading.profile import Profile, profile
from citewell.agent.reading.question import Asked, Group, alone, carried, goes_on, shortened, understand
from citewell.agent.reading.shown import Label
from citewell.agent.reading.targets import Answer, answers
from citewell.agent.sources import Sources

MAX_FRONTS = 400  # documents up to which all beginnings are read
MAX_CHARS = 2_000_000  # of one document
_SENTENCES = 48  # sentences with the most words of the question
_NEAR = 12  # of them, compared by the embedding model, which costs more than everything else
_NEAR_FOREIGN = 24  # sentences in another language than the question, which words do not find
_NEAR_CHARS = 300
_AS_GOOD = 0.2  # how much worse than the best an answer from another document may be
_NOTED = "\x01"  # begins a placeholder for a label that is assigned later
_FIGURES = frozenset({"amount", "percent", "share", "change", "compare", "date"})
_shelf = Shelf()


class Reading(msgspec.Struct, frozen=True):
    """`text` is the answer with citation markers; `found` says that it is no refusal; `score` from 0 to about 1.5;
    `documents` are those that it cites."""

    found: bool
    score: float
    text: str
    documents: frozenset[UUID] = frozenset()


class Reader:
    """Reads what a tool may see. Labels for citations come from the sources of the turn."""

    def __init__(self, knowledge: Knowledge, sources: Sources) -> None:
        self._knowledge = knowledge
        self._sources = sources

    async def read(self, question: str, before: Sequence[str], limit: int) -> tuple[Reading, list[Hit]]:
        """The answer, and what the search brought for it. Two questions in one text are answered one after the other;
        a question behind a story is asked alone if the whole has no answer."""
        halves = await asyncio.to_thread(_apart, question)
        if halves is not None:
            both, hits = await self._both(*halves, before, limit)
            if both is not None:
                return both, hits
        reading, hits = await self._read(question, before, limit)
        if not reading.found and (last := several.last_question(question)):
            alone, _ = await self._read(last, before, limit, hits)
            return (alone if alone.found else reading), hits
        return reading, hits

    async def _both(self, one: str, two: str, before: Sequence[str], limit: int) -> tuple[Reading | None, list[Hit]]:
        """The answers to two questions as one, the second about the documents that answer the first; None where one of
        them has no answer."""
        first, hits = await self._read(one, before, limit)
        if not first.found:
            return None, hits
        further = await self._knowledge.search(f"{one} {two}", limit, list(first.documents))
        second, _ = await self._read(two, before, limit, further)
        if not second.found:
            second, _ = await self._read(two, [*before, one], limit, further)
        if not second.found:
            return None, hits
        documents = first.documents | second.documents
        score, text = min(first.score, second.score), f"{first.text}\n\n{second.text}"
        return Reading(True, score, text, documents), [*hits, *further]

    async def _read(
        self, question: str, before: Sequence[str], limit: int, known_hits: list[Hit] | None = None
    ) -> tuple[Reading, list[Hit]]:
        """The answer to one question, from what was found already where that is given."""
        asked, goes_on_from = await asyncio.to_thread(_understood, question, before)
        query = f"{goes_on_from} {question}" if goes_on_from else question
        hits = await self._knowledge.search(query, limit) if known_hits is None else known_hits
        known = await self._profiles(hits)
        if goes_on_from is not None:
            owners = frozenset[str]().union(*(one.names | one.title for one in known))
            asked = await asyncio.to_thread(understand, question, before, owners)
        choice = choose(asked, known, [hit.document_id for hit in hits])
        if choice.missing is not None and (inside := await self._named_inside(choice.missing, choice.closest)):
            choice = Choice(inside, narrowed=True)
        if choice.missing is not None and (ahead := await self._documents_that_foresee(asked, choice.closest)):
            choice = Choice(ahead, narrowed=True, named=True)
        if choice.missing is not None:
            closest = await self._first_chunks(choice.closest)
            return Reading(False, 0.0, refuse_period(asked, choice.missing, closest)), hits
        hits = await self._narrowed(query, limit, hits, choice)
        reading = await self._answered(asked, query, choice, hits)
        if not reading.found and choice.others:
            choice = msgspec.structs.replace(choice, documents=choice.others, others=[])
            others = await self._narrowed(query, limit, hits, choice)
            # Nothing says that the question is about these, so they must answer it better.
            choice = msgspec.structs.replace(choice, narrowed=False, named=False)
            second = await self._answered(asked, query, choice, others)
            if second.found:
                return second, others
        return reading, hits

    async def _answered(self, asked: Asked, query: str, choice: Choice, hits: list[Hit]) -> Reading:
        """The answer of the chosen documents, or the refusal."""
        opened = await self._open(asked, choice, hits)
        tables = await asyncio.to_thread(_all_answers, asked, opened, named=choice.named)
        prose = Prose([], [])
        if wants_prose(asked, any(found for _, _, found in tables)):
            prose = await self._prose(asked, query, choice, opened, hits)
        fields = await asyncio.to_thread(_answering_fields, asked, prose.documents)
        cited: dict[UUID, ChunkText] = {}
        found, score, text = compose(Draft(asked, choice, tables, prose, hits, fields), _noted_in(cited))
        documents = frozenset(chunk.document_id for chunk in cited.values())
        return Reading(found, score, await self._labelled(text, cited), documents)

    async def _labelled(self, text: str, cited: dict[UUID, ChunkText]) -> str:
        """The text with the labels of the turn; the chunks behind them with all that is known of their places."""
        for number, (chunk_id, chunk) in enumerate(cited.items()):
            label = self._sources.label(await self._knowledge.chunk(chunk_id) or chunk)
            text = text.replace(f"[[{_NOTED}{number}|", f"[[{label}|")
        return text

    async def _profiles(self, hits: Sequence[Hit]) -> list[Profile]:
        fronts = await self._knowledge.fronts(MAX_FRONTS)
        if fronts is None:
            fronts = await self._knowledge.fronts_of(list(dict.fromkeys(hit.document_id for hit in hits)))
        return await asyncio.to_thread(lambda: [profile(front) for front in fronts])

    async def _first_chunks(self, closest: Sequence[Profile]) -> list[ChunkText]:
        found = [await self._knowledge.whole(one.document_id, 1) for one in closest]
        return [chunks[0] for chunks in found if chunks]

    async def _named_inside(self, period: Period, closest: Sequence[Profile]) -> list[Chosen]:
        """Returns the documents about a time near the quarter that call it by this quarter in their text."""
        if period.quarter is None or period.year is None:
            return []
        found = []
        for one in closest:
            if one.end is None or abs(one.end.year - period.year) > 1:
                continue
            chunks = await self._knowledge.whole(one.document_id, MAX_CHARS)
            text = "\n".join(chunk.content for chunk in chunks)
            if await asyncio.to_thread(named_inside, period, text):
                found.append(Chosen(one, one.end, asked=True))
        return found

    async def _documents_that_foresee(self, asked: Asked, closest: Sequence[Profile]) -> list[Chosen]:
        """Returns the newest document before a missing period that names it in a schedule or a sentence."""
        before = [one for one in closest if schedules.is_ahead(asked.period, one.end)]
        newest = max(before, key=lambda one: one.end or date.min, default=None)
        if newest is None:
            return []
        chosen = Chosen(newest, newest.end, asked=True)
        chunks = await self._knowledge.whole(newest.document_id, MAX_CHARS)
        opened = await asyncio.to_thread(_shelf.open, chunks)
        if await asyncio.to_thread(answers, asked, opened, chosen):
            return [chosen]
        return [chosen] if await asyncio.to_thread(quoting.names_day, asked, opened) else []

    async def _narrowed(self, query: str, limit: int, hits: list[Hit], choice: Choice) -> list[Hit]:
        wanted: list[UUID] = [one.profile.document_id for one in choice.documents]
        if not choice.narrowed or not wanted or all(hit.document_id in wanted for hit in hits):
            return hits
        return await self._knowledge.search(query, limit, wanted)

    async def _open(self, asked: Asked, choice: Choice, hits: Sequence[Hit]) -> list[tuple[Chosen, Opened]]:
        """The documents that are read as a whole: those that the question names, or whose tables may answer it."""
        if not choice.narrowed and not (asked.kinds & _FIGURES or asked.concepts):
            return []
        opened = []
        for one in choice.documents:
            chunks = await self._knowledge.whole(one.profile.document_id, MAX_CHARS)
            if chunks and (choice.named or await asyncio.to_thread(_has_names, asked, chunks)):
                opened.append((one, await asyncio.to_thread(_shelf.open, chunks)))
        return opened

    async def _prose(
        self, asked: Asked, query: str, choice: Choice, opened: Sequence[tuple[Chosen, Opened]], hits: Sequence[Hit]
    ) -> Prose:
        if choice.narrowed and not opened:
            return Prose([], [])  # none of the documents has the names of the question
        documents = [document for _, document in opened] if choice.narrowed else await self._found(hits)
        groups = _topics(asked, choice)
        best = await asyncio.to_thread(passages.by_words, asked, documents, groups, _SENTENCES)
        looked_at = await asyncio.to_thread(passages.with_foreign, asked, documents, hits, best, _NEAR, _NEAR_FOREIGN)
        texts = [one.sentence.text[:_NEAR_CHARS] for one in looked_at]
        near = await self._knowledge.nearness(query, texts) if texts else None
        rest = [one for one in best if one not in looked_at]
        return Prose(documents, passages.ranked([*looked_at, *rest], near))

    async def _found(self, hits: Sequence[Hit]) -> list[Opened]:
        """Short documents as a whole, of others the chunks that were found, in the order of the hits."""
        found: dict[UUID, Opened] = {}
        whole: dict[UUID, bool] = {}
        for hit in hits:
            if hit.document_id not in whole:
                chunks = await self._knowledge.whole(hit.document_id, SMALL_CHARS + 1)
                whole[hit.document_id] = 0 < sum(len(chunk.content) for chunk in chunks) <= SMALL_CHARS
                if whole[hit.document_id]:
                    found[hit.document_id] = await asyncio.to_thread(_shelf.open, chunks)
            if not whole[hit.document_id]:
                found[hit.chunk_id] = await asyncio.to_thread(_shelf.open, [_text_of(hit)])
        return list(found.values())


def _text_of(hit: Hit) -> ChunkText:
    return ChunkText(**{name: getattr(hit, name) for name in ChunkText.__struct_fields__ if hasattr(hit, name)})


def _has_names(asked: Asked, chunks: Sequence[ChunkText]) -> bool:
    """Whether a document has one of the names in the question: a report of the right time may be somebody else's."""
    names = [group.text.lower() for group in asked.groups if group.is_name]
    texts = (" ".join([*chunk.heading_path, chunk.content]).lower() for chunk in chunks)
    return not names or any(name in text for text in texts for name in names)


def _understood(question: str, before: Sequence[str]) -> tuple[Asked, str | None]:
    """Returns (what is asked, what the search needs of the question before it where this one continues it, else
    None)."""
    asked = alone(question, before)
    if not before or not goes_on(asked):
        return asked, None
    return understand(question, before), carried(asked, before[-1])


def _apart(question: str) -> tuple[str, str] | None:
    """The two questions of a text, if they look up different kinds of thing."""
    found = several.halves(shortened(question))
    return found if found and several.are_apart(alone(found[0], []), alone(found[1], [])) else None


def _noted_in(cited: dict[UUID, ChunkText]) -> Label:
    def note(chunk: ChunkText) -> str:
        cited.setdefault(chunk.chunk_id, chunk)
        return f"{_NOTED}{list(cited).index(chunk.chunk_id)}"

    return note


def _all_answers(
    asked: Asked, opened: Sequence[tuple[Chosen, Opened]], *, named: bool
) -> list[tuple[Chosen, Opened, list[Answer]]]:
    """Returns what the tables of each document say.

    Where the question names no organisation, only the documents that say it best.
    """
    read = [chosen for chosen, _ in opened]
    found = [(chosen, document, answers(asked, document, chosen, read)) for chosen, document in opened]
    if named:
        return found
    best = max((answer.score for _, _, made in found for answer in made), default=0.0)
    return [
        (chosen, document, [answer for answer in made if answer.score >= best - _AS_GOOD])
        for chosen, document, made in found
    ]


def _answering_fields(asked: Asked, documents: Sequence[Opened]) -> list[FoundField]:
    return beside.fields(asked, documents)


def _topics(asked: Asked, choice: Choice) -> list[Group]:
    """Returns what sentences must be about. The organisation whose documents are read is left out."""
    if not choice.narrowed:
        return list(asked.groups)
    names = {name for one in choice.documents for name in one.profile.names}
    kept = [group for group in asked.groups if group.concept or not set(group.text.lower().split()) & names]
    return kept or list(asked.groups)
