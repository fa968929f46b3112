"""Finds table rows by their label, and returns each cell with its column header."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from citewell.agent.knowledge import ChunkText, Hit, Knowledge
from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.agent.reading import periods
from citewell.agent.reading.cells import dated
from citewell.agent.reading.headers import merged
from citewell.agent.reading.periods import Period
from citewell.agent.reading.rows import terms
from citewell.agent.reading.tables import Row, Table, blocks, number, tables
from citewell.agent.sources import Sources
from citewell.agent.texts import Texts
from citewell.agent.tools import arguments as check
from citewell.agent.tools import narrowing
from citewell.agent.tools.retrieval import as_material
from citewell.kit.places import locate

_TOP_K = check.Integer("top_k", "How many rows to give.", default=10, least=1, most=50)
_CHUNKS = 40  # chunks that a call reads, those most similar to the label first
_ENOUGH = 0.5  # share of the asked label's words that a row's label and section must have
_MAX_CELLS = 30  # of a row
_OTHER_WORD = 0.05  # taken from the score for each other word of a row's label: the closest label wins
_RANK = 0.001  # taken for each rank of the chunk: of equal labels, the one in the more similar chunk wins


class _Cell(msgspec.Struct, frozen=True):
    """A cell. `column` is its header, `period` the day or year that the header names."""

    text: str
    column: str
    period: Period
    start: int
    end: int


class _FoundRow(msgspec.Struct, frozen=True):
    chunk: ChunkText
    table: Table
    row: Row
    cells: list[_Cell]
    score: float


class FindTables:
    tool_type = "find_tables"
    spec = ToolSpec(
        name="find_tables",
        description=(
            'Find rows of tables by what they are called, as "total net sales". Gives each row\'s cells with the heads '
            "of their columns, the unit and the caption. Use it for figures, and to compare them over periods."
        ),
        parameters={
            "type": "object",
            "properties": {
                "label": {"type": "string", "description": "What the row is called."},
                "period": {
                    "type": "string",
                    "description": 'Only cells of this period, as "July 1, 2023", "2022" or "three months".',
                },
                "unit": {"type": "string", "description": 'Only tables in this unit, as "million" or "percent".'},
                "top_k": _TOP_K.schema,
                **narrowing.PROPERTIES,
            },
            "required": ["label"],
        },
    )

    def __init__(self, knowledge: Knowledge, texts: Texts) -> None:
        self._knowledge = knowledge
        self._texts = texts

    async def run(self, arguments: dict[str, Any], sources: Sources) -> ToolOutcome:
        label = check.text(arguments, "label", 400)
        period = check.optional_text(arguments, "period", 100)
        unit = check.optional_text(arguments, "unit", 40)
        limit = _TOP_K.read(arguments)
        chosen = await narrowing.choose(self._texts, arguments)
        hits = await self._knowledge.search(f"{label} {period}".strip(), _CHUNKS, chosen.document_ids)
        # Reading tables is pure Python.
        rows = await asyncio.to_thread(_rows, hits, label, period, unit)
        notes = [_left_out(rows[limit:]), chosen.note]
        if not rows:
            nothing = "No such row was found: try the words that the table is likely to use, or search_documents."
            return ToolOutcome([], "\n".join(part for part in [nothing, *notes] if part))
        results = [_result(sources.label(found.chunk), found) for found in rows[:limit]]
        return ToolOutcome(results, "\n\n".join(part for part in [*map(_line, results), *notes] if part))


def _rows(hits: Sequence[Hit], label: str, period: str, unit: str) -> list[_FoundRow]:
    """Returns the rows that have enough words of the label and a cell of the period, best first."""
    asked = terms(label)
    wanted = merged([mention.period for mention in periods.find(period)]) if period else Period()
    found: list[_FoundRow] = []
    for rank, hit in enumerate(hits):
        chunk = msgspec.convert(msgspec.structs.asdict(hit), ChunkText)
        for table in tables([chunk], blocks([chunk])):
            if unit and unit.casefold() not in f"{table.unit} {table.caption}".casefold():
                continue
            for row in table.rows:
                score = _score(table, row, asked)
                if score >= _ENOUGH and (cells := list(_cells(table, row, period, wanted))):
                    found.append(_FoundRow(chunk, table, row, cells, score - _RANK * rank))
    return sorted(found, key=lambda row: -row.score)


def _score(table: Table, row: Row, asked: frozenset[str]) -> float:
    """Returns the share of the asked label's words that the row has, at most 1.

    Words in its section, caption or heading count half. Other words in its label lower the score.
    """
    own = terms(row.label or row.section)
    if not asked or not own:
        return 0.0
    around = terms(f"{row.section} {table.caption} {table.heading}") - own
    matched = len(asked & own) + 0.5 * len((asked - own) & around)
    return matched / len(asked) - _OTHER_WORD * len(own - asked) if asked & own else 0.0


def _cells(table: Table, row: Row, period: str, wanted: Period) -> Iterator[_Cell]:
    for index, cell in enumerate(row.cells[:_MAX_CELLS]):
        if cell is None or index >= len(table.columns):
            continue
        column, meant = table.columns[index].text, dated(table, row, index)
        if not period or _is_of(meant, wanted) or period.casefold() in f"{column} {row.section}".casefold():
            yield _Cell(cell.text, column, meant, cell.start, cell.end)


def _is_of(period: Period, wanted: Period) -> bool:
    """Whether a cell's period is the wanted one. Parts of a date that one of them lacks are not compared."""
    if not wanted.is_known and wanted.months is None:
        return False
    if wanted.end is not None:
        if period.end is None or not periods.same_end(period.end, wanted.end):
            return False
    elif wanted.year is not None and wanted.year != (period.year or (period.end.year if period.end else None)):
        return False
    return wanted.months is None or period.months is None or period.months == wanted.months


def _result(label: str, found: _FoundRow) -> dict[str, Any]:
    place = locate(found.chunk, found.row.start, found.row.end)
    return {
        "uuid": str(found.chunk.chunk_id),
        "label": label,
        "row": found.row.label or found.row.section,
        "section": found.row.section,
        "cells": [
            {
                "text": cell.text,
                "value": number(cell.text),
                "column": cell.column,
                "date": cell.period.end.isoformat() if cell.period.end else None,
            }
            for cell in found.cells
        ],
        "unit": found.table.unit,
        "caption": found.table.caption,
        "content": found.chunk.content[found.row.start : found.row.end],
        "content_offset": found.row.start,
        "name": found.chunk.document_name,
        "document_id": str(found.chunk.document_id),
        "reference_url": found.chunk.reference_url,
        "min_page": place.min_page,
        "max_page": place.max_page,
    }


def _line(result: dict[str, Any]) -> str:
    page = f", page {result['min_page']}" if result["min_page"] is not None else ""
    section = f" ({result['section']})" if result["section"] and result["section"] != result["row"] else ""
    unit = f"; unit: {result['unit']}" if result["unit"] else ""
    caption = f"; {result['caption']}" if result["caption"] else ""
    cells = "; ".join(f"{cell['column'] or '-'}: {cell['text']}" for cell in result["cells"])
    head = f"[{result['label']}] {result['name']}{page}{unit}{caption}"
    return f"{head}\n{as_material(result['row'] + section)}\n{as_material(cells)}\nin the text: {result['content']}"


def _left_out(rest: Sequence[_FoundRow]) -> str:
    return f"(left out: {len(rest)} further rows)" if rest else ""
