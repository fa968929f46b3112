"""Extraction: how many fields of quarterly reports are read right without a model, and is any wrong one called exact?

Usage: python -m benchmarks.extraction FOLDER

FOLDER holds the quarterly reports named below as PDF. Prints, for each report and field, the value, its status, and the
words and page that it was read from; then how many are right. No server, no model and no network are needed.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from benchmarks.report import machine, table
from citewell.agent.knowledge import ChunkText
from citewell.extractors.class_source import read_class
from citewell.extractors.engine.objects import Extracted, read_objects
from citewell.ingestion.chunking import ChunkSettings, chunk
from citewell.ingestion.parsing.limits import DEFAULT
from citewell.ingestion.parsing.registry import parser_of
from citewell.ingestion.steps.chunk import chunk_id, stored_blocks

CLASS = '''
class Report(BaseModel):
    """A quarterly report."""
    company: str = Field(description="Name of the company that files the report")
    period_end: date = Field(description="Last day of the period that the report covers")
    revenue: float = Field(description="Total net sales or revenue")
    net_income: float = Field(description="Net income")
    shares_outstanding: int = Field(description="Shares of common stock outstanding")
'''
_MILLION = 1_000_000
TRUTH: dict[str, tuple[str, str, float, float, int]] = {
    "2022 Q3 AAPL.pdf": ("Apple Inc.", "2022-06-25", 82_959, 19_442, 16_070_752_000),
    "2022 Q3 AMZN.pdf": ("Amazon.com, Inc.", "2022-09-30", 127_101, 2_872, 10_201_654_176),
    "2023 Q1 AAPL.pdf": ("Apple Inc.", "2022-12-31", 117_154, 29_998, 15_821_946_000),
    "2023 Q1 AMZN.pdf": ("Amazon.com, Inc.", "2023-03-31", 127_358, 3_172, 10_260_353_688),
    "2023 Q1 MSFT.pdf": ("Microsoft Corporation", "2022-12-31", 52_747, 16_425, 7_443_803_533),
    "2023 Q2 AAPL.pdf": ("Apple Inc.", "2023-04-01", 94_836, 24_160, 15_728_702_000),
    "2023 Q3 AAPL.pdf": ("Apple Inc.", "2023-07-01", 81_797, 19_881, 15_634_232_000),
    "2023 Q3 NVDA.pdf": ("NVIDIA Corporation", "2023-10-29", 18_120, 9_243, 2_470_000_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    paths = [path for path in sorted(parser.parse_args().folder.glob("*.pdf")) if path.name in TRUTH]
    rows = [row for path in paths for row in _rows(path)]
    right = sum(row[-1] == "right" for row in rows)
    wrong = sum(row[-1] == "wrong" and row[3] == "exact" for row in rows)
    print(f"{len(paths)} reports; {machine()}\n")
    print(table(("report", "field", "value", "status", "words", "page", ""), rows))
    print(f"\n{right} of {len(rows)} right; {wrong} wrong with status exact")


def _rows(path: Path) -> Iterator[tuple[str, ...]]:
    found = read_objects(chunks_of(path), read_class(CLASS))
    one = found[0] if found else Extracted({}, {})
    company, period, revenue, income, shares = TRUTH[path.name]
    expected = {
        "company": company.lower(),
        "period_end": period,
        "revenue": revenue * _MILLION,
        "net_income": income * _MILLION,
        "shares_outstanding": shares,
    }
    for name, truth in expected.items():
        value: Any = one.values.get(name)
        evidence = one.evidence(None).get(f"/{name}", {})
        plain = value.lower() if isinstance(value, str) else value
        verdict = "right" if plain == truth and evidence.get("verbatim") else "missing" if value is None else "wrong"
        words, page = str(evidence.get("verbatim", "")), str(evidence.get("min_page", ""))
        yield path.name, name, str(value), str(evidence.get("status", "")), words, page, verdict


def chunks_of(path: Path) -> list[ChunkText]:
    """The chunks of a PDF as the pipeline stores them."""
    document = parser_of("pdf")(path, DEFAULT)
    name = uuid5(NAMESPACE_URL, path.name)
    return [
        ChunkText(
            chunk_id=chunk_id(name, one.ordinal),
            document_id=name,
            document_name=path.name,
            content=one.content,
            min_page=one.min_page,
            max_page=one.max_page,
            heading_path=tuple(one.heading_path),
            reference_url="",
            blocks=json.dumps(stored_blocks(document, one)),
        )
        for one in chunk(document, ChunkSettings())
    ]


if __name__ == "__main__":
    main()
