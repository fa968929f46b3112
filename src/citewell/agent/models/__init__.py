"""Models: the built-in extractive one and adapters to model servers."""

from dataclasses import dataclass

from citewell.agent.models.anthropic import AnthropicModel
from citewell.agent.models.extractive import ExtractiveModel
from citewell.agent.models.openai import OpenAIModel
from citewell.agent.protocol import Model
from citewell.errors import SetupError

_DEFAULT_URLS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com/v1"}


@dataclass(frozen=True)
class ModelConfig:
    """How to reach a model. `model` is "extractive", "openai/<name>" or "anthropic/<name>".

    A server that sends nothing for `silence_seconds` has failed.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = None
    silence_seconds: float = 60.0
    max_output_tokens: int = 4096


def default_url(kind: str) -> str:
    """Returns the base URL for a kind of server, "openai" or "anthropic", if the settings name none."""
    return _DEFAULT_URLS[kind]


def make_model(config: ModelConfig) -> Model:
    """Returns the model that the configuration names. Raises SetupError if the name has another form."""
    if config.model == "extractive":
        return ExtractiveModel()
    kind, _, name = config.model.partition("/")
    if kind not in _DEFAULT_URLS or not name:
        raise SetupError(
            f'The model "{config.model}" is not known: use "extractive", "openai/<name>" (for any OpenAI-compatible '
            'server) or "anthropic/<name>".'
        )
    make = OpenAIModel if kind == "openai" else AnthropicModel
    base_url = config.base_url or _DEFAULT_URLS[kind]
    return make(name, base_url, config.api_key, config.silence_seconds, config.max_output_tokens)
