"""Data sets in BEIR layout: `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` in one folder."""

import io
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citewell.errors import BadRequest
from citewell.kit.regular_files import open_regular


@dataclass(frozen=True)
class Entry:
    """A document of the corpus, or a query (without a title)."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class DataSet:
    """`relevant` holds for each query the documents that answer it, with how well they do (1 or more)."""

    name: str
    corpus: list[Entry]
    queries: list[Entry]
    relevant: dict[str, dict[str, int]]


def read(folder: Path) -> DataSet:
    """Returns the data set with those of its queries that have an answer.

    Raises BadRequest that names the file and line.
    """
    relevant = _qrels(folder / "qrels" / "test.tsv")
    corpus = list(_entries(folder / "corpus.jsonl"))
    queries = [query for query in _entries(folder / "queries.jsonl") if query.id in relevant]
    if not corpus or not queries:
        raise BadRequest(f"{folder} has no documents, or no queries with answers in qrels/test.tsv.")
    return DataSet(folder.resolve().name, corpus, queries, relevant)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with io.TextIOWrapper(open_regular(path), encoding="utf-8") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(
            f"Cannot read {path} ({getattr(error, 'strerror', None) or 'not UTF-8'}): a data set in BEIR layout has "
            "corpus.jsonl, queries.jsonl and qrels/test.tsv."
        ) from error


def _entries(path: Path) -> Iterator[Entry]:
    for number, line in _lines(path):
        try:
            item: dict[str, Any] = json.loads(line)
            yield Entry(str(item["_id"]), str(item["text"]), str(item.get("title") or ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRequest(f'{path}, line {number}: expected an object with "_id" and "text".') from error


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """Tab-separated query, document and score below a line of titles; a score of 0 says that it does not answer."""
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in _lines(path):
        parts = line.rstrip("\n").split("\t")
        if number == 1 and not parts[-1].lstrip("-").isdigit():
            continue
        if len(parts) != 3 or not parts[2].lstrip("-").isdigit():
            raise BadRequest(f"{path}, line {number}: expected query, document and score with tabs between them.")
        if int(parts[2]) > 0:
            relevant[parts[0]][parts[1]] = int(parts[2])
    return dict(relevant)
