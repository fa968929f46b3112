"""Preparing a local model: its ONNX graph and its vocabulary, written once into the data directory.

It runs in a child process (`python -m citewell.embedding.prepare`), because it takes several hundred MB that the server
would keep otherwise, and a second of both cores for which requests would wait.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from citewell.embedding.weights import LocalModel, find_e5, find_minilm, in_folder, sha256
from citewell.kit.private import private_folder

Precision = Literal["int8", "fp32"]
_VERSION = 5  # version of the written files: raise it when the same weights give another graph


@dataclass(frozen=True)
class Prepared:
    """The files of a model that is ready to be loaded."""

    graph: Path
    vocabulary: Path

    @property
    def exists(self) -> bool:
        return self.graph.is_file() and self.vocabulary.is_file()


def prepared(model: LocalModel, cache: Path, precision: Precision) -> Prepared:
    """Returns the paths of this model's files, whether they exist or not."""
    stem = f"{_stem(model)}{_VERSION}"
    if model.layout == "e5":
        return Prepared(cache / f"{stem}-{precision}.onnx", cache / f"{stem}.spm")
    return Prepared(cache / f"{stem}-{precision}.onnx", model.file.with_name("tokenizer.json"))


def _stem(model: LocalModel) -> str:
    return f"{model.name.lower()}-{model.sha256[:16]}-v"


def prepare(model: LocalModel, cache: Path, precision: Precision) -> None:
    """Write the missing files, each completely or not at all, and delete those of earlier versions, 80 MB each.
    Raises ValueError if the weights have another SHA-256."""
    from citewell.embedding import bert, e5_file  # imports `onnx`, which nothing else needs

    if sha256(model.file) != model.sha256:
        raise ValueError(f"{model.file.name} is not the published file: reinstall its package.")
    target = prepared(model, cache, precision)
    private_folder(cache)
    if model.layout == "e5":
        found = e5_file.read(model.file)
        _write(target.vocabulary, found.vocabulary.serialized)
        _write(target.graph, lambda: bert.build(found.weights, quantize=precision == "int8"))
    else:
        from safetensors.numpy import load_file

        _write(target.graph, lambda: bert.build(load_file(model.file), quantize=precision == "int8"))
    _delete_earlier(model, cache)


def _delete_earlier(model: LocalModel, cache: Path) -> None:
    stem = _stem(model)
    for path in cache.glob(f"{stem}*"):
        version = path.name.removeprefix(stem).partition("-")[0].partition(".")[0]
        if version.isdecimal() and int(version) < _VERSION:
            path.unlink(missing_ok=True)


def _write(target: Path, make: Callable[[], bytes]) -> None:
    if target.is_file():
        return
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        whole = Path(folder) / target.name
        with whole.open("wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        whole.replace(target)


def main(name: str, folder: str, cache: str, precision: Precision) -> None:
    model = in_folder(Path(folder)) if folder else find_e5() if name == "multilingual-e5-small" else find_minilm()
    if model is None:
        raise ValueError(f"The package with the weights of {name} is not installed.")
    prepare(model, Path(cache), precision)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], sys.argv[3], "fp32" if sys.argv[4] == "fp32" else "int8")
    except (OSError, ValueError) as problem:
        sys.exit(str(problem))
