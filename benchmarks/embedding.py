"""What the local embedding model costs: passages a second, and the CPU of a query, beside other ways to run its graph.

Usage: python -m benchmarks.embedding [--models FOLDER] [--passages 500]

Each way embeds the same passages (Python's own manual) in the same batches, twenty at a time and in turns, and what
counts is CPU time: other work on the machine slows down all of them alike. OpenVINO is measured where the package
`openvino` is installed; the product does not need it.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pydoc_data import topics
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import machine, table
from citewell.embedding.encoder import Encoder, Tokens
from citewell.embedding.local import _batches
from citewell.embedding.prepare import prepare, prepared
from citewell.embedding.weights import find_e5

_WORDS = 60  # of a passage
_QUERY = "query: How much did the company spend on research in 2023?"
_SLICE = 20  # passages that a way embeds before the next one has its turn
_QUERIES = 10  # in each turn

Run = Callable[[Sequence[Tokens]], NDArray[np.float32]]


def _passages(count: int) -> list[str]:
    words = " ".join(topics.topics.values()).split()
    return ["passage: " + " ".join(words[n * _WORDS : (n + 1) * _WORDS]) for n in range(count)]


def _openvino(graph: Path, pad: int) -> Run:
    """The same graph in OpenVINO, one request and one thread for each caller."""
    import openvino

    core = openvino.Core()
    threads = os.cpu_count() or 1
    options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": threads}
    compiled = core.compile_model(core.read_model(graph), "CPU", options)
    free = [compiled.create_infer_request() for _ in range(threads)]

    def run(batch: Sequence[Tokens]) -> NDArray[np.float32]:
        longest = max(map(len, batch))
        ids = np.full((len(batch), longest), pad, np.int64)
        mask = np.zeros((len(batch), longest), np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        request = free.pop()
        request.infer({"input_ids": ids, "attention_mask": mask})
        vectors = np.array(request.get_output_tensor(0).data)
        free.append(request)
        return vectors

    return run


def _ways(folder: Path) -> tuple[dict[str, Run], Encoder]:
    model = find_e5()
    if model is None:
        raise SystemExit("The package with the weights is not installed.")
    for precision in ("int8", "fp32"):
        prepare(model, folder, precision)
    files = prepared(model, folder, "int8")
    usual = Encoder(model, files)
    ways: dict[str, Run] = {
        "int8, as the product runs it": usual.run,
        "int8, exact on every processor": Encoder(model, files, exact=True).run,
        "float32": Encoder(model, prepared(model, folder, "fp32")).run,
    }
    try:
        ways["OpenVINO, int8"] = _openvino(files.graph, usual.tokenizer.pad)
    except ImportError:
        print("openvino is not installed: left out.")
    return ways, usual


def _cpu_seconds(run: Run, batches: Sequence[Sequence[Tokens]], threads: int) -> float:
    started = time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, batches))
    return time.process_time() - started


def _query_ms(run: Run, query: Sequence[Tokens]) -> float:
    """CPU time of the whole process: some ways compute on threads of their own."""
    started = time.process_time()
    for _ in range(_QUERIES):
        run(query)
    return (time.process_time() - started) / _QUERIES * 1000


def main(folder: Path, count: int) -> None:
    ways, usual = _ways(folder)
    tokens = usual.tokenizer.encode(_passages(count))
    query = usual.tokenizer.encode([_QUERY])
    slices = [tokens[start : start + _SLICE] for start in range(0, count, _SLICE)]
    took: dict[str, list[list[float]]] = {name: [[], [], []] for name in ways}
    cosines: dict[str, float] = {}
    for number, texts in enumerate(slices):
        batches = [[texts[index] for index in batch] for batch in _batches(texts)]
        for name, run in ways.items():
            if number and "float32" in name:
                continue  # too slow for more than one turn
            run(query)
            took[name][0].append(len(texts) / _cpu_seconds(run, batches, 1))
            took[name][1].append(len(texts) / _cpu_seconds(run, batches, 2))
            took[name][2].append(_query_ms(run, query))
            if not number:
                wanted = [ways["float32"](batch) for batch in batches]
                near = [(run(batch) * exact).sum(axis=1).min() for batch, exact in zip(batches, wanted, strict=True)]
                cosines[name] = float(min(near))
    rows: list[list[Any]] = []
    for name in ways:
        one, two, ms = (median(values) for values in took[name])
        rows.append([name, f"{one:.0f}", f"{two:.0f}", f"{ms:.1f}", f"{cosines[name]:.4f}"])
    print(machine())
    print(f"{count} passages of {sum(map(len, tokens)) // count} tokens, a query of {len(query[0])}")
    heads = ["way", "passages a CPU second, one thread", "two threads", "CPU of a query, ms", "least cosine to float32"]
    print(table(heads, rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir()) / "citewell-embedding")
    parser.add_argument("--passages", type=int, default=500)
    given = parser.parse_args()
    main(given.models, given.passages)
