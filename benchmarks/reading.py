"""Reading: how much of golden documents do parsers get right?

Usage: python -m benchmarks.reading [--format pdf] [--python PATH] [--each]

Prints, by format and parser, over the documents in tests/golden: recall and precision of words, F1 of headings, F1 of
neighbouring table cells, similarity of the reading order; CPU seconds and peak memory. `pdftotext`, `pdfplumber` and
`markitdown` are measured in the same run where they can be found: the first as a command, the others in the interpreter
that `--python` names (by default this one). With --each the documents of Citewell below a mark are listed.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from typing import Any

from tests.golden.score import Reading, Score, score
from tests.golden.truth import Golden, corpus

from benchmarks.report import machine, table

PARSERS = ("citewell", "pdftotext", "pdfplumber", "markitdown")
MARKS = {"recall": 0.99, "precision": 0.99, "headings": 0.95, "cells": 0.95, "order": 0.98}


def main() -> None:
    arguments = _arguments()
    documents = [
        document
        for document in corpus()
        if all(map(shutil.which, document.needs)) and arguments.format in ("", document.format, document.format[:3])
    ]
    rows, weak = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted({document.format for document in documents}):
            mine = [document for document in documents if document.format == name]
            paths = [_written(document, Path(folder)) for document in mine]
            for parser in PARSERS:
                read = _read_all(parser, paths, arguments.python)
                if read is None:
                    continue
                scores = [
                    score(document.blocks, reading) for document, reading in zip(mine, read["readings"], strict=True)
                ]
                rows.append((name, parser, str(len(mine)), *_means(scores), f"{read['seconds'] / len(mine):.2f}",
                             f"{read['megabytes']:.0f}"))  # fmt: skip
                if parser == "citewell":
                    weak += _weak(mine, scores)
    print(f"{len(documents)} documents; {machine()}\n")
    heads = ("format", "parser", "files", "recall", "precision", "headings", "cells", "order", "s/file", "MB peak")
    print(table(heads, rows))
    for line in weak if arguments.each else ():
        print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", default="", help="only this format, like pdf")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has pdfplumber and markitdown")
    parser.add_argument("--each", action="store_true", help="list the documents that miss a mark")
    return parser.parse_args()


def _written(document: Golden, folder: Path) -> Path:
    path = folder / document.name
    path.write_bytes(document.make())
    return path


def _means(scores: Sequence[Score]) -> list[str]:
    found = defaultdict(list)
    for one in scores:
        for name, value in asdict(one).items():
            if value is not None:
                found[name].append(value)
    names = ("recall", "precision", "headings", "cells", "order")
    return [f"{mean(found[name]):.3f}" if found[name] else "" for name in names]


def _weak(documents: Sequence[Golden], scores: Sequence[Score]) -> list[str]:
    lines = []
    for document, one in zip(documents, scores, strict=True):
        low = {name: value for name, value in asdict(one).items() if value is not None and value < MARKS[name]}
        if low:
            lines.append(f"{document.name}: " + ", ".join(f"{name} {value:.3f}" for name, value in low.items()))
    return lines


def _read_all(parser: str, paths: Sequence[Path], python: str) -> dict[str, Any] | None:
    """The readings of a parser in a process of its own, with its CPU seconds and peak memory; None without it."""
    if parser == "pdftotext" and (shutil.which("pdftotext") is None or paths[0].suffix != ".pdf"):
        return None
    if parser == "pdfplumber" and paths[0].suffix != ".pdf":
        return None
    interpreter = python if parser in ("pdfplumber", "markitdown") else sys.executable
    script = Path(__file__).with_name("reading_worker.py")
    command = [interpreter, str(script), parser, *map(str, paths)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=paths[0].parent, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        print(f"{parser} left out: {done.stderr.strip().splitlines()[-1:] or time.perf_counter() - started}")
        return None
    told = json.loads(done.stdout)
    readings = [Reading(**reading) for reading in told["readings"]]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime - told["start"]
    return {"readings": readings, "seconds": seconds, "megabytes": told["megabytes"]}


if __name__ == "__main__":
    main()
